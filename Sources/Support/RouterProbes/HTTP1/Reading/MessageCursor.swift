/// A header or trailer field as it stood in a message.
package struct ReadField: Hashable, Sendable {
    /// As it was written.
    package let name: String
    /// Without the blanks around it.
    package let value: String

    /// Takes both.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Why a message can't be read to its end.
enum ReadFailure: Error, Equatable {
    /// All bytes are used up; says what was being read.
    case incomplete(String)
    /// No strict reader takes this; says why.
    case malformed(String)
}

/// Walks over the bytes of one message, strictly by RFC 9112.
///
/// Shares nothing with the proxy's own parser: what both got wrong in the same way, no probe would find.
struct MessageCursor {
    let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// A line without its end, which is CR LF and nothing else.
    mutating func line(of what: String) throws(ReadFailure) -> ArraySlice<UInt8> {
        var index = position
        while index < bytes.count {
            switch bytes[index] {
            case Grammar.lf: throw .malformed("a bare LF in the \(what)")
            case 0: throw .malformed("NUL in the \(what)")
            case Grammar.cr:
                guard index + 1 < bytes.count else { throw .incomplete(what) }
                guard bytes[index + 1] == Grammar.lf else { throw .malformed("a bare CR in the \(what)") }
                defer { position = index + 2 }
                return bytes[position..<index]
            default: index += 1
            }
        }
        throw .incomplete(what)
    }

    mutating func take(_ count: UInt64, of what: String) throws(ReadFailure) -> ArraySlice<UInt8> {
        guard count <= UInt64(bytes.count - position) else { throw .incomplete(what) }
        defer { position += Int(count) }
        return bytes[position..<position + Int(count)]
    }

    /// Everything that is left.
    mutating func rest() -> ArraySlice<UInt8> {
        defer { position = bytes.count }
        return bytes[position...]
    }

    /// Field lines up to and with the empty line.
    ///
    /// Control characters other than CR, LF and NUL only make a value odd: RFC 9110 §5.5 lets them stand.
    mutating func fields(of what: String, oddities: inout [String]) throws(ReadFailure) -> [ReadField] {
        var fields: [ReadField] = []
        while true {
            let line = try line(of: what)
            if line.isEmpty { return fields }
            guard let colon = line.firstIndex(of: 58) else { throw .malformed("a line without a colon in the \(what)") }
            let name = line[..<colon]
            guard Grammar.isToken(name) else { throw .malformed("the field name '\(shown(latin1(name)))'") }
            let value = Grammar.trimmed(line[(colon + 1)...])
            if !value.allSatisfy({ Grammar.isFieldText($0) }) {
                oddities.append("a control character in the value of \(latin1(name))")
            }
            fields.append(ReadField(latin1(name), latin1(value)))
        }
    }

    /// A chunked body and its trailers.
    ///
    /// Source: RFC 9112 §7.1.
    /// `checksTrailers` is whether to refuse those that come too late to be believed. Source: RFC 9110 §6.5.1.
    mutating func chunks(
        checksTrailers: Bool, oddities: inout [String],
    ) throws(ReadFailure) -> (body: [UInt8], trailers: [ReadField]) {
        var body: [UInt8] = []
        while true {
            let line = try line(of: "chunk size")
            let digits = line.prefix { Grammar.hexadecimal($0) != nil }
            guard (1...16).contains(digits.count) else {
                throw .malformed("the chunk size '\(shown(latin1(line)))'")
            }
            guard Grammar.areChunkExtensions(line.dropFirst(digits.count)) else {
                throw .malformed("the chunk extension '\(shown(latin1(line)))'")
            }
            let size = digits.reduce(UInt64(0)) { $0 << 4 | (Grammar.hexadecimal($1) ?? 0) }
            guard size > 0 else { break }
            body += try take(size, of: "chunk")
            guard try self.line(of: "end of a chunk").isEmpty else { throw .malformed("a chunk longer than its size") }
        }
        let trailers = try fields(of: "trailer section", oddities: &oddities)
        let forbidden = ["content-length", "transfer-encoding", "host", "connection", "trailer", "te", "upgrade"]
        for trailer in trailers where checksTrailers && forbidden.contains(trailer.name.lowercased()) {
            throw .malformed("\(trailer.name) as a trailer")
        }
        return (body, trailers)
    }

    /// How the fields say that the body is framed.
    ///
    /// Source: RFC 9112 §6.
    func framing(_ fields: [ReadField], isHTTP10: Bool, oddities: inout [String]) throws(ReadFailure) -> BodyFraming {
        let lengths = fields.values(of: "content-length")
        let codings = fields.values(of: "transfer-encoding")
        for field in fields where field.name.contains("_") {
            let name = field.name.lowercased().replacingUnderscores
            if ["content-length", "transfer-encoding", "host"].contains(name) {
                oddities.append("\(field.name), which some servers take for \(name)")
            }
        }
        guard lengths.isEmpty || codings.isEmpty else { throw .malformed("a length and a transfer coding") }
        guard lengths.count <= 1 else { throw .malformed("two lengths") }
        guard codings.count <= 1 else { throw .malformed("two lines of transfer codings") }
        if let length = lengths.first {
            guard !length.isEmpty, length.utf8.allSatisfy(Grammar.isDigit), let count = Int64(length) else {
                throw .malformed("the length '\(shown(length))'")
            }
            return .length(UInt64(count))
        }
        guard let coding = codings.first else { return .unsaid }
        guard !isHTTP10 else { throw .malformed("a transfer coding in HTTP/1.0") }
        let parts = coding.split(separator: ",", omittingEmptySubsequences: false).map {
            latin1(Grammar.trimmed(rawBytes(String($0))[...])).lowercased()
        }
        let known = ["gzip", "deflate", "compress", "x-gzip", "x-compress"]
        guard parts.last == "chunked", parts.dropLast().allSatisfy(known.contains) else {
            throw .malformed("the transfer coding '\(shown(coding))'")
        }
        if parts.count > 1 { oddities.append("the transfer coding '\(coding)', which few instances know") }
        return .chunked
    }
}

/// How a body is framed, by its head.
enum BodyFraming: Equatable {
    /// Neither a length nor a coding is given.
    case unsaid
    case length(UInt64)
    case chunked
}

extension [ReadField] {
    /// The values of all fields of a name, which is given in lower case.
    package func values(of name: String) -> [String] { filter { $0.name.lowercased() == name }.map(\.value) }

    /// Whether a `Connection` field has an option, given in lower case.
    package func hasConnectionOption(_ option: String) -> Bool {
        values(of: "connection").contains { value in
            value.lowercased().split(separator: ",").contains { part in
                part.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init) == [option]
            }
        }
    }
}

extension String {
    var replacingUnderscores: String { String(map { $0 == "_" ? "-" : $0 }) }
}
