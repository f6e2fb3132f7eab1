/// Extended values that hold for the entry they stand in front of.
///
/// Shape of one record: its whole length in decimal, a blank, `key=value`, a newline.
/// Source: POSIX.1-2017 pax, "pax Extended Header".
struct PaxRecords {
    private static let attributePrefix = "SCHILY.xattr."

    var path: [UInt8]?
    var target: [UInt8]?
    var size: Int64?
    var userID: UInt64?
    var groupID: UInt64?
    var modifiedSeconds: Int64?
    var attributes: [TarEntry.Attribute] = []

    /// Adds the records of a header's content.
    ///
    /// - Throws: `LayerError.malformed`, and `.kindUnsupported` for sparse files.
    mutating func parse(_ content: [UInt8]) throws(LayerError) {
        var rest = content[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard let length = Self.natural(digits), length <= rest.count, length > digits.count + 2 else {
                throw .malformed("an extended record's length is wrong")
            }
            let record = rest.prefix(Int(length))
            guard record.last == UInt8(ascii: "\n") else { throw .malformed("an extended record does not end") }
            rest = rest.dropFirst(Int(length))
            let body = record.dropFirst(digits.count + 1).dropLast()
            guard let equals = body.firstIndex(of: UInt8(ascii: "=")) else {
                throw .malformed("an extended record has no value")
            }
            try take(key: String(decoding: body[..<equals], as: UTF8.self), Array(body[(equals + 1)...]))
        }
    }

    private mutating func take(key: String, _ value: [UInt8]) throws(LayerError) {
        switch key {
        case "path": path = value
        case "linkpath": target = value
        case "size": size = try number(value, key)
        case "uid": userID = UInt64(try number(value, key))
        case "gid": groupID = UInt64(try number(value, key))
        case "mtime": modifiedSeconds = seconds(value)
        case _ where key.hasPrefix("GNU.sparse."):
            throw .kindUnsupported(String(decoding: path ?? [], as: UTF8.self), kind: "sparse file")
        case _ where key.hasPrefix(Self.attributePrefix):
            attributes.append(.init(name: String(key.dropFirst(Self.attributePrefix.count)), value: value))
        default: break
        }
    }

    private func number(_ value: [UInt8], _ key: String) throws(LayerError) -> Int64 {
        guard let number = Self.natural(value[...]) else {
            throw .malformed("an extended record's \(key) is no number")
        }
        return number
    }

    /// The whole seconds of a decimal number; times before 1970 are 1970.
    private func seconds(_ value: [UInt8]) -> Int64 { Self.natural(value[...].prefix { $0 != UInt8(ascii: ".") }) ?? 0 }

    private static func natural(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}
