import AsyncHTTPClient
import NIOCore
import RunaboutModel

extension ControlClient {
    /// Events from after a sequence number on (nil: only new ones), until the consumer stops.
    ///
    /// A lost connection ends it with an error; asking again after the last event's sequence number goes on without a
    /// gap.
    public func watchEvents(
        of reference: String? = nil, after sequence: Int64? = nil,
    ) async throws(ClientError) -> EventStream {
        let ask = Ask(
            path: eventsPath(reference),
            query: [(name: "follow", value: "true"), (name: "after", value: sequence.map(String.init))],
            headers: [(name: "Accept", value: "text/event-stream")],
        )
        return EventStream(body: try await open(ask).body, client: self, format: .events)
    }

    /// The lines of all instances of a service: the last `tail`, then, when following, each new one.
    public func logs(
        ofService reference: String, tail: Int? = nil, follow: Bool = false,
    ) async throws(ClientError) -> LogStream {
        try await logs(path: servicePath(reference) + "/logs", tail: tail, follow: follow)
    }

    /// The lines of one instance: the last `tail`, then, when following, each new one.
    public func logs(
        ofInstance reference: String, tail: Int? = nil, follow: Bool = false,
    ) async throws(ClientError) -> LogStream {
        try await logs(path: "/v1/instances/\(Self.escaped(reference))/logs", tail: tail, follow: follow)
    }

    private func logs(path: String, tail: Int?, follow: Bool) async throws(ClientError) -> LogStream {
        let query = [
            (name: "tail", value: tail.map(String.init)), (name: "follow", value: follow ? "true" : nil),
        ]
        return LogStream(body: try await open(Ask(path: path, query: query)).body, client: self, format: .lines)
    }
}

extension ControlClient {
    /// The next bytes of an answer; cancellation stays cancellation.
    @concurrent func nextPiece(_ body: inout HTTPClientResponse.Body.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await body.next()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw failure(error)
        }
    }
}
