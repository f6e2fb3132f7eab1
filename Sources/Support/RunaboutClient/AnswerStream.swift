import AsyncHTTPClient
import Foundation
import NIOCore
import RunaboutModel
public import RunaboutWire

/// Events as they come.
public typealias EventStream = AnswerStream<EventBody>

/// Log lines as they come.
public typealias LogStream = AnswerStream<LogLineBody>

/// What comes one by one in an answer that goes on.
///
/// For one consumer.
public struct AnswerStream<Element: Decodable & Sendable>: AsyncSequence, Sendable {
    let body: HTTPClientResponse.Body
    let client: ControlClient
    let format: StreamFormat

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), client: client, format: format)
    }

    /// Reads one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private var body: HTTPClientResponse.Body.AsyncIterator
        private let client: ControlClient
        private var format: StreamFormat
        private var ready: ArraySlice<String> = []

        init(body: HTTPClientResponse.Body.AsyncIterator, client: ControlClient, format: StreamFormat) {
            self.body = body
            self.client = client
            self.format = format
        }

        /// The next one; nil when the daemon ended the stream.
        ///
        /// - Throws: `ClientError` when the connection is lost or what came can't be read.
        @concurrent public mutating func next() async throws -> Element? {
            while ready.isEmpty {
                guard let piece = try await client.nextPiece(&body) else { return nil }
                do {
                    ready = try format.feed(piece.readableBytesView)[...]
                } catch {
                    throw ClientError.malformedAnswer("\(error)")
                }
            }
            guard let text = ready.popFirst() else { return nil }
            do {
                return try WireCoding.decode(Element.self, from: Data(text.utf8))
            } catch {
                throw ClientError.malformedAnswer("\(format.noun) can't be read (\(error))")
            }
        }
    }
}

/// How an answer that goes on is cut into its parts, with what has come of the next one.
enum StreamFormat: Sendable {
    case serverSentEvents(ServerSentEventParser)
    case lineByLine(LineAssembler)

    /// Server-sent events, each with its JSON in the field `data`.
    static var events: StreamFormat {
        .serverSentEvents(ServerSentEventParser(lineBytesMax: Limits.streamLineBytesMax))
    }
    /// A JSON object a line.
    static var lines: StreamFormat { .lineByLine(LineAssembler(bytesMax: Limits.streamLineBytesMax)) }

    /// One part in the words of error messages.
    var noun: String {
        switch self {
        case .serverSentEvents: "an event"
        case .lineByLine: "a log line"
        }
    }

    /// The JSON texts that are complete with these bytes.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [String] {
        switch self {
        case .serverSentEvents(var parser):
            defer { self = .serverSentEvents(parser) }
            return try parser.feed(bytes).map(\.data)
        case .lineByLine(var lines):
            defer { self = .lineByLine(lines) }
            // Empty lines are heartbeats.
            return try lines.feed(bytes).filter { !$0.isEmpty }
        }
    }
}
