/// Texts of fields, as Debian, Alpine, Python and Java write them.
enum Stanzas {
    /// The stanzas of a text, each a list of `Name: value` lines; lines that begin with a blank continue the last one.
    ///
    /// Only wanted fields are kept, names in lower case, and of a field that is there twice the first.
    static func parse(_ text: [UInt8], fields wanted: Set<String>) -> [[String: String]] {
        var stanzas: [[String: String]] = []
        var current: [String: String] = [:]
        for line in lines(of: text) {
            guard let first = line.first else {
                if !current.isEmpty { stanzas.append(current) }
                current = [:]
                continue
            }
            guard first != 32, first != 9, let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            guard wanted.contains(name), current[name] == nil else { continue }
            current[name] = trimmed(line[(colon + 1)...])
        }
        if !current.isEmpty { stanzas.append(current) }
        return stanzas
    }

    /// The lines, without their ends.
    static func lines(of text: [UInt8]) -> some Sequence<ArraySlice<UInt8>> {
        text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).lazy.map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
    }

    static func trimmed(_ value: ArraySlice<UInt8>) -> String {
        let start = value.drop { $0 == 32 || $0 == 9 }
        return String(decoding: start.reversed().drop { $0 == 32 || $0 == 9 }.reversed(), as: UTF8.self)
    }
}
