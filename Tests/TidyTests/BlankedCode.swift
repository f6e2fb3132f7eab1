/// The text with comments and string literals replaced by spaces; line breaks stay, so lines keep their numbers.
///
/// Code inside of interpolations is blanked with its string. Regular expression literals are not known.
func blankedCode(_ text: String) -> String {
    var blanker = Blanker(bytes: Array(text.utf8))
    blanker.blankCode(until: nil)
    return String(decoding: blanker.output, as: UTF8.self)
}

private struct Blanker {
    private static let newline = UInt8(ascii: "\n")
    private static let quote = UInt8(ascii: "\"")
    private static let hash = UInt8(ascii: "#")
    private static let backslash = UInt8(ascii: "\\")
    private static let open = UInt8(ascii: "(")
    private static let close = UInt8(ascii: ")")
    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")

    private let bytes: [UInt8]
    private var position = 0
    private var isBlanking = false
    private(set) var output: [UInt8] = []

    init(bytes: [UInt8]) {
        self.bytes = bytes
        output.reserveCapacity(bytes.count)
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private mutating func take(blank: Bool) {
        let byte = bytes[position]
        let staysAsItIs = byte == Self.newline || !(blank || isBlanking)
        output.append(staysAsItIs ? byte : UInt8(ascii: " "))
        position += 1
    }

    /// Walks over code, to its end or, inside of an interpolation, to the parenthesis that closes it.
    mutating func blankCode(until closing: UInt8?) {
        var depth = 0
        while let byte = peek() {
            if byte == Self.slash, peek(1) == Self.slash {
                while let next = peek(), next != Self.newline { take(blank: true) }
            } else if byte == Self.slash, peek(1) == Self.star {
                blankBlockComment()
            } else if byte == Self.quote || (byte == Self.hash && startsRawString()) {
                blankString()
            } else if let closing, byte == closing, depth == 0 {
                take(blank: false)
                return
            } else {
                if byte == Self.open { depth += 1 } else if byte == Self.close { depth -= 1 }
                take(blank: false)
            }
        }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if peek() == Self.slash, peek(1) == Self.star {
                depth += 1
                take(blank: true)
            } else if peek() == Self.star, peek(1) == Self.slash {
                depth -= 1
                take(blank: true)
            }
            if position < bytes.count { take(blank: true) }
        } while depth > 0 && position < bytes.count
    }

    private func startsRawString() -> Bool {
        var offset = 0
        while peek(offset) == Self.hash { offset += 1 }
        return peek(offset) == Self.quote
    }

    private mutating func blankString() {
        var hashes = 0
        while peek() == Self.hash {
            hashes += 1
            take(blank: true)
        }
        let quotes = peek(1) == Self.quote && peek(2) == Self.quote ? 3 : 1
        for _ in 0..<quotes { take(blank: true) }
        while let byte = peek() {
            if byte == Self.backslash, hasHashes(hashes, after: 1) {
                take(blank: true)
                for _ in 0..<hashes { take(blank: true) }
                let isInterpolation = peek() == Self.open
                if position < bytes.count { take(blank: true) }
                if isInterpolation {
                    let outer = isBlanking
                    isBlanking = true
                    blankCode(until: Self.close)
                    isBlanking = outer
                }
            } else if byte == Self.quote, ends(quotes: quotes, hashes: hashes) {
                for _ in 0..<(quotes + hashes) { take(blank: true) }
                return
            } else if byte == Self.newline, quotes == 1 {
                return
            } else {
                take(blank: true)
            }
        }
    }

    private func hasHashes(_ count: Int, after offset: Int) -> Bool {
        (0..<count).allSatisfy { peek(offset + $0) == Self.hash }
    }

    private func ends(quotes: Int, hashes: Int) -> Bool {
        (0..<quotes).allSatisfy { peek($0) == Self.quote } && hasHashes(hashes, after: quotes)
    }
}
