import CEpoll
import CTLSClient
import Foundation
import Glibc
import Synchronization

/// The instance behind a probed server: speaks HTTP/1.1, answers by path, and remembers which requests it got.
///
/// `/echo` answers with the request's line, fields and body; `/bytes/N` with N bytes; `/status/N` with that status;
/// `/hints` with 103 first; `/early` before it has read the body; `/trailers` with a chunked body and trailers; `/hold` never; `/websocket` switches protocols
/// and sends back what it gets; everything else with a short text.
package final class HTTP2Origin: Sendable {
    private struct State {
        var seen: Set<String> = []
        var completed: Set<String> = []
        var tokens = 0
    }

    /// The port on 127.0.0.1.
    package let port: Int
    private let listener: Int32
    private let speech: (bytes: [UInt8], closes: Bool)?
    private let state = Mutex(State())

    /// Listens; port 0 takes a free one.
    package convenience init(port wanted: Int = 0) throws { try self.init(port: wanted, speech: nil) }

    /// Instead of HTTP/1.1, says the same bytes to everybody and then closes or falls silent: no instance, but a server
    /// that is wrong on purpose.
    package convenience init(saying bytes: [UInt8], thenCloses closes: Bool) throws {
        try self.init(port: 0, speech: (bytes, closes))
    }

    private init(port wanted: Int, speech: (bytes: [UInt8], closes: Bool)?) throws {
        self.speech = speech
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var reuse: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(wanted).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1_024) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isListening else { throw ProbeFailure("listening on port \(wanted): error \(errno)") }
        Thread.detachNewThread { [self] in accept() }
    }

    /// Refuses connections from now on; those that are open end with their peers.
    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// A word that no other request of this instance has in its path.
    func newToken() -> String {
        state.withLock { state in
            state.tokens += 1
            return "rule\(state.tokens)"
        }
    }

    /// Whether a request with this token has come, and it is not one that came after the rule's steps.
    func saw(_ token: String) -> Bool { state.withLock { $0.seen.contains(token) } }

    /// Whether such a request has come with its whole body.
    func sawAll(of token: String) -> Bool { state.withLock { $0.completed.contains(token) } }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { break }
            Thread.detachNewThread { [self] in
                signalless(connection)
                let served = OriginConnection(descriptor: connection, origin: self)
                if let speech { served.say(speech.bytes, closes: speech.closes) } else { served.serve() }
                close(connection)
            }
        }
        close(listener)
    }

    private func signalless(_ connection: Int32) {
        var noDelay: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
    }

    fileprivate func note(target: String, isWhole: Bool) {
        guard !target.hasPrefix("/after"), let mark = target.range(of: "probe=") else { return }
        let token = String(target[mark.upperBound...].prefix { $0.isLetter || $0.isNumber })
        state.withLock { state in
            if isWhole { _ = state.completed.insert(token) } else { _ = state.seen.insert(token) }
        }
    }
}

/// One connection of the instance, served by one thread.
private struct OriginConnection {
    let descriptor: Int32
    let origin: HTTP2Origin
    private var buffered: [UInt8] = []

    init(descriptor: Int32, origin: HTTP2Origin) {
        self.descriptor = descriptor
        self.origin = origin
    }

    func say(_ bytes: [UInt8], closes: Bool) {
        write(bytes)
        if closes { shutdown(descriptor, Int32(SHUT_WR)) }
        while readSome() != nil {}
    }

    consuming func serve() {
        while let head = readHead() {
            let lines = head.components(separatedBy: "\r\n")
            let words = lines[0].components(separatedBy: " ")
            guard words.count == 3 else { return }
            let path = words[1].components(separatedBy: "?")[0]
            origin.note(target: words[1], isWhole: false)
            if path == "/hold" {
                hold()
                return
            }
            if path == "/websocket" {
                origin.note(target: words[1], isWhole: true)
                echoUpgraded(lines)
                return
            }
            if lines.contains(where: { $0.lowercased() == "expect: 100-continue" }) {
                write("HTTP/1.1 100 Continue\r\n\r\n")
            }
            if path == "/early" { write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n") }
            guard let body = readBody(lines) else { return }
            origin.note(target: words[1], isWhole: true)
            if path == "/early" { continue }
            write(Self.answer(method: words[0], path: path, lines: lines, body: body))
        }
    }

    /// Waits for the peer to leave without reading what it sends, so that its windows stay shut.
    private func hold() {
        // POLLRDHUP, which only feature macros of C declare.
        var watched = pollfd(fd: descriptor, events: 0x2000, revents: 0)
        _ = poll(&watched, 1, 60_000)
    }

    private mutating func echoUpgraded(_ lines: [String]) {
        let key = lines.first { $0.lowercased().hasPrefix("sec-websocket-key:") }?.dropFirst(18) ?? ""
        let accept = Self.acceptance(of: String(key.filter { $0 != " " }))
        write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(accept)\r\n\r\n")
        write(buffered)
        while let more = readSome() { write(more) }
    }

    /// What a server proves its understanding with.
    ///
    /// Source: RFC 6455, 4.2.2.
    private static func acceptance(of key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        ctlsclient_sha1(text, text.count, &digest)
        return Data(digest).base64EncodedString()
    }

    private static func answer(method: String, path: String, lines: [String], body: [UInt8]) -> [UInt8] {
        let last = path.components(separatedBy: "/").last ?? ""
        var text = Array("ok\n".utf8)
        var status = "200 OK"
        var before = ""
        if path == "/echo" {
            text = Array((lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n\n").utf8) + body
        } else if path.hasPrefix("/bytes/"), let count = Int(last) {
            text = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        } else if path.hasPrefix("/status/") {
            status = "\(last) Status"
            if last == "204" || last == "304" { return Array("HTTP/1.1 \(status)\r\n\r\n".utf8) }
        } else if method == "CONNECT" {
            status = "405 Method Not Allowed"
        } else if path == "/hints" {
            before = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
        } else if path == "/trailers" {
            return Array(
                ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nok\n\r\n0\r\n"
                    + "X-Sum: 1\r\n\r\n").utf8)
        }
        let head = "\(before)HTTP/1.1 \(status)\r\nContent-Type: text/plain\r\nContent-Length: \(text.count)\r\n\r\n"
        return Array(head.utf8) + (method == "HEAD" ? [] : text)
    }

    private mutating func readHead() -> String? {
        let mark = Array("\r\n\r\n".utf8)
        while true {
            if let end = buffered.firstRange(of: mark) {
                let head = String(decoding: buffered[..<end.lowerBound], as: UTF8.self)
                buffered.removeFirst(end.upperBound)
                return head
            }
            guard let more = readSome() else { return nil }
            buffered += more
        }
    }

    /// The body by its length or in chunks, without trailers; nil when it is cut off.
    private mutating func readBody(_ lines: [String]) -> [UInt8]? {
        let fields = lines.dropFirst().map { $0.lowercased().components(separatedBy: ":") }
        func value(_ name: String) -> String? {
            fields.first { $0[0] == name && $0.count > 1 }.map { $0[1].filter { $0 != " " } }
        }
        if let length = value("content-length").flatMap({ Int($0) }) { return take(length) }
        guard value("transfer-encoding")?.hasSuffix("chunked") == true else { return [] }
        var body: [UInt8] = []
        while let line = takeLine() {
            guard let size = Int(line.prefix { $0.isHexDigit }, radix: 16) else { return nil }
            if size == 0 { break }
            guard let chunk = take(size), takeLine() == "" else { return nil }
            body += chunk
        }
        while let line = takeLine() {
            if line.isEmpty { return body }
        }
        return nil
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        while buffered.count < count {
            guard let more = readSome() else { return nil }
            buffered += more
        }
        defer { buffered.removeFirst(count) }
        return Array(buffered[..<count])
    }

    private mutating func takeLine() -> String? {
        while true {
            if let end = buffered.firstRange(of: [13, 10]) {
                defer { buffered.removeFirst(end.upperBound) }
                return String(decoding: buffered[..<end.lowerBound], as: UTF8.self)
            }
            guard let more = readSome() else { return nil }
            buffered += more
        }
    }

    private func readSome() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    private func write(_ text: String) { write(Array(text.utf8)) }

    private func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                send(descriptor, raw.baseAddress.map { $0 + sent }, raw.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}
