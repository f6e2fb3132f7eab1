import Glibc

@testable import RunaboutProxy

/// A client of HTTP/2 on a blocking socket, which speaks through the machine's other role.
struct HTTP2TestClient: ~Copyable {
    /// What came on a stream.
    struct Answer: Equatable {
        /// Interim heads and the final one, as lines.
        var heads: [[String]] = []
        var body: [UInt8] = []
        var trailers: [String]?
        var isEnded = false
        /// The code with which the stream was reset.
        var reset: UInt32?

        var status: String { heads.last?.first ?? "" }
        var text: String { String(decoding: body, as: UTF8.self) }
        var isOver: Bool { isEnded || reset != nil }
    }

    /// Sends bytes as they are.
    let write: ([UInt8]) throws -> Void
    private let readSome: () throws -> [UInt8]
    var session = HTTP2Session(role: .client)
    private var block = FieldBlock()
    private(set) var answers: [UInt32: Answer] = [:]
    /// The last stream and the code of each `GOAWAY`.
    private(set) var farewells: [[UInt32]] = []
    private(set) var isClosed = false
    /// Whether windows are given back as bytes come.
    var givesCredit = true

    init(port: Int) throws {
        let wire = try Wire(port: port)
        write = { try wire.write($0) }
        readSome = { try wire.readSome() }
    }

    /// Speaks over TLS, on a connection that agreed on HTTP/2.
    init(_ wire: SecureWire) {
        write = { try wire.write($0) }
        readSome = { try wire.readSome() }
    }

    /// Begins a request and sends it; with `ends` it has no body.
    mutating func ask(
        _ method: String = "GET", _ path: String = "/", host: String = "app.localhost",
        _ fields: [(String, String)] = [], ends: Bool = true,
    ) throws -> UInt32 {
        try ask(
            [(":method", method), (":scheme", "http"), (":authority", host), (":path", path)] + fields, ends: ends,
            answersHEAD: method == "HEAD")
    }

    mutating func ask(_ fields: [(String, String)], ends: Bool = true, answersHEAD: Bool = false) throws -> UInt32 {
        guard let stream = session.openStream(tag: 1, answersHEAD: answersHEAD) else {
            throw SocketFailure("no stream may be opened")
        }
        session.beginHead(stream)
        append(fields)
        session.endHead(stream, ends: ends)
        answers[stream] = Answer()
        try flush()
        return stream
    }

    private mutating func append(_ fields: [(String, String)]) {
        for (name, value) in fields {
            let bytes = Array((name + value).utf8)
            let end = name.utf8.count
            session.appendField(bytes.span, name: 0..<end, value: end..<bytes.count)
        }
    }

    /// Sends a part of a body, reading while the windows are closed.
    mutating func send(_ stream: UInt32, _ body: [UInt8], ends: Bool) throws {
        var sent = 0
        repeat {
            sent += session.writeData(stream, body.span, sent..<body.count, ends: ends)
            try flush()
            if sent < body.count { try read() }
        } while sent < body.count && !(answers[stream]?.isOver ?? true) && !isClosed
    }

    mutating func sendTrailers(_ stream: UInt32, _ fields: [(String, String)]) throws {
        session.beginHead(stream)
        append(fields)
        session.endHead(stream, ends: true)
        try flush()
    }

    mutating func flush() throws {
        let bytes = Array(session.output.buffer)
        session.output.consume(bytes.count)
        if !bytes.isEmpty { try write(bytes) }
    }

    /// Reads once and takes what came.
    mutating func read() throws {
        let bytes = try readSome()
        if bytes.isEmpty { isClosed = true }
        var offset = 0
        events: while true {
            switch session.next(bytes.span, &offset, &block) {
            case .needsMore: break events
            case .response(let stream, _, let ends):
                let head = lines()
                answers[stream]?.heads.append(head)
                answers[stream]?.isEnded = ends
            case .data(let stream, _, let range, let ends):
                answers[stream]?.body += bytes[range]
                answers[stream]?.isEnded = ends
                if givesCredit { session.took(stream: stream, count: range.count) }
            case .trailers(let stream, _):
                let fields = lines()
                answers[stream]?.trailers = fields
                answers[stream]?.isEnded = true
            case .reset(let stream, _, let code, _): answers[stream]?.reset = code.rawValue
            case .goAway(let last, let code): farewells.append([last, code.rawValue])
            case .windowOpened: while session.nextWritable() != nil {}
            case .settings: break
            case .request, .failed: throw SocketFailure("the server broke a rule")
            }
        }
        try flush()
    }

    private func lines() -> [String] {
        (0..<block.count).map { "\(block.text(block[$0].name)): \(block.text(block[$0].value))" }
    }

    /// Waits until a condition holds.
    mutating func wait(_ condition: (borrowing HTTP2TestClient) -> Bool) throws {
        while !condition(self) {
            guard !isClosed else { throw SocketFailure("the server closed") }
            try read()
        }
    }

    /// Waits until a stream is over.
    mutating func answer(_ stream: UInt32) throws -> Answer {
        try wait { $0.answers[stream]?.isOver ?? false }
        return answers[stream] ?? Answer()
    }

    /// Reads until the server has closed.
    mutating func readToEnd() throws {
        while !isClosed { try read() }
    }
}
