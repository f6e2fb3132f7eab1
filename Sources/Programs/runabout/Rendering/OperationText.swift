import RunaboutModel
import RunaboutWire

/// Operations as a table.
///
/// `names` gives services their names.
func operationTable(
    _ operations: [OperationBody], names: [ServiceID: String], now: UnixTime, style: Style,
) -> [String] {
    guard !operations.isEmpty else { return [style.apply(.faint, to: "No operations.")] }
    var table = Table(
        ("OPERATION", .left), ("SERVICE", .left), ("TYPE", .left), ("STATUS", .left), ("TOOK", .right),
        ("STARTED", .right), ("", .left))
    for operation in operations {
        let took = operation.endedAt.map { $0.time.milliseconds - operation.startedAt.time.milliseconds }
        table.rows.append([
            Cell(operation.id.rawValue),
            Cell(names[operation.service] ?? operation.service.short),
            Cell(operation.type.words),
            Cell(operation.status.words, operation.status.tone),
            Cell(took.map { duration(milliseconds: $0) } ?? "-"),
            Cell(when(operation.startedAt, now: now), .faint),
            Cell(operation.failure?.message ?? "", .faint),
        ])
    }
    return table.lines(style: style)
}

/// Why an operation failed, with the instance's last lines.
func failureText(_ failure: OperationFailureBody, style: Style) -> [String] {
    var lines = [style.apply(.bad, to: "\(failure.code.rawValue): ") + failure.message]
    if let exit = failure.exit {
        lines.append(exit.isOutOfMemory ? "The kernel killed it: out of memory." : "Exit status \(exit.status).")
    }
    if !failure.logLines.isEmpty {
        lines.append("Last lines of its log:")
        lines += failure.logLines.map { style.apply(.faint, to: "  | ") + $0 }
    }
    return lines
}

/// One event on a line: time, kind, sentence.
func eventLine(_ event: EventBody, names: [ServiceID: String] = [:], style: Style) -> String {
    let clock = event.at.description.dropFirst(11).prefix(8)
    let service = event.service.flatMap { names[$0] }.map { style.apply(.strong, to: $0) + "  " } ?? ""
    let kind = event.kind + String(repeating: " ", count: max(0, 22 - event.kind.count))
    return "\(style.apply(.faint, to: String(clock)))  \(style.apply(tone(of: event.kind), to: kind))  \(service)"
        + event.message
}

private func tone(of kind: String) -> Tone {
    if kind.hasSuffix("ailed") || kind.hasSuffix("exited") || kind.hasSuffix("crashed") { return .bad }
    if kind.hasSuffix("ready") || kind.hasSuffix("ucceeded") { return .good }
    return .normal
}

/// One log line; the instance in front where several write.
func logText(_ line: LogLineBody, showsInstance: Bool, style: Style) -> String {
    guard showsInstance else { return line.text }
    let tone: Tone = line.stream == .stderr ? .busy : .faint
    return style.apply(tone, to: "\(line.instance.short) |") + " " + line.text
}

/// How the platform's parts are, a fact a line.
func healthText(_ health: HealthBody, style: Style) -> [String] {
    let router = health.isRouterConnected ? style.apply(.good, to: "connected") : style.apply(.bad, to: "not connected")
    var lines = [
        "daemon     \(health.version)",
        "router     \(router)",
        "runtime    \(health.runtime)",
    ]
    if health.missingIsolation.isEmpty {
        lines.append("isolation  whole")
    } else {
        lines.append("isolation  \(style.apply(.busy, to: "not whole")):")
        lines += health.missingIsolation.map { "  - \($0)" }
    }
    if !health.notices.isEmpty {
        lines.append("notices:")
        lines += health.notices.map { "  - \($0)" }
    }
    return lines
}
