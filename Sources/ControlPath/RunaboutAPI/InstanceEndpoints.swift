import HTTPTypes
import Hummingbird
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

extension ControlAPI {
    /// What runs, and what it wrote.
    var instanceEndpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/services/{service}/instances", query: ["all"]) { call in
                let instances = try await controlPlane.instances(
                    of: call.parameter("service"), includesEnded: call.flag("all"))
                return try answer(PageBody(items: instances.map { InstanceBody($0) }))
            },
            Endpoint(.get, "/v1/services/{service}/logs", query: ["tail", "follow"]) { call in
                let logs = ServiceLogs(
                    controlPlane: controlPlane, service: try call.parameter("service"), tail: try call.tail())
                guard try call.flag("follow") else { return logLines(try await logs.past()) }
                return try await logs.follow().response(contentType: logType, call: call, lease: lease())
            },
            Endpoint(.get, "/v1/instances/{instance}") { call in
                try answer(InstanceBody(await controlPlane.instance(call.parameter("instance"))))
            },
            Endpoint(.get, "/v1/instances/{instance}/usage") { call in
                let instance = try await controlPlane.instance(call.parameter("instance"))
                guard let usage = await controlPlane.usage(of: instance.id) else {
                    throw ControlPlaneError(
                        code: .invalidState,
                        message: "The instance \(instance.id.short) is \(instance.state.rawValue) and uses nothing.")
                }
                return try answer(InstanceUsageBody(usage))
            },
            Endpoint(.get, "/v1/instances/{instance}/logs", query: ["tail", "follow"]) { call in
                let id = try await controlPlane.instance(call.parameter("instance")).id
                let tail = try call.tail()
                guard try call.flag("follow") else {
                    var lines: [LogLineBody] = []
                    for try await line in controlPlane.logs(of: id, tail: tail, follow: false) {
                        lines.append(LogLineBody(line, instance: id))
                    }
                    return logLines(lines)
                }
                let stream = StreamingAnswer<InstanceID, LogLine>(
                    sources: [id: { controlPlane.logs(of: id, tail: tail, follow: true) }],
                    heartbeat: "\n",
                    step: { id, line in StreamingAnswer.Step(text: LogLineBody(line, instance: id).line) },
                )
                return stream.response(contentType: logType, call: call, lease: try lease())
            },
        ]
    }

    private var logType: String { "application/x-ndjson" }

    /// A place in the budget of streams.
    func lease() throws(APIProblem) -> StreamLease {
        guard let lease = streams.lease() else { throw APIProblem.tooManyStreams }
        return lease
    }

    private func logLines(_ lines: [LogLineBody]) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: logType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: lines.map(\.line).joined())),
        )
    }
}
