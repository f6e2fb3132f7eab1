import RunaboutModel

/// Reads the lists in which proxies say whom they heard from.
enum ForwardedList {
    /// The next entry of an `X-Forwarded-For` value: an address, one with a port, or something else.
    ///
    /// Nil at the end. Empty entries are skipped.
    /// Source: RFC 9110 §5.6.1; the header itself has no standard.
    static func nextEntry(of value: Span<UInt8>, _ offset: inout Int) -> Range<Int>? {
        while offset < value.count {
            var end = offset
            while end < value.count, value[end] != comma { end += 1 }
            let entry = trimmed(value, offset..<end)
            offset = end + 1
            if !entry.isEmpty { return entry }
        }
        return nil
    }

    /// The address in an entry, or in a node of `Forwarded`: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
    /// `[2001:db8::1]`, `[2001:db8::1]:80`; nil for anything else.
    static func address(_ text: Span<UInt8>) -> IPAddress? {
        guard text.count > 0 else { return nil }
        var end = text.count
        if text[0] == UInt8(ascii: "[") {
            end = 1
            while end < text.count, text[end] != UInt8(ascii: "]") { end += 1 }
            guard end < text.count, end + 1 == text.count || isPort(text, from: end + 1) else { return nil }
            let address = IPAddress(ascii: text.extracting(1..<end))
            for index in 1..<end where text[index] == ByteClass.colon { return address }
            return nil
        }
        var colons = 0
        for index in 0..<text.count where text[index] == ByteClass.colon {
            colons += 1
            if colons == 1 { end = index }
        }
        guard colons == 1 else { return IPAddress(ascii: text) }
        return isPort(text, from: end) ? IPAddress(ascii: text.extracting(0..<end)) : nil
    }

    /// What one hop says in a `Forwarded` value; ranges lie in the value, without quotes.
    struct Hop: Equatable, Sendable {
        var node: Range<Int>?
        var scheme: Range<Int>?
    }

    /// The next hop of a `Forwarded` value; nil at the end, and `isMalformed` when it breaks the grammar.
    ///
    /// Source: RFC 7239 §4. Escapes in quoted strings are accepted and their values then taken as unknown.
    static func nextHop(of value: Span<UInt8>, _ offset: inout Int, isMalformed: inout Bool) -> Hop? {
        skipBlanks(value, &offset)
        while offset < value.count, value[offset] == comma {
            offset += 1
            skipBlanks(value, &offset)
        }
        guard offset < value.count else { return nil }
        var hop = Hop()
        while true {
            skipBlanks(value, &offset)
            let name = token(value, &offset)
            if !name.isEmpty {
                guard offset < value.count, value[offset] == UInt8(ascii: "=") else { break }
                offset += 1
                guard let text = pairValue(value, &offset) else { break }
                if isName("for", value, name) { hop.node = text }
                if isName("proto", value, name) { hop.scheme = text }
            }
            skipBlanks(value, &offset)
            guard offset < value.count else { return hop }
            if value[offset] == comma { return hop }
            guard value[offset] == UInt8(ascii: ";") else { break }
            offset += 1
        }
        isMalformed = true
        offset = value.count
        return nil
    }

    /// Whether a text is a scheme: true for `https`, false for `http`, nil for anything else.
    static func isHTTPS(_ text: Span<UInt8>) -> Bool? {
        if isName("https", text, 0..<text.count) { return true }
        return isName("http", text, 0..<text.count) ? false : nil
    }
}

extension ForwardedList {
    private static var comma: UInt8 { UInt8(ascii: ",") }

    static func trimmed(_ value: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, ByteClass.isBlank(value[start]) { start += 1 }
        while end > start, ByteClass.isBlank(value[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func skipBlanks(_ value: Span<UInt8>, _ offset: inout Int) {
        while offset < value.count, ByteClass.isBlank(value[offset]) { offset += 1 }
    }

    private static func isPort(_ text: Span<UInt8>, from start: Int) -> Bool {
        guard text[start] == ByteClass.colon, (2...6).contains(text.count - start) else { return false }
        for index in start + 1..<text.count where !ByteClass.isDigit(text[index]) { return false }
        return true
    }

    private static func token(_ value: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
        let start = offset
        while offset < value.count, ByteClass.isToken(value[offset]) { offset += 1 }
        return start..<offset
    }

    /// A token, or what is between quotes, empty when it has an escape; nil when it is neither.
    private static func pairValue(_ value: Span<UInt8>, _ offset: inout Int) -> Range<Int>? {
        guard offset < value.count, value[offset] == UInt8(ascii: "\"") else {
            let text = token(value, &offset)
            return text.isEmpty ? nil : text
        }
        let start = offset + 1
        var hasEscape = false
        offset = start
        while offset < value.count, value[offset] != UInt8(ascii: "\"") {
            if value[offset] == UInt8(ascii: "\\") {
                hasEscape = true
                offset += 1
            }
            offset += 1
        }
        guard offset < value.count else { return nil }
        offset += 1
        return start..<(hasEscape ? start : offset - 1)
    }

    private static func isName(_ name: StaticString, _ value: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where value[range.lowerBound + index] | 0x20 != name.utf8Start[index] {
            return false
        }
        return true
    }
}
