import ArgumentParser
import RunaboutModel
import RunaboutProxy

/// How long the router waits for clients; what services decide is in their routes.
struct WaitOptions: ParsableArguments {
    @Option(help: "Seconds from connecting, or a head's first byte, to the head's end.")
    var headTimeoutSeconds = Limits.headTimeout.components.seconds

    @Option(help: "Seconds that a client may send nothing of a body that it has begun.")
    var bodyTimeoutSeconds = Limits.bodyIdleTimeout.components.seconds

    @Option(help: "Seconds that a client may take nothing of an answer that waits for it.")
    var sendTimeoutSeconds = Limits.sendIdleTimeout.components.seconds

    @Option(help: "Seconds that a client's connection may be without a request.")
    var keepAliveTimeoutSeconds = Limits.keepAliveTimeout.components.seconds

    func validate() throws {
        let all = [
            ("head", headTimeoutSeconds), ("body", bodyTimeoutSeconds), ("send", sendTimeoutSeconds),
            ("keep-alive", keepAliveTimeoutSeconds),
        ]
        for (name, seconds) in all where !(1...3_600).contains(seconds) {
            throw ValidationError("--\(name)-timeout-seconds must be 1...3600.")
        }
    }

    /// As the engine takes them.
    var timeouts: EngineTimeouts {
        var timeouts = EngineTimeouts()
        timeouts.head = .seconds(headTimeoutSeconds)
        timeouts.bodyIdle = .seconds(bodyTimeoutSeconds)
        timeouts.sendIdle = .seconds(sendTimeoutSeconds)
        timeouts.keepAlive = .seconds(keepAliveTimeoutSeconds)
        return timeouts
    }
}
