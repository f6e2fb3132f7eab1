import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RunaboutModel
import ServiceLifecycle

/// An answer that goes on as long as its sources, its client and the server do.
///
/// One task writes; each source is asked for its next element only after the one before was written, so a slow client
/// slows the sources down instead of filling memory.
struct StreamingAnswer<Key: Hashable & Sendable, Element: Sendable>: Sendable {
    typealias Source = AsyncThrowingStream<Element, any Error>
    typealias Opening = @Sendable () -> Source

    /// What to write for an element, and sources to read from now on, where they are not open already.
    struct Step: Sendable {
        var text: String?
        var sources: [Key: Opening] = [:]
    }

    private enum Piece: Sendable {
        case element(Key, Element)
        case ended(Key, (any Error)?)
        case heartbeat
        case shutdown
    }

    /// What is read at first; the answer ends when no source is open any more.
    let sources: [Key: Opening]
    /// Written at the start and when nothing else was for a while; clients pass it over.
    let heartbeat: String
    /// Turns an element into text.
    let step: @Sendable (Key, Element) -> Step

    /// The answer, of this media type.
    ///
    /// It holds the lease until it has ended.
    func response(contentType: String, call: Call, lease: StreamLease) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                defer { withExtendedLifetime(lease) {} }
                do {
                    try await call.request.body.consumeWithCancellationOnInboundClose { _ in
                        try await write(to: &writer, logger: call.logger)
                    }
                } catch is CancellationError {
                    // The client left or the server ends: there is nobody to tell.
                }
                try await writer.finish(nil)
            },
        )
    }

    @concurrent private func write(to writer: inout any ResponseBodyWriter, logger: Logger) async throws {
        // Sends the head at once: a client learns that it is connected before the first element.
        try await writer.write(ByteBuffer(string: heartbeat))
        try await withThrowingTaskGroup(of: Piece.self) { group in
            defer { group.cancelAll() }
            var open: [Key: Source] = [:]
            Self.open(sources, in: &open, group: &group)
            group.addTask { try await Self.beat() }
            group.addTask {
                try await gracefulShutdown()
                return .shutdown
            }
            while !open.isEmpty, let piece = try await group.next() {
                switch piece {
                case .element(let key, let element):
                    let step = step(key, element)
                    if let text = step.text { try await writer.write(ByteBuffer(string: text)) }
                    if let source = open[key] { Self.read(key, source, group: &group) }
                    Self.open(step.sources, in: &open, group: &group)
                case .ended(let key, let error):
                    open[key] = nil
                    if let error { logger.debug("a source of a stream ended", metadata: ["error": "\(error)"]) }
                case .heartbeat:
                    try await writer.write(ByteBuffer(string: heartbeat))
                    group.addTask { try await Self.beat() }
                case .shutdown:
                    return
                }
            }
        }
    }

    private static func beat() async throws -> Piece {
        try await Task.sleep(for: Limits.streamHeartbeat)
        return .heartbeat
    }

    private static func open(
        _ openings: [Key: Opening],
        in open: inout [Key: Source],
        group: inout ThrowingTaskGroup<Piece, any Error>,
    ) {
        for (key, opening) in openings where open[key] == nil {
            let source = opening()
            open[key] = source
            read(key, source, group: &group)
        }
    }

    private static func read(
        _ key: Key, _ source: Source, group: inout ThrowingTaskGroup<Piece, any Error>,
    ) {
        group.addTask {
            do {
                // An iterator is only a view: the next one goes on where this one stopped.
                var iterator = source.makeAsyncIterator()
                guard let element = try await iterator.next() else { return .ended(key, nil) }
                return .element(key, element)
            } catch {
                return .ended(key, error)
            }
        }
    }
}
