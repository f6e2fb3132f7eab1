import RunaboutModel

/// What a load balancer says of a connection before its first byte.
///
/// Source: "The PROXY protocol", versions 1 and 2, HAProxy.
enum ProxyHeader {
    /// What the front of a connection's bytes is.
    enum Reading: Equatable, Sendable {
        /// The beginning of a header; more bytes are needed.
        case incomplete
        /// A whole header, with the offset behind it.
        ///
        /// The client is nil where the balancer speaks for itself (a health check), or names no address of a network:
        /// the connection's own peer is the client then.
        case complete(end: Int, client: Client?)
        /// No header, or one that contradicts itself: nothing on this connection can be believed.
        case malformed
    }

    /// Whom the balancer speaks for.
    struct Client: Equatable, Sendable {
        let address: IPAddress
        let port: UInt16
    }

    /// Reads the header at the front of some bytes; never more than `Limits.proxyHeaderBytesMax` of them.
    static func read(_ bytes: Span<UInt8>) -> Reading {
        guard bytes.count > 0 else { return .incomplete }
        return bytes[0] == ByteClass.cr ? ProxyHeaderTwo.read(bytes) : ProxyHeaderOne.read(bytes)
    }
}

/// The form for people: `PROXY TCP4 192.0.2.1 192.0.2.2 51000 80` and CR LF.
///
/// Source: "The PROXY protocol" §2.1.
enum ProxyHeaderOne {
    /// With CR LF.
    static let bytesMax = 107

    static func read(_ bytes: Span<UInt8>) -> ProxyHeader.Reading {
        guard isPrefix("PROXY ", of: bytes, at: 0) else { return .malformed }
        guard let lineEnd = lineEnd(bytes) else {
            return bytes.count < bytesMax ? .incomplete : .malformed
        }
        guard lineEnd > 6, bytes[lineEnd] == ByteClass.cr else { return .malformed }
        let line = bytes.extracting(6..<lineEnd)
        let end = lineEnd + 2
        // What follows UNKNOWN is for nobody. Nothing but its length is checked.
        if isWord("UNKNOWN", at: 0, of: line) { return .complete(end: end, client: nil) }
        let isIPv6 = isWord("TCP6", at: 0, of: line)
        guard isIPv6 || isWord("TCP4", at: 0, of: line) else { return .malformed }
        var offset = 4
        guard let source = address(line, &offset, isIPv6), address(line, &offset, isIPv6) != nil,
            let port = portNumber(line, &offset), portNumber(line, &offset) != nil, offset == line.count
        else { return .malformed }
        return .complete(end: end, client: ProxyHeader.Client(address: source, port: port))
    }

    /// Where the line's CR is, or a byte that may not be in it; nil while it goes on.
    private static func lineEnd(_ bytes: Span<UInt8>) -> Int? {
        for index in 0..<min(bytes.count, bytesMax) {
            let byte = bytes[index]
            if byte == ByteClass.cr {
                guard index + 1 < bytes.count else { return index + 1 == bytesMax ? 0 : nil }
                return bytes[index + 1] == ByteClass.lf && index + 2 <= bytesMax ? index : 0
            }
            if byte < 0x20 || byte > 0x7E { return 0 }
        }
        return nil
    }

    /// Whether as many of the text's bytes as there are follow at an offset.
    private static func isPrefix(_ text: StaticString, of bytes: Span<UInt8>, at offset: Int) -> Bool {
        for index in 0..<min(text.utf8CodeUnitCount, bytes.count - offset)
        where text.utf8Start[index] != bytes[offset + index] { return false }
        return true
    }

    private static func isWord(_ word: StaticString, at offset: Int, of line: Span<UInt8>) -> Bool {
        let end = offset + word.utf8CodeUnitCount
        guard line.count >= end, isPrefix(word, of: line, at: offset) else { return false }
        return line.count == end || line[end] == UInt8(ascii: " ")
    }

    /// The bytes of the next word, in front of which one space stands.
    private static func word(_ line: Span<UInt8>, _ offset: inout Int) -> Range<Int>? {
        guard offset < line.count, line[offset] == UInt8(ascii: " ") else { return nil }
        let start = offset + 1
        offset = start
        while offset < line.count, line[offset] != UInt8(ascii: " ") { offset += 1 }
        return offset > start ? start..<offset : nil
    }

    private static func address(_ line: Span<UInt8>, _ offset: inout Int, _ isIPv6: Bool) -> IPAddress? {
        guard let word = word(line, &offset) else { return nil }
        var hasColon = false
        for index in word where line[index] == UInt8(ascii: ":") { hasColon = true }
        return hasColon == isIPv6 ? IPAddress(ascii: line.extracting(word)) : nil
    }

    private static func portNumber(_ line: Span<UInt8>, _ offset: inout Int) -> UInt16? {
        guard let word = word(line, &offset), word.count <= 5 else { return nil }
        guard word.count == 1 || line[word.lowerBound] != 48 else { return nil }
        var port = 0
        for index in word {
            guard line[index] >= 48, line[index] <= 57 else { return nil }
            port = port * 10 + Int(line[index] - 48)
        }
        return UInt16(exactly: port)
    }
}

/// The form for machines: twelve bytes that nothing else begins with, then lengths and numbers.
///
/// Source: "The PROXY protocol" §2.2.
enum ProxyHeaderTwo {
    private static let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"
    private static let fixedBytes = 16

    static func read(_ bytes: Span<UInt8>) -> ProxyHeader.Reading {
        for index in 0..<min(12, bytes.count) where bytes[index] != signature.utf8Start[index] { return .malformed }
        if bytes.count > 12, bytes[12] != 0x20, bytes[12] != 0x21 { return .malformed }
        guard bytes.count >= fixedBytes else { return .incomplete }
        let end = fixedBytes + Int(number(bytes, at: 14))
        guard end <= Limits.proxyHeaderBytesMax else { return .malformed }
        guard bytes.count >= end else { return .incomplete }
        // The balancer speaks for itself: whatever else it says is to be skipped.
        if bytes[12] == 0x20 { return .complete(end: end, client: nil) }
        let block = bytes.extracting(0..<end)
        guard let addressBytes = addressBytes(of: bytes[13]), fixedBytes + addressBytes <= end,
            areTLVsSound(block, from: fixedBytes + addressBytes)
        else { return .malformed }
        return .complete(end: end, client: client(block))
    }

    /// How long the addresses of a family are; nil when the family is none, or none that TCP carries.
    private static func addressBytes(of family: UInt8) -> Int? {
        switch family {
        case 0x00: 0
        case 0x11: 12
        case 0x21: 36
        case 0x31: 216
        default: nil
        }
    }

    private static func client(_ block: Span<UInt8>) -> ProxyHeader.Client? {
        switch block[13] {
        case 0x11:
            let bits = UInt32(number(block, at: 16)) << 16 | UInt32(number(block, at: 18))
            return ProxyHeader.Client(address: IPAddress(ipv4: bits), port: number(block, at: 24))
        case 0x21:
            var bits: UInt128 = 0
            for index in 16..<32 { bits = bits << 8 | UInt128(block[index]) }
            return ProxyHeader.Client(address: IPAddress(bits: bits), port: number(block, at: 48))
        default: return nil
        }
    }

    private static func number(_ bytes: Span<UInt8>, at offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    /// Whether the values that follow fill the block exactly, and its checksum, where one is there, is right.
    private static func areTLVsSound(_ block: Span<UInt8>, from start: Int) -> Bool {
        var offset = start
        while offset < block.count {
            guard offset + 3 <= block.count else { return false }
            let length = Int(number(block, at: offset + 1))
            let value = offset + 3
            guard value + length <= block.count else { return false }
            if block[offset] == 0x03 {
                guard length == 4 else { return false }
                let said = UInt32(number(block, at: value)) << 16 | UInt32(number(block, at: value + 2))
                guard said == checksum(block, withZerosAt: value..<value + 4) else { return false }
            }
            offset = value + length
        }
        return true
    }

    /// CRC-32C of the whole header, its own four bytes taken as zeros.
    ///
    /// Source: RFC 4960 appendix B; bit by bit, since such a header comes once for a connection.
    private static func checksum(_ block: Span<UInt8>, withZerosAt zeros: Range<Int>) -> UInt32 {
        var crc = UInt32.max
        for index in 0..<block.count {
            crc ^= UInt32(zeros.contains(index) ? 0 : block[index])
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return ~crc
    }
}
