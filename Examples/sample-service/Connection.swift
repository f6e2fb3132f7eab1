import Glibc

/// One request, as far as the service looks at it.
struct Request {
    /// `GET`, `POST`...
    var method = ""
    /// The path without its query.
    var path = ""
    /// The query's values by name, percent-decoded.
    var query: [String: String] = [:]
    /// The body.
    var body: [UInt8] = []
    /// Whether the client keeps the connection open.
    var keepsAlive = true
}

/// Reads requests from, and writes answers to, one connected socket.
struct Connection: ~Copyable {
    private static let headBytesMax = 65_536
    private static let bodyBytesMax = 16 * 1_048_576
    private let socket: Int32
    private var buffered: [UInt8] = []

    /// Owns the socket from now on.
    init(socket: Int32) { self.socket = socket }

    deinit { close(socket) }

    /// The next request; nil when the client is gone or sends what this service does not understand.
    mutating func next() -> Request? {
        guard let head = readHead() else { return nil }
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let parts = lines[0].split(separator: " ")
        guard parts.count == 3 else { return nil }
        var request = Request()
        request.method = String(parts[0])
        request.keepsAlive = parts[2] == "HTTP/1.1"
        let target = parts[1].split(separator: "?", maxSplits: 1)
        request.path = target.first.map(String.init) ?? "/"
        request.query = target.count == 2 ? decodeQuery(target[1]) : [:]

        var length = 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch name {
            case "content-length":
                guard let count = Int(value), (0...Self.bodyBytesMax).contains(count) else { return nil }
                length = count
            case "transfer-encoding": return nil
            case "expect": if !send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) { return nil }
            case "connection": if value.lowercased() == "close" { request.keepsAlive = false }
            default: break
            }
        }
        while buffered.count < length { if !readMore() { return nil } }
        request.body = Array(buffered[..<length])
        buffered.removeFirst(length)
        return request
    }

    /// Sends an answer.
    ///
    /// - Returns: Whether all of it could be handed to the kernel.
    func answer(_ status: String, type: String, body: [UInt8], keepsAlive: Bool) -> Bool {
        let head =
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n"
            + (keepsAlive ? "" : "Connection: close\r\n") + "\r\n"
        return send(Array(head.utf8) + body)
    }

    private mutating func readHead() -> String? {
        let end: [UInt8] = [13, 10, 13, 10]
        var searched = 0
        while true {
            if buffered.count >= 4 {
                for index in searched...(buffered.count - 4) where buffered[index..<(index + 4)].elementsEqual(end) {
                    let head = String(decoding: buffered[..<index], as: UTF8.self)
                    buffered.removeFirst(index + 4)
                    return head
                }
                searched = buffered.count - 3
            }
            if buffered.count > Self.headBytesMax || !readMore() { return nil }
        }
    }

    private mutating func readMore() -> Bool {
        let socket = socket
        let chunk = [UInt8](unsafeUninitializedCapacity: 16_384) { space, count in
            repeat { count = max(0, read(socket, space.baseAddress, space.count)) } while count == 0 && errno == EINTR
        }
        buffered += chunk
        return !chunk.isEmpty
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }
}

/// The values of a query by name, percent-decoded.
func decodeQuery(_ query: Substring) -> [String: String] {
    var values: [String: String] = [:]
    for pair in query.split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        values[percentDecoded(parts[0])] = parts.count == 2 ? percentDecoded(parts[1]) : ""
    }
    return values
}

private func percentDecoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        let digits = rest.prefix(2)
        if byte == UInt8(ascii: "%"), digits.count == 2, let value = UInt8(Substring(digits), radix: 16) {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
