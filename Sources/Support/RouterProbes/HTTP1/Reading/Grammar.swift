/// Bytes as text in which each byte is one letter, so that nothing is lost and everything can be compared and printed.
package func latin1(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
}

/// The opposite of ``latin1(_:)``: letters up to U+00FF are one byte each, others their UTF-8.
package func rawBytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        if let byte = UInt8(exactly: scalar.value) { bytes.append(byte) } else { bytes += Array(String(scalar).utf8) }
    }
    return bytes
}

/// Text for a report: what can't be seen is escaped, what is long is cut.
package func shown(_ text: String, lettersMax: Int = 120) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(lettersMax) {
        if (32...126).contains(scalar.value) {
            shown.unicodeScalars.append(scalar)
        } else {
            shown += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        }
    }
    return text.unicodeScalars.count > lettersMax ? shown + "..." : shown
}

/// What single bytes may be, written down from the RFCs and from nothing else.
enum Grammar {
    static let cr: UInt8 = 13
    static let lf: UInt8 = 10

    /// Source: RFC 9110 §5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Source: RFC 9110 §5.5.
    static func isFieldText(_ byte: UInt8) -> Bool { byte == 9 || (byte >= 32 && byte != 127) }

    /// Source: RFC 3986: everything a URI may hold but the fragment's sign.
    static func isURI(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "-._~:/?[]@!$&'()*+,;=%".utf8.contains(byte)
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    static func hexadecimal(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 48...57: UInt64(byte) - 48
        case 65...70: UInt64(byte) - 55
        case 97...102: UInt64(byte) - 87
        default: nil
        }
    }

    static func isToken(_ text: some Collection<UInt8>) -> Bool { !text.isEmpty && text.allSatisfy { isToken($0) } }

    /// Without the blanks around it.
    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let byte = text.first, byte == 32 || byte == 9 { text.removeFirst() }
        while let byte = text.last, byte == 32 || byte == 9 { text.removeLast() }
        return text
    }

    /// Whether a `Host` is a name or address with or without a port.
    ///
    /// Source: RFC 9112 §3.2, RFC 3986 §3.2.2; an empty name names nobody.
    static func isHost(_ text: String) -> Bool {
        var name = Substring(text)
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            let address = name[name.index(after: name.startIndex)..<end]
            guard address.count >= 2, address.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }),
                address.contains(":")
            else { return false }
            let rest = name[name.index(after: end)...]
            return rest.isEmpty || (rest.hasPrefix(":") && isPort(rest.dropFirst()))
        }
        if let colon = name.firstIndex(of: ":") {
            guard isPort(name[name.index(after: colon)...]) else { return false }
            name = name[..<colon]
        }
        return !name.isEmpty && name.utf8.allSatisfy { isURI($0) && !":/?[]@".utf8.contains($0) }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.utf8.allSatisfy(isDigit) && (Int(text).map { $0 <= 65_535 } ?? false))
    }

    /// Extensions of a chunk, from the first semicolon on; blanks where only bad senders put them are not taken.
    ///
    /// Source: RFC 9112 §7.1.1.
    static func areChunkExtensions(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        while !rest.isEmpty {
            guard rest.removeFirst() == 59 else { return false }
            let name = rest.prefix { isToken($0) }
            guard !name.isEmpty else { return false }
            rest = rest.dropFirst(name.count)
            guard rest.first == 61 else { continue }
            rest.removeFirst()
            if rest.first == 34 {
                guard let count = quotedLength(rest) else { return false }
                rest = rest.dropFirst(count)
            } else {
                let value = rest.prefix { isToken($0) }
                guard !value.isEmpty else { return false }
                rest = rest.dropFirst(value.count)
            }
        }
        return true
    }

    private static func quotedLength(_ text: ArraySlice<UInt8>) -> Int? {
        var isEscaped = false
        for (count, byte) in text.dropFirst().enumerated() {
            guard isFieldText(byte) else { return nil }
            if isEscaped {
                isEscaped = false
            } else if byte == 92 {
                isEscaped = true
            } else if byte == 34 {
                return count + 2
            }
        }
        return nil
    }
}
