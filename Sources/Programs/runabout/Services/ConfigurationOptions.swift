import ArgumentParser
import RunaboutModel
import RunaboutWire

/// How instances run, as flags.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "The port the service's code listens on (default 8080).")
    var port: Int?

    @Option(name: .customLong("env"), help: "An environment variable, NAME=VALUE; may be given many times.")
    var environment: [String] = []

    @Option(help: "CPU of one instance: 1, 0.5 or 500m (default 1).")
    var cpu: String?

    @Option(help: "Memory of one instance in MiB, or with a unit: 512, 512Mi, 1Gi (default 512).")
    var memory: String?

    @Option(help: "Check health by HTTP at this path; without it by TCP.")
    var healthPath: String?

    @Option(help: "Seconds between health checks (default 5).")
    var healthInterval: Int?

    @Option(help: "Seconds a health check may take (default 2).")
    var healthTimeout: Int?

    @Option(help: "Passed checks in a row that make an instance healthy (default 1).")
    var healthyThreshold: Int?

    @Option(help: "Failed checks in a row that make an instance unhealthy (default 5).")
    var unhealthyThreshold: Int?

    @Option(help: "Seconds from start to the first passed check (default 60).")
    var startDeadline: Int?

    @Option(help: "Seconds between SIGTERM and SIGKILL (default 10).")
    var stopGrace: Int?

    @Option(help: "Seconds a request may take in all; a tunnel (WebSocket) has no such end (default 120).")
    var requestTimeout: Int?

    @Option(help: "Seconds that connecting to an instance may take (default 5).")
    var connectTimeout: Int?

    @Option(help: "Seconds from a request's end to its answer's head (default: the request timeout).")
    var responseHeaderTimeout: Int?

    @Option(help: "Seconds in which a request or a tunnel may carry nothing either way (default 3600).")
    var idleTimeout: Int?

    @Option(
        help: "Seconds an instance's requests may go on when it is to end (default: the request timeout, 120 at least)."
    )
    var drainTimeout: Int?

    @Option(
        name: .customLong("protocol"),
        help: "What the service's code speaks: http1, or http2 for gRPC (default http1).",
        transform: instanceProtocol(named:))
    var instanceProtocol: InstanceProtocol?

    @Option(parsing: .remaining, help: "The start command, instead of the image's: everything after this flag.")
    var command: [String] = []

    /// Refuses what can't be read, before anything is sent.
    func validate() throws {
        for pair in environment where !pair.contains("=") || pair.hasPrefix("=") {
            throw ValidationError("--env has to be NAME=VALUE, and is '\(pair)'.")
        }
        if let cpu, cpuMillis(from: cpu) == nil {
            throw ValidationError("--cpu has to be like 1, 0.5 or 500m, and is '\(cpu)'.")
        }
        if let memory, memoryMebibytes(from: memory) == nil {
            throw ValidationError("--memory has to be like 512, 512Mi or 1Gi, and is '\(memory)'.")
        }
    }

    /// Whether any flag was given.
    var isEmpty: Bool {
        let numbers = [
            port, healthInterval, healthTimeout, healthyThreshold, unhealthyThreshold, startDeadline, stopGrace,
            requestTimeout, connectTimeout, responseHeaderTimeout, idleTimeout, drainTimeout,
        ]
        return numbers.allSatisfy { $0 == nil } && [cpu, memory, healthPath].allSatisfy { $0 == nil }
            && environment.isEmpty && command.isEmpty && instanceProtocol == nil
    }

    /// A configuration with these flags' values in place of its own.
    func applied(to configuration: InstanceConfigurationBody) -> InstanceConfigurationBody {
        var changed = configuration
        changed.port = port ?? changed.port
        for pair in environment {
            guard let mark = pair.firstIndex(of: "=") else { continue }
            changed.environment[String(pair[..<mark])] = String(pair[pair.index(after: mark)...])
        }
        changed.cpuMillis = cpu.flatMap { cpuMillis(from: $0) } ?? changed.cpuMillis
        changed.memoryMebibytes = memory.flatMap { memoryMebibytes(from: $0) } ?? changed.memoryMebibytes
        if let healthPath {
            changed.healthCheck.method = .http
            changed.healthCheck.path = healthPath
        }
        changed.healthCheck.intervalSeconds = healthInterval ?? changed.healthCheck.intervalSeconds
        changed.healthCheck.timeoutSeconds = healthTimeout ?? changed.healthCheck.timeoutSeconds
        changed.healthCheck.healthyThreshold = healthyThreshold ?? changed.healthCheck.healthyThreshold
        changed.healthCheck.unhealthyThreshold = unhealthyThreshold ?? changed.healthCheck.unhealthyThreshold
        changed.startDeadlineSeconds = startDeadline ?? changed.startDeadlineSeconds
        changed.stopGraceSeconds = stopGrace ?? changed.stopGraceSeconds
        changed.requestTimeoutSeconds = requestTimeout ?? changed.requestTimeoutSeconds
        changed.connectTimeoutSeconds = connectTimeout ?? changed.connectTimeoutSeconds
        changed.responseHeaderTimeoutSeconds = responseHeaderTimeout ?? changed.responseHeaderTimeoutSeconds
        changed.idleTimeoutSeconds = idleTimeout ?? changed.idleTimeoutSeconds
        changed.drainTimeoutSeconds = drainTimeout ?? changed.drainTimeoutSeconds
        changed.protocol = instanceProtocol ?? changed.protocol
        if !command.isEmpty { changed.startCommand = command }
        return changed
    }
}

/// The protocol of a name.
private func instanceProtocol(named name: String) throws -> InstanceProtocol {
    guard let found = InstanceProtocol(rawValue: name) else {
        throw ValidationError("--protocol has to be http1 or http2, and is '\(name)'.")
    }
    return found
}
