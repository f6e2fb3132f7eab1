/// Reads `os-release`.
///
/// Source: systemd, os-release(5).
enum OSRelease {
    /// The distribution; nil when there is no `ID`.
    static func parse(_ text: [UInt8]) -> Distribution? {
        var values: [String: String] = [:]
        for line in Stanzas.lines(of: text) {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: line[..<equals], as: UTF8.self)
            values[name] = unquoted(Stanzas.trimmed(line[(equals + 1)...]))
        }
        guard let id = values["ID"], !id.isEmpty else { return nil }
        return Distribution(id: id, versionID: values["VERSION_ID"], prettyName: values["PRETTY_NAME"])
    }

    private static func unquoted(_ value: String) -> String {
        guard let quote = value.first, quote == "\"" || quote == "'", value.count >= 2, value.last == quote else {
            return value
        }
        return String(value.dropFirst().dropLast())
    }
}
