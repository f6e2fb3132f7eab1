import RunaboutModel
import RunaboutWire

/// Services as a table.
func serviceTable(_ services: [ServiceBody], now: UnixTime, style: Style) -> [String] {
    guard !services.isEmpty else {
        return ["No services. Make one: runabout services create NAME --image REPOSITORY:TAG"]
    }
    var table = Table(
        ("NAME", .left), ("STATUS", .left), ("READY", .right), ("SIZES", .left), ("URL", .left), ("IMAGE", .left),
        ("CHANGED", .right))
    for service in services {
        table.rows.append([
            Cell(service.name, .strong),
            Cell(service.status.words, service.status.tone),
            Cell("\(service.instances.count { $0.state == .ready || $0.state == .frozen })"),
            Cell("\(service.autoScaling.minSize)…\(service.autoScaling.maxSize)"),
            Cell(service.url),
            Cell(service.revision?.image ?? "-"),
            Cell(age(of: service.updatedAt, now: now), .faint),
        ])
    }
    return table.lines(style: style)
}

/// All of one service, a fact a line.
func serviceText(_ service: ServiceBody, now: UnixTime, style: Style) -> [String] {
    let scaling = service.autoScaling
    var facts: [(String, String)] = [
        ("name", style.apply(.strong, to: service.name)),
        ("id", service.id.rawValue),
        ("status", style.apply(service.status.tone, to: service.status.words)),
        ("url", service.url),
        ("generation", "\(service.generation)"),
        (
            "scaling",
            "\(scaling.name)/\(scaling.revision): \(scaling.maxConcurrency) requests at one instance, "
                + "\(scaling.minSize) to \(scaling.maxSize) instances, window \(scaling.stabilizationSeconds) s"
        ),
    ]
    if let revision = service.revision {
        let configuration = revision.configuration
        let health = configuration.healthCheck
        facts += [
            ("revision", "\(revision.number), made \(when(revision.createdAt, now: now))"),
            ("image", revision.image),
            ("digest", revision.imageDigest),
            ("port", "\(configuration.port)"),
            ("instance size", "\(configuration.cpuMillis)m CPU, \(configuration.memoryMebibytes) MiB"),
            (
                "health check",
                (health.method == .http ? "HTTP \(health.path)" : "TCP")
                    + " every \(health.intervalSeconds) s, \(health.timeoutSeconds) s each"
            ),
        ]
        facts += requestFacts(configuration)
        if let command = configuration.startCommand { facts.append(("command", command.joined(separator: " "))) }
        for (name, value) in configuration.environment.sorted(by: { $0.key < $1.key }) {
            facts.append(("environment", "\(name)=\(value)"))
        }
    }
    if let operation = service.operation {
        let words = style.apply(operation.status.tone, to: operation.status.words)
        facts.append(("last operation", "\(operation.type.words) \(words) (\(operation.id.rawValue))"))
    }
    let width = facts.map(\.0.count).max() ?? 0
    var lines = facts.map { name, value in
        style.apply(.faint, to: name) + String(repeating: " ", count: width - name.count + 2) + value
    }
    if let failure = service.operation?.failure { lines += [""] + failureText(failure, style: style) }
    lines += [""] + instanceTable(service.instances, demand: nil, now: now, style: style)
    return lines
}

/// What a configuration says of requests.
private func requestFacts(_ configuration: InstanceConfigurationBody) -> [(String, String)] {
    var timeouts = ["request \(configuration.requestTimeoutSeconds) s"]
    if let seconds = configuration.responseHeaderTimeoutSeconds { timeouts.append("response header \(seconds) s") }
    timeouts += ["idle \(configuration.idleTimeoutSeconds) s", "connect \(configuration.connectTimeoutSeconds) s"]
    if let seconds = configuration.drainTimeoutSeconds { timeouts.append("drain \(seconds) s") }
    let name =
        switch configuration.protocol {
        case .http1: "HTTP/1.1"
        case .http2: "HTTP/2 without TLS"
        }
    return [("protocol", name), ("timeouts", timeouts.joined(separator: ", "))]
}

/// Instances as a table; with demand, how many requests each has.
func instanceTable(_ instances: [InstanceBody], demand: DemandBody?, now: UnixTime, style: Style) -> [String] {
    guard !instances.isEmpty else { return [style.apply(.faint, to: "No instances.")] }
    let inFlight = Dictionary((demand?.instances ?? []).map { ($0.id, $0.inFlight) }) { first, _ in first }
    var table = Table(
        ("INSTANCE", .left), ("STATE", .left), ("IN FLIGHT", .right), ("ADDRESS", .left), ("START", .right),
        ("AGE", .right), ("", .left))
    for instance in instances {
        let timings = instance.timings
        let parts = [timings.createMilliseconds, timings.startMilliseconds, timings.healthyMilliseconds]
        let total = parts.compactMap { $0 }.reduce(0, +)
        table.rows.append([
            Cell(instance.id.short),
            Cell(instance.state.rawValue, instance.state.tone),
            Cell(inFlight[instance.id].map(String.init) ?? "-"),
            Cell(instance.address ?? "-"),
            Cell(timings.healthyMilliseconds == nil ? "-" : duration(milliseconds: total)),
            Cell(age(of: instance.createdAt, now: now), .faint),
            Cell(endText(instance), .faint),
        ])
    }
    return table.lines(style: style)
}

private func endText(_ instance: InstanceBody) -> String {
    var parts: [String] = []
    if let reason = instance.reason { parts.append(reason) }
    if let exit = instance.exit {
        parts.append(exit.isOutOfMemory ? "killed: out of memory" : "exit status \(exit.status)")
    }
    return parts.joined(separator: "; ")
}

/// Auto scaling configurations as a table.
func autoScalingTable(_ configurations: [AutoScalingConfigurationBody], now: UnixTime, style: Style) -> [String] {
    var table = Table(
        ("NAME", .left), ("CONCURRENCY", .right), ("MIN", .right), ("MAX", .right), ("WINDOW", .right),
        ("AGE", .right))
    for configuration in configurations {
        table.rows.append([
            Cell("\(configuration.name)/\(configuration.revision)", .strong),
            Cell("\(configuration.maxConcurrency)"),
            Cell("\(configuration.minSize)"),
            Cell("\(configuration.maxSize)"),
            Cell("\(configuration.stabilizationSeconds) s"),
            Cell(age(of: configuration.createdAt, now: now), .faint),
        ])
    }
    return table.lines(style: style)
}
