import AsyncHTTPClient
import Foundation
import NIOCore
import RunaboutModel
public import RunaboutWire

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
        return EventStream(body: try await open(ask).body, client: self)
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
        return LogStream(body: try await open(Ask(path: path, query: query)).body, client: self)
    }
}

/// Events as they come.
///
/// For one consumer.
public struct EventStream: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = EventBody

    let body: HTTPClientResponse.Body
    let client: ControlClient

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), client: client)
    }

    /// Reads one event after the other.
    public struct Iterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator
        let client: ControlClient
        private var parser = ServerSentEventParser(lineBytesMax: Limits.streamLineBytesMax)
        private var ready: ArraySlice<ServerSentEvent> = []

        init(body: HTTPClientResponse.Body.AsyncIterator, client: ControlClient) {
            self.body = body
            self.client = client
        }

        /// The next event; nil when the daemon ended the stream.
        ///
        /// - Throws: `ClientError` when the connection is lost or what came is no event.
        @concurrent public mutating func next() async throws -> EventBody? {
            while ready.isEmpty {
                guard let piece = try await client.nextPiece(&body) else { return nil }
                do {
                    ready = try parser.feed(piece.readableBytesView)[...]
                } catch {
                    throw ClientError.malformedAnswer("\(error)")
                }
            }
            guard let event = ready.popFirst() else { return nil }
            do {
                return try WireCoding.decode(EventBody.self, from: Data(event.data.utf8))
            } catch {
                throw ClientError.malformedAnswer("an event can't be read (\(error))")
            }
        }
    }
}

/// Log lines as they come.
///
/// For one consumer.
public struct LogStream: AsyncSequence, Sendable {
    /// A line.
    public typealias Element = LogLineBody

    let body: HTTPClientResponse.Body
    let client: ControlClient

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), client: client)
    }

    /// Reads one line after the other.
    public struct Iterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator
        let client: ControlClient
        private var lines = LineAssembler(bytesMax: Limits.streamLineBytesMax)
        private var ready: ArraySlice<String> = []

        init(body: HTTPClientResponse.Body.AsyncIterator, client: ControlClient) {
            self.body = body
            self.client = client
        }

        /// The next line; nil at the end.
        ///
        /// - Throws: `ClientError` when the connection is lost or what came is no line.
        @concurrent public mutating func next() async throws -> LogLineBody? {
            while ready.isEmpty {
                guard let piece = try await client.nextPiece(&body) else { return nil }
                do {
                    // Empty lines are heartbeats.
                    ready = try lines.feed(piece.readableBytesView).filter { !$0.isEmpty }[...]
                } catch {
                    throw ClientError.malformedAnswer("\(error)")
                }
            }
            guard let line = ready.popFirst() else { return nil }
            do {
                return try WireCoding.decode(LogLineBody.self, from: Data(line.utf8))
            } catch {
                throw ClientError.malformedAnswer("a log line can't be read (\(error))")
            }
        }
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
