@testable import RunaboutProxy

/// An instance's end of a connection of HTTP/2, on a blocking socket.
struct HTTP2TestServer: ~Copyable {
    /// What a client said.
    enum Heard: Equatable {
        case request(UInt32, [String], ends: Bool)
        case data(UInt32, [UInt8], ends: Bool)
        case trailers(UInt32, [String])
        case reset(UInt32, UInt32)
    }

    private struct Waiting {
        var bytes: [UInt8]
        var ends = false
        var trailers: [(String, String)]?
    }

    let wire: Wire
    var session = HTTP2Session(role: .server)
    private var block = FieldBlock()
    /// Bytes that wait for a window, and what ends the stream behind them.
    private var waiting: [UInt32: Waiting] = [:]
    private(set) var isClosed = false

    /// One that `offersTunnels` says so in its first frames.
    init(_ wire: Wire, offersTunnels: Bool = true) throws {
        self.wire = wire
        guard !offersTunnels else { return }
        session.output.removeAll()
        try wire.write(WireBytes.frame(4))
    }

    /// What the next bytes say; nothing once the client has closed.
    mutating func next() throws -> [Heard] {
        try flush()
        let bytes = try wire.readSome()
        if bytes.isEmpty { isClosed = true }
        var heard: [Heard] = []
        var offset = 0
        events: while true {
            switch session.next(bytes.span, &offset, &block) {
            case .needsMore: break events
            case .request(let stream, let ends): heard.append(.request(stream, lines(), ends: ends))
            case .data(let stream, _, let range, let ends):
                session.took(stream: stream, count: range.count)
                heard.append(.data(stream, Array(bytes[range]), ends: ends))
            case .trailers(let stream, _): heard.append(.trailers(stream, lines()))
            case .reset(let stream, _, let code, _):
                waiting[stream] = nil
                heard.append(.reset(stream, code.rawValue))
            case .windowOpened: resume()
            case .settings, .goAway: break
            case .response, .failed: throw SocketFailure("the router broke a rule")
            }
        }
        try flush()
        return heard
    }

    private func lines() -> [String] {
        (0..<block.count).map { "\(block.text(block[$0].name)): \(block.text(block[$0].value))" }
    }

    private mutating func resume() {
        while session.nextWritable() != nil {}
        for (stream, rest) in waiting {
            waiting[stream] = nil
            send(stream, rest.bytes, ends: rest.ends)
            if let trailers = rest.trailers { send(stream, trailers, ends: true) }
        }
    }

    /// Sends a head, an answer's or trailers.
    mutating func send(_ stream: UInt32, status: Int? = nil, _ fields: [(String, String)] = [], ends: Bool) {
        if status == nil, waiting[stream] != nil {
            waiting[stream]?.trailers = fields
            return
        }
        session.beginHead(stream)
        if let status { session.appendStatus(status) }
        for (name, value) in fields {
            let bytes = Array((name + value).utf8)
            let end = name.utf8.count
            session.appendField(bytes.span, name: 0..<end, value: end..<bytes.count)
        }
        session.endHead(stream, ends: ends)
    }

    /// Sends a part of a body, now or when the windows allow it.
    mutating func send(_ stream: UInt32, _ bytes: [UInt8], ends: Bool) {
        if waiting[stream] != nil {
            waiting[stream]?.bytes += bytes
            waiting[stream]?.ends = ends
            return
        }
        let taken = session.writeData(stream, bytes.span, 0..<bytes.count, ends: ends)
        if taken < bytes.count { waiting[stream] = Waiting(bytes: Array(bytes[taken...]), ends: ends) }
    }

    mutating func flush() throws {
        let bytes = Array(session.output.buffer)
        session.output.consume(bytes.count)
        if !bytes.isEmpty { try wire.write(bytes) }
    }
}
