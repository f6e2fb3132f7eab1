/// An IPv4 or IPv6 address.
///
/// Both are one number of 128 bits, IPv4 as `::ffff:a.b.c.d`, so that an IPv4 client is the same one at a socket of
/// either family.
/// Source: RFC 4291 §2.5.5.2.
public struct IPAddress: Hashable, Sendable {
    /// The address in host order.
    public let bits: UInt128

    /// Takes the 128 bits of an IPv6 address.
    public init(bits: UInt128) { self.bits = bits }

    /// Takes the 32 bits of an IPv4 address, in host order: `127.0.0.1` is 0x7F000001.
    public init(ipv4: UInt32) { bits = Self.ipv4Prefix | UInt128(ipv4) }

    /// The 32 bits of an IPv4 address; nil for IPv6.
    public var ipv4: UInt32? { bits & ~0xFFFF_FFFF == Self.ipv4Prefix ? UInt32(truncatingIfNeeded: bits) : nil }

    /// Reads an address; nil when the text is none.
    ///
    /// Strict: IPv4 is four decimal numbers without leading zeros, IPv6 the form of RFC 4291 §2.2 without zone and
    /// without brackets.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(ascii: bytes.span)
    }

    /// Reads an address as ``init(_:)`` does, from ASCII bytes.
    public init?(ascii text: Span<UInt8>) {
        guard text.count >= 2, text.count <= Self.textBytesMax else { return nil }
        var hasColon = false
        for index in 0..<min(text.count, 5) where text[index] == Self.colon { hasColon = true }
        if hasColon {
            guard let bits = Self.parseIPv6(text) else { return nil }
            self.init(bits: bits)
        } else {
            guard let bits = Self.parseIPv4(text, from: 0) else { return nil }
            self.init(ipv4: bits)
        }
    }

    /// Bytes of the longest text of an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
    public static let textBytesMax = 45

    private static let ipv4Prefix = UInt128(0xFFFF) << 32
    private static let colon = UInt8(ascii: ":")
    private static let dot = UInt8(ascii: ".")
}

extension IPAddress {
    private static func parseIPv4(_ text: Span<UInt8>, from start: Int) -> UInt32? {
        var bits: UInt32 = 0
        var index = start
        for part in 0..<4 {
            if part > 0 {
                guard index < text.count, text[index] == dot else { return nil }
                index += 1
            }
            let first = index
            var value: UInt32 = 0
            while index < text.count, text[index] >= 48, text[index] <= 57 {
                guard index - first < 3 else { return nil }
                value = value * 10 + UInt32(text[index] - 48)
                index += 1
            }
            guard index > first, value <= 255, index - first == 1 || text[first] != 48 else { return nil }
            bits = bits << 8 | value
        }
        return index == text.count ? bits : nil
    }

    /// Reads groups from the left; those after `::` are moved to the right end once their number is known.
    private static func parseIPv6(_ text: Span<UInt8>) -> UInt128? {
        var bits: UInt128 = 0
        var groups = 0
        var gap: Int?
        var index = 0
        if text[0] == colon {
            guard text[1] == colon else { return nil }
            gap = 0
            index = 2
        }
        while index < text.count {
            guard groups < 8 else { return nil }
            let first = index
            var value: UInt128 = 0
            while index < text.count, let digit = hexDigit(text[index]) {
                guard index - first < 4 else { return nil }
                value = value << 4 | UInt128(digit)
                index += 1
            }
            if index < text.count, text[index] == dot {
                guard groups <= 6, let tail = parseIPv4(text, from: first) else { return nil }
                bits = bits << 32 | UInt128(tail)
                groups += 2
                index = text.count
                break
            }
            guard index > first else { return nil }
            bits = bits << 16 | value
            groups += 1
            guard index < text.count else { break }
            guard text[index] == colon else { return nil }
            index += 1
            guard index < text.count else { return nil }
            if text[index] == colon {
                guard gap == nil else { return nil }
                gap = groups
                index += 1
            }
        }
        guard let gap else { return groups == 8 ? bits : nil }
        guard groups < 8 else { return nil }
        let after = UInt128(16 * (groups - gap))
        let tail = bits & ~(UInt128.max << after)
        return (bits >> after) << UInt128(16 * (8 - gap)) | tail
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// `192.0.2.1`, or the canonical form of IPv6.
    ///
    /// Source: RFC 5952 §4.
    public var description: String {
        var bytes: [UInt8] = []
        forEachTextByte { bytes.append($0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Gives the bytes of the text one after the other, without storage for them.
    public func forEachTextByte(_ body: (UInt8) -> Void) {
        if let ipv4 {
            for part: UInt32 in 0..<4 {
                if part > 0 { body(Self.dot) }
                Self.write(ipv4 >> (24 - 8 * part) & 0xFF, base: 10, highest: 100, body)
            }
            return
        }
        let gap = longestGap
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                body(Self.colon)
                body(Self.colon)
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { body(Self.colon) }
            Self.write(UInt32(group(index)), base: 16, highest: 0x1000, body)
            index += 1
        }
    }

    private func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index)) }

    /// The first of the longest runs of two zero groups or more.
    private var longestGap: Range<Int> {
        var gap = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, group(end) == 0 { end += 1 }
            if end - start > max(gap.count, 1) { gap = start..<end }
            start = max(end, start + 1)
        }
        return gap
    }

    /// Gives the digits of a number without zeros in front; `highest` is the value of the first digit it may have.
    private static func write(_ number: UInt32, base: UInt32, highest: UInt32, _ body: (UInt8) -> Void) {
        var place = highest
        while place > 1, number < place { place /= base }
        while place > 0 {
            let digit = UInt8(number / place % base)
            body(digit < 10 ? 48 + digit : 87 + digit)
            place /= base
        }
    }
}
