import Testing

@testable import RunaboutProxy

/// Bytes of HTTP/2 as tests write and read them.
enum WireBytes {
    /// The bytes that hexadecimal digits stand for; blanks do not count.
    static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags] + number(stream)
            + payload
    }

    static func number(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    static func setting(_ identifier: UInt16, _ value: UInt32) -> [UInt8] {
        [UInt8(identifier >> 8), UInt8(identifier & 255)] + number(value)
    }

    /// What a client says first, with these settings.
    static func greeting(_ settings: [UInt8] = []) -> [UInt8] {
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, settings)
    }

    /// A header section of literals without indexing.
    static func section(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + string(name) + string(value) }
    }

    /// A string of at most 126 bytes, or of more with a longer length.
    static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return integer(bytes.count, prefix: 7) + bytes
    }

    static func integer(_ number: Int, prefix: Int, flags: UInt8 = 0) -> [UInt8] {
        let mask = 1 << prefix - 1
        guard number >= mask else { return [flags | UInt8(number)] }
        var bytes = [flags | UInt8(mask)]
        var rest = number - mask
        while rest >= 128 {
            bytes.append(UInt8(rest % 128 + 128))
            rest /= 128
        }
        return bytes + [UInt8(rest)]
    }

    static let get: [(String, String)] = [
        (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.example"),
    ]
    static let post: [(String, String)] = [
        (":method", "POST"), (":scheme", "https"), (":path", "/"), (":authority", "a.example"),
    ]

    /// A request of one frame.
    static func headers(_ stream: UInt32, _ fields: [(String, String)], ends: Bool = true) -> [UInt8] {
        frame(1, flags: ends ? 5 : 4, stream: stream, section(fields))
    }

    static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> [UInt8] {
        frame(0, flags: ends ? 1 : 0, stream: stream, bytes)
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
        frame(8, stream: stream, number(increment))
    }

    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] { frame(3, stream: stream, number(code)) }
}

/// A frame as it was sent.
struct SentFrame: Equatable, CustomStringConvertible {
    var type: UInt8
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]

    var description: String { "frame \(type) flags \(flags) stream \(stream), \(payload.count) bytes" }

    static func parse(_ bytes: [UInt8]) -> [SentFrame] {
        var frames: [SentFrame] = []
        var index = 0
        while index + 9 <= bytes.count {
            let length = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            let stream = bytes[index + 5..<index + 9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                SentFrame(
                    type: bytes[index + 3], flags: bytes[index + 4], stream: stream,
                    payload: Array(bytes[index + 9..<index + 9 + length])))
            index += 9 + length
        }
        precondition(index == bytes.count, "half a frame was sent")
        return frames
    }
}

/// What a session said of some bytes, as values that can be compared.
enum Said: Equatable {
    case request(UInt32, [String], ends: Bool)
    case response(UInt32, [String], ends: Bool)
    case data(UInt32, [UInt8], ends: Bool)
    case trailers(UInt32, [String])
    case reset(UInt32, UInt32, byPeer: Bool)
    case windowOpened
    case settings
    case goAway(UInt32, UInt32)
    case failed(UInt32)
}

/// A session with its block, fed with bytes by tests.
struct SessionUnderTest: ~Copyable {
    var session: HTTP2Session
    var block = FieldBlock()

    init(_ role: HTTP2Session.Role = .server) { session = HTTP2Session(role: role) }

    /// A server whose client has greeted it; what that led to is dropped.
    static func greeted(_ settings: [UInt8] = []) -> SessionUnderTest {
        var test = SessionUnderTest()
        _ = test.feed(WireBytes.greeting(settings))
        _ = test.sent()
        return test
    }

    /// All that a piece leads to; a failure ends it.
    mutating func feed(_ bytes: [UInt8]) -> [Said] {
        var said: [Said] = []
        var offset = 0
        while true {
            let event = session.next(bytes.span, &offset, &block)
            switch event {
            case .needsMore: return said
            case .request(let stream, let ends): said.append(.request(stream, lines(), ends: ends))
            case .response(let stream, _, let ends): said.append(.response(stream, lines(), ends: ends))
            case .data(let stream, _, let range, let ends): said.append(.data(stream, Array(bytes[range]), ends: ends))
            case .trailers(let stream, _): said.append(.trailers(stream, lines()))
            case .reset(let stream, _, let code, let byPeer):
                said.append(.reset(stream, code.rawValue, byPeer: byPeer))
            case .windowOpened: said.append(.windowOpened)
            case .settings: said.append(.settings)
            case .goAway(let last, let code): said.append(.goAway(last, code.rawValue))
            case .failed(let code):
                said.append(.failed(code.rawValue))
                return said
            }
        }
    }

    func lines() -> [String] {
        (0..<block.count).map { "\(block.text(block[$0].name)): \(block.text(block[$0].value))" }
    }

    /// The bytes of the output, which is emptied.
    mutating func sentBytes() -> [UInt8] {
        let bytes = Array(session.output.buffer)
        session.output.consume(bytes.count)
        return bytes
    }

    mutating func sent() -> [SentFrame] { SentFrame.parse(sentBytes()) }

    /// Answers a stream with a head, and a body.
    mutating func answer(_ stream: UInt32, _ body: [UInt8] = []) -> Int {
        session.beginHead(stream)
        session.appendStatus(200)
        session.endHead(stream, ends: body.isEmpty)
        return body.isEmpty ? 0 : session.writeData(stream, body.span, 0..<body.count, ends: true)
    }
}
