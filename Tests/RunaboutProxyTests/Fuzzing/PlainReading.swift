#if canImport(RunaboutProxy)
    @testable import RunaboutProxy
#endif

/// A second reading of HTTP/1, written for clearness and not for speed, from the standards and our rules.
///
/// It knows nothing of the first: where the two differ, one is wrong.
enum PlainReading {
    struct Field: Equatable {
        let name: [UInt8]
        let value: [UInt8]

        var lowercased: String { PlainReading.lowercased(name) }
        var text: String { PlainReading.lowercased(value) }
    }

    /// Only letters of ASCII: there are others that would become them.
    private static func lowercased(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }

    struct Head: Equatable {
        var line: [UInt8]
        var fields: [Field]
        /// The offset behind the empty line.
        var end: Int
    }

    /// The lines up to the empty one; nil when a byte is where it may not be, or the end is missing.
    static func head(_ bytes: [UInt8], hasLine: Bool = true) -> Head? {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 13 {
                guard index + 1 < bytes.count, bytes[index + 1] == 10 else { return nil }
                index += 2
                if line.isEmpty, !lines.isEmpty || !hasLine {
                    return head(lines, end: index, hasLine: hasLine)
                }
                lines.append(line)
                line = []
            } else {
                guard byte == 9 || (byte >= 32 && byte != 127) else { return nil }
                line.append(byte)
                index += 1
            }
        }
        return nil
    }

    private static func head(_ lines: [[UInt8]], end: Int, hasLine: Bool) -> Head? {
        var fields: [Field] = []
        for line in lines.dropFirst(hasLine ? 1 : 0) {
            guard let field = field(line) else { return nil }
            fields.append(field)
        }
        guard fields.count <= 128, end <= 32_768 else { return nil }
        return Head(line: hasLine ? lines[0] : [], fields: fields, end: end)
    }

    private static func field(_ line: [UInt8]) -> Field? {
        guard let colon = line.firstIndex(of: 58), colon > 0 else { return nil }
        let name = Array(line[..<colon])
        guard name.allSatisfy(isToken) else { return nil }
        var value = line[(colon + 1)...]
        while let first = value.first, first == 32 || first == 9 { value = value.dropFirst() }
        while let last = value.last, last == 32 || last == 9 { value = value.dropLast() }
        let field = Field(name: name, value: Array(value))
        let hyphenated = field.lowercased.replacing("_", with: "-")
        if field.lowercased.contains("_"), known.contains(hyphenated) { return nil }
        return field
    }

    private static let known: Set<String> = [
        "connection", "content-length", "expect", "forwarded", "x-forwarded-for", "x-forwarded-host",
        "x-forwarded-port", "x-forwarded-proto", "host", "http2-settings", "keep-alive", "proxy-authorization",
        "proxy-connection", "x-real-ip", "x-request-id", "te", "traceparent", "trailer", "transfer-encoding",
        "upgrade", "x-amzn-trace-id",
    ]

    static func isToken(_ byte: UInt8) -> Bool {
        let others = Array("!#$%&'*+-.^_`|~".utf8)
        return (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || others.contains(byte)
    }

    /// How long the body is that fields announce: -1 chunked, -2 nothing said; nil when they contradict each other.
    static func length(_ fields: [Field], isHTTP10: Bool) -> Int? {
        let lengths = fields.filter { $0.lowercased == "content-length" }
        let codings = fields.filter { $0.lowercased == "transfer-encoding" }
        guard lengths.count + codings.count <= 1 else { return nil }
        if let coding = codings.first { return coding.text == "chunked" && !isHTTP10 ? -1 : nil }
        guard let length = lengths.first else { return -2 }
        guard (1...18).contains(length.value.count), length.value.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int(length.text)
    }

    /// Whether the `Connection` fields name at most sixteen options, all tokens.
    static func areOptions(_ fields: [Field]) -> Bool {
        let blanks = Set(" \t".utf8)
        let options = fields.filter { $0.lowercased == "connection" }
            .flatMap { $0.value.split(separator: 44) }
            .map { option in Array(option.drop(while: blanks.contains).reversed().drop(while: blanks.contains)) }
            .filter { !$0.isEmpty }
        return options.count <= 16 && options.allSatisfy { $0.allSatisfy(isToken) }
    }

    struct Request: Equatable {
        var method: String
        /// As it is written.
        var target: [UInt8]
        var isHTTP10: Bool
        var host: [UInt8]
        var length: Int
        var head: Head
    }

    /// A request that is whole, unambiguous and ours to pass on.
    static func request(_ bytes: [UInt8]) -> Request? {
        guard let head = head(bytes) else { return nil }
        let words = head.line.split(separator: 32, omittingEmptySubsequences: false).map(Array.init)
        guard words.count == 3, (1...32).contains(words[0].count), words[0].allSatisfy(isToken) else { return nil }
        let version = String(decoding: words[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else { return nil }
        let hosts = head.fields.filter { $0.lowercased == "host" }
        guard hosts.count == 1, isHost(hosts[0].value) else { return nil }
        let method = String(decoding: words[0], as: UTF8.self)
        guard isTarget(words[1], method: method, host: hosts[0].text) else { return nil }
        guard let length = length(head.fields, isHTTP10: version == "HTTP/1.0") else { return nil }
        guard areOptions(head.fields) else { return nil }
        for expectation in head.fields where expectation.lowercased == "expect" {
            guard expectation.text == "100-continue" else { return nil }
        }
        return Request(
            method: method, target: words[1], isHTTP10: version == "HTTP/1.0", host: hosts[0].value, length: length,
            head: head)
    }

    private static func isTarget(_ target: [UInt8], method: String, host: String) -> Bool {
        guard method != "CONNECT", !target.isEmpty else { return false }
        guard target.allSatisfy({ (33...126).contains($0) && !Array("\"<>#".utf8).contains($0) }) else { return false }
        let path = target.prefix { $0 != 63 }
        guard !path.contains(92) else { return false }
        if target[0] == 47 { return target.count <= 16_384 }
        if target == [42] { return method == "OPTIONS" }
        let text = String(decoding: target, as: UTF8.self)
        guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            return false
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        return authority.lowercased() == host && rest.count - authority.count <= 16_384
    }

    private static func isHost(_ value: [UInt8]) -> Bool {
        guard (1...260).contains(value.count) else { return false }
        var rest = value[...]
        if rest.first == 91 {
            guard let close = rest.firstIndex(of: 93), close > 2 else { return false }
            let allowed = Array("0123456789abcdefABCDEF:.".utf8)
            guard rest[1..<close].allSatisfy(allowed.contains) else { return false }
            rest = rest[(close + 1)...]
        } else {
            let name = rest.prefix { $0 != 58 }
            let others = Array("-._~!$&'()*+;=".utf8)
            let isRight = name.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || others.contains(byte)
            }
            guard !name.isEmpty, isRight else { return false }
            rest = rest.dropFirst(name.count)
        }
        guard let colon = rest.first else { return true }
        let port = rest.dropFirst()
        guard colon == 58, port.count <= 5, port.allSatisfy({ (48...57).contains($0) }) else { return false }
        return port.isEmpty || (Int(String(decoding: port, as: UTF8.self)) ?? 65_536) <= 65_535
    }

    /// A body and what follows it, read from chunks; nil when they are malformed or do not end.
    static func chunks(_ bytes: [UInt8]) -> (body: [UInt8], trailers: [UInt8], end: Int)? {
        var index = 0
        var body: [UInt8] = []
        var extensionBytes = 0
        while true {
            guard let lineEnd = endOfLine(bytes, index) else { return nil }
            let line = bytes[index..<lineEnd]
            let digits = line.prefix { isDigit($0) }
            guard (1...15).contains(digits.count) else { return nil }
            let more = line.dropFirst(digits.count)
            guard more.isEmpty || (more.first == 59 && areExtensions(more)) else { return nil }
            // The semicolon is none of the extension, the line's end is.
            extensionBytes += more.count
            guard extensionBytes <= 4_096 else { return nil }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
            index = lineEnd + 2
            guard size > 0 else { break }
            guard size <= bytes.count - index, bytes.count - index - size >= 2 else { return nil }
            body += bytes[index..<index + size]
            guard bytes[index + size] == 13, bytes[index + size + 1] == 10 else { return nil }
            index += size + 2
        }
        if index + 1 < bytes.count, bytes[index] == 13, bytes[index + 1] == 10 { return (body, [], index + 2) }
        guard let end = endOfSection(bytes, index), end - index <= 32_768 else { return nil }
        return (body, Array(bytes[index..<end]), end)
    }

    /// Names and values behind semicolons, blanks only around `;` and `=`.
    ///
    /// Source: RFC 9112 §7.1.1.
    private static func areExtensions(_ text: ArraySlice<UInt8>) -> Bool {
        func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> { text.drop { $0 == 32 || $0 == 9 } }
        var rest = text
        while !rest.isEmpty {
            rest = trimmed(rest)
            guard rest.first == 59 else { return false }
            rest = trimmed(rest.dropFirst())
            let name = rest.prefix(while: isToken)
            guard !name.isEmpty else { return false }
            rest = rest.dropFirst(name.count)
            guard trimmed(rest).first == 61 else { continue }
            rest = trimmed(trimmed(rest).dropFirst())
            if rest.first == 34 {
                guard let end = endOfQuotes(rest) else { return false }
                rest = rest[end...]
            } else {
                let value = rest.prefix(while: isToken)
                guard !value.isEmpty else { return false }
                rest = rest.dropFirst(value.count)
            }
        }
        return true
    }

    /// Behind the closing quotation mark.
    private static func endOfQuotes(_ text: ArraySlice<UInt8>) -> Int? {
        var index = text.startIndex + 1
        while index < text.endIndex {
            if text[index] == 34 { return index + 1 }
            index += text[index] == 92 ? 2 : 1
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    /// Where the CR of a line is that holds nothing it may not hold.
    private static func endOfLine(_ bytes: [UInt8], _ start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 13 { return bytes[index + 1] == 10 ? index : nil }
            guard bytes[index] == 9 || (bytes[index] >= 32 && bytes[index] != 127) else { return nil }
            index += 1
        }
        return nil
    }

    private static func endOfSection(_ bytes: [UInt8], _ start: Int) -> Int? {
        var index = start
        while let end = endOfLine(bytes, index) {
            if end == index { return end + 2 }
            index = end + 2
        }
        return nil
    }
}
