/// A health check over HTTP/2 without TLS: what is sent, and what comes back as far as the check wants to know.
///
/// Takes bytes as they come and finds the final status; responses of 1xx before it are passed over. Holds at most one
/// frame, of `limit` bytes.
///
/// Source: RFC 9113 §3.3 (prior knowledge), §4, §6; RFC 7541.
struct HTTP2Probe: Equatable, Sendable {
    /// What is known so far.
    enum Progress: Equatable {
        /// More bytes are needed, and these are to be sent.
        case incomplete(reply: [UInt8])
        /// The final status.
        case status(Int)
        /// The request was refused with this code.
        case reset(UInt32)
        /// It is not HTTP/2, or a frame is longer than the limit.
        case malformed
    }

    private enum Flag {
        static let acknowledgement: UInt8 = 1
        static let padded: UInt8 = 8
        static let priority: UInt8 = 32
    }

    private let limit: Int
    private var bytes: [UInt8] = []
    private var hasSettings = false

    init(limit: Int) { self.limit = limit }

    /// The preface, settings without a table and without pushes, and a `GET`.
    ///
    /// No text has more than 16,383 bytes.
    static func request(authority: String, path: String) -> [UInt8] {
        let settings: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]
        // GET, http; literals for `:path`, `:authority`, `user-agent` and `accept`, by their static numbers.
        let fields =
            [0x82, 0x86, 0x04] + text(path) + [0x01] + text(authority) + [0x0F, 43] + text("runabout-health-check")
            + [0x0F, 4] + text("*/*")
        // The stream and the section end with the one frame.
        return Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, flags: 0, stream: 0, settings)
            + frame(1, flags: 5, stream: 1, fields)
    }

    private static func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        let rest = bytes.count - 127
        return [127] + (rest < 128 ? [UInt8(rest)] : [UInt8(rest % 128 + 128), UInt8(rest / 128)]) + bytes
    }

    private static func frame(_ type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream] + payload
    }

    /// Takes more bytes.
    mutating func append(_ more: some Sequence<UInt8>) -> Progress {
        bytes.append(contentsOf: more)
        var reply: [UInt8] = []
        while bytes.count >= 9 {
            let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
            // The first frame has to be the server's settings.
            guard length <= limit, hasSettings || (bytes[3] == 4 && bytes[4] == 0) else { return .malformed }
            guard bytes.count >= 9 + length else { break }
            let (type, flags) = (bytes[3], bytes[4])
            let isOurs = Array(bytes[5..<9]) == [0, 0, 0, 1]
            let payload = Array(bytes[9..<9 + length])
            bytes.removeFirst(9 + length)
            switch type {
            case 1 where isOurs:
                guard let status = Self.status(of: payload, flags: flags) else { return .malformed }
                if status >= 200 { return .status(status) }
            case 3 where isOurs && length == 4: return .reset(payload.reduce(0) { $0 << 8 | UInt32($1) })
            case 4:
                hasSettings = true
                if flags & Flag.acknowledgement == 0 {
                    reply += Self.frame(4, flags: Flag.acknowledgement, stream: 0, [])
                }
            case 6 where flags & Flag.acknowledgement == 0:
                reply += Self.frame(6, flags: Flag.acknowledgement, stream: 0, payload)
            default: break
            }
        }
        return .incomplete(reply: reply)
    }

    /// The status at the beginning of a header section, where it has to be; nil when it is not.
    private static func status(of payload: [UInt8], flags: UInt8) -> Int? {
        var rest = payload[...]
        if flags & Flag.padded != 0 { rest = rest.dropFirst() }
        if flags & Flag.priority != 0 { rest = rest.dropFirst(5) }
        // Changes of the size of the table, which is 0 for us.
        while let first = rest.first, first & 0xE0 == 0x20 { rest = rest.dropFirst() }
        guard let first = rest.first else { return nil }
        let whole = [200, 204, 206, 304, 400, 404, 500]
        if (0x88...0x8E).contains(first) { return whole[Int(first) - 0x88] }
        // A literal whose name is one of these seven.
        let name = first & 0xC0 == 0x40 ? first & 0x3F : first & 0xE0 == 0 ? first & 0x0F : 0
        guard (8...14).contains(name), let length = rest.dropFirst().first else { return nil }
        let value = rest.dropFirst(2).prefix(Int(length & 0x7F))
        let digits = length & 0x80 == 0 ? value.map { Int($0) - 48 } : huffmanDigits(value)
        guard value.count == Int(length & 0x7F), digits.count == 3, digits.allSatisfy((0...9).contains) else {
            return nil
        }
        let status = digits.reduce(0) { $0 * 10 + $1 }
        return (100..<600).contains(status) ? status : nil
    }

    /// Three digits in the code of RFC 7541, appendix B: 0 to 2 have five bits, the others six.
    private static func huffmanDigits(_ value: ArraySlice<UInt8>) -> [Int] {
        guard value.count <= 3 else { return [] }
        var bits = value.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - value.count))
        var digits: [Int] = []
        for _ in 0..<3 {
            let six = bits >> 18 & 63
            let isShort = six < 6
            guard isShort || six >= 0x19, six < 0x20 else { return [] }
            digits.append(isShort ? six >> 1 : six - 0x19 + 3)
            bits <<= isShort ? 5 : 6
        }
        return digits
    }
}
