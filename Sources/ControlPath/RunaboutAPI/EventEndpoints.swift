import Foundation
import HTTPTypes
import Hummingbird
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

extension ControlAPI {
    /// What was asked for and what happened.
    var eventEndpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/operations", query: ["limit", "pageToken"]) { call in
                try await operations(of: nil, call)
            },
            Endpoint(.get, "/v1/services/{service}/operations", query: ["limit", "pageToken"]) { call in
                try await operations(of: call.parameter("service"), call)
            },
            Endpoint(.get, "/v1/operations/{operation}") { call in
                try answer(OperationBody(await controlPlane.operation(call.operationID())))
            },
            Endpoint(.get, "/v1/events", query: ["after", "limit", "follow"]) { call in
                try await events(of: nil, call)
            },
            Endpoint(.get, "/v1/services/{service}/events", query: ["after", "limit", "follow"]) { call in
                try await events(of: call.parameter("service"), call)
            },
        ]
    }

    private func operations(of service: String?, _ call: Call) async throws -> Response {
        let page = try await controlPlane.operations(
            of: service, after: call.text("pageToken"), limit: call.pageSize())
        return try answer(PageBody(items: page.items.map { OperationBody($0) }, nextToken: page.nextToken))
    }

    private func events(of service: String?, _ call: Call) async throws -> Response {
        let after = try call.integer("after", in: 0...Int64.max)
        guard try call.flag("follow") else {
            let events = try await controlPlane.events(of: service, after: after, limit: call.pageSize())
            return try answer(PageBody(items: events.map { EventBody($0) }))
        }
        let lease = try lease()
        let events = try await controlPlane.watchEvents(of: service, after: try call.lastEventID() ?? after)
        let stream = StreamingAnswer<Int, Event>(
            sources: [0: { events }],
            heartbeat: ":\n\n",
            step: { _, event in StreamingAnswer.Step(text: EventBody(event).serverSentEvent) },
        )
        return stream.response(contentType: "text/event-stream", call: call, lease: lease)
    }
}

extension Call {
    /// The event after which a client that lost its connection goes on.
    func lastEventID() throws -> Int64? {
        guard let name = HTTPField.Name("Last-Event-ID"), let text = request.headers[name] else { return nil }
        guard let sequence = Int64(text), sequence >= 0 else {
            throw APIProblem.badRequest("Last-Event-ID has to be the sequence number of an event, and is '\(text)'.")
        }
        return sequence
    }
}

extension EventBody {
    /// The event as a stream carries it.
    ///
    /// Source: WHATWG HTML, "Server-sent events".
    var serverSentEvent: String {
        guard let text = try? WireCoding.encode(self) else {
            // Encoding fails for numbers that are not finite only, and an event has none.
            preconditionFailure("an event could not be encoded")
        }
        return "id: \(sequence)\nevent: \(kind)\ndata: \(String(decoding: text, as: UTF8.self))\n\n"
    }
}
