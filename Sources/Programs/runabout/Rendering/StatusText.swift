import RunaboutModel
import RunaboutWire

/// A service as it is at this moment: demand, instances, why.
func statusText(
    _ service: ServiceBody, _ explanation: ExplanationBody, now: UnixTime, style: Style,
) -> [String] {
    let image = service.revision.map { "  revision \($0.number) of \($0.image)" } ?? ""
    let status = style.apply(service.status.tone, to: service.status.words)
    var lines = ["\(style.apply(.strong, to: service.name))  \(status)  \(service.url)\(image)"]
    if let operation = service.operation, !operation.status.isEnded {
        lines.append(
            style.apply(.busy, to: "\(operation.type.words) in progress since ")
                + age(of: operation.startedAt, now: now))
    }
    lines += [demandText(explanation.demand, service.autoScaling), ""]
    lines += instanceTable(service.instances, demand: explanation.demand, now: now, style: style)
    if !explanation.decisions.isEmpty {
        lines += ["", style.apply(.faint, to: "LAST DECISIONS")]
        lines += explanation.decisions.prefix(5).map { decisionLine($0, now: now, style: style) }
    }
    return lines
}

private func demandText(_ demand: DemandBody?, _ scaling: AutoScalingConfigurationBody) -> String {
    let sizes = "at most \(scaling.maxConcurrency) at one instance, \(scaling.minSize) to \(scaling.maxSize) instances"
    guard let demand else { return "The router has said nothing of it yet  (\(sizes))" }
    return "\(demand.inFlight) in flight, \(demand.queued) queued, \(grouped(demand.accepted)) accepted  (\(sizes))"
}

/// The same in one line, for a log.
func statusLine(_ service: ServiceBody, _ explanation: ExplanationBody, now: UnixTime) -> String {
    let counts = InstanceState.allCases.compactMap { state -> String? in
        let count = service.instances.count { $0.state == state }
        return count == 0 ? nil : "\(state.rawValue)=\(count)"
    }
    let demand = explanation.demand.map { " inFlight=\($0.inFlight) queued=\($0.queued) accepted=\($0.accepted)" }
    let instances = counts.isEmpty ? "instances=0" : counts.joined(separator: " ")
    return "\(Timestamp(now)) \(service.name) \(service.status.rawValue) \(instances)\(demand ?? "")"
}

/// A decision as a sentence with its time.
func decisionLine(_ decision: ScaleDecisionBody, now: UnixTime, style: Style) -> String {
    let when = when(decision.at, now: now)
    let padded = String(repeating: " ", count: max(0, 9 - when.count)) + when
    return style.apply(.faint, to: padded) + "  " + decisionSentence(decision)
}

/// A decision as a sentence: what changed, by which rule, from which numbers, bound by what.
func decisionSentence(_ decision: ScaleDecisionBody) -> String {
    let change =
        decision.current == decision.desired
        ? "stays at \(counted(decision.desired, "instance"))"
        : "\(decision.current) → \(counted(decision.desired, "instance"))"
    let load =
        "\(decision.inFlight) in flight and \(decision.queued) queued"
        + " at \(decision.maxConcurrency) each want \(decision.wanted)"
    let rule =
        switch decision.rule {
        case "up": "up at once: \(load)"
        case "down": "down: \(load), and no more than \(decision.windowMax) was wanted for a whole window"
        case "held": "held: \(load), and \(decision.windowMax) was wanted within the window"
        case "watching": "watching: \(load), and too little was seen since the daemon started to end any"
        default: "\(decision.rule): \(load)"
        }
    let bound: String? =
        switch decision.bound {
        case "none": nil
        case "minSize": "minSize keeps it from being fewer"
        case "maxSize": "maxSize keeps it from being more"
        case "memory": "the machine's memory holds no more"
        case "crashBackoff": "restarts wait after crashes"
        default: "bound by \(decision.bound)"
        }
    return [change, rule].joined(separator: "  ") + (bound.map { "; \($0)" } ?? "")
}

/// Why a service has the instances it has: decisions, wakes, failures.
func explanationText(_ explanation: ExplanationBody, now: UnixTime, style: Style) -> [String] {
    var lines = [style.apply(.strong, to: "Decisions that changed something, newest first")]
    lines +=
        explanation.decisions.isEmpty
        ? ["  none yet"] : explanation.decisions.map { "  " + decisionLine($0, now: now, style: style) }
    if !explanation.wakes.isEmpty {
        lines += ["", style.apply(.strong, to: "Requests that waited for an instance, newest first")]
        lines += wakeTable(explanation.wakes, now: now, style: style).map { "  " + $0 }
    }
    if !explanation.failures.isEmpty {
        lines += ["", style.apply(.strong, to: "Requests that the platform ended, newest first")]
        lines += failureTable(explanation.failures, now: now, style: style).map { "  " + $0 }
    }
    return lines
}

private func wakeTable(_ wakes: [WakeBody], now: UnixTime, style: Style) -> [String] {
    var table = Table(
        ("WHEN", .right), ("QUEUE", .right), ("CREATE", .right), ("START", .right), ("HEALTHY", .right),
        ("FIRST BYTE", .right), ("IN ALL", .right), ("INSTANCE", .left))
    for wake in wakes {
        func text(_ milliseconds: Int64?) -> Cell { Cell(milliseconds.map { duration(milliseconds: $0) } ?? "-") }
        table.rows.append([
            Cell(when(wake.at, now: now), .faint),
            text(wake.queueMilliseconds),
            text(wake.timings?.createMilliseconds),
            text(wake.timings?.startMilliseconds),
            text(wake.timings?.healthyMilliseconds),
            text(wake.firstByteMilliseconds),
            text(wake.queueMilliseconds + wake.firstByteMilliseconds),
            Cell(wake.instance.short),
        ])
    }
    return table.lines(style: style)
}

private func failureTable(_ failures: [RequestFailureBody], now: UnixTime, style: Style) -> [String] {
    var table = Table(
        ("WHEN", .right), ("OUTCOME", .left), ("QUEUE", .right), ("IN ALL", .right), ("INSTANCE", .left),
        ("REQUEST", .left))
    for failure in failures {
        table.rows.append([
            Cell(when(failure.at, now: now), .faint),
            Cell(failure.outcome, failure.outcome == "clientGone" ? .faint : .bad),
            Cell(duration(milliseconds: failure.queueMilliseconds)),
            Cell(duration(milliseconds: failure.totalMilliseconds)),
            Cell(failure.instance?.short ?? "-"),
            Cell(failure.requestId),
        ])
    }
    return table.lines(style: style)
}
