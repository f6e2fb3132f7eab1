import PackageInventory

extension ScanReport {
    /// The report for people: a table of findings, then what was not read or judged.
    public var table: String {
        var text = "Image     \(image)\n"
        text += "Contents  \(packageCount) packages"
        if let distribution { text += ", \(printable(distribution.prettyName ?? distribution.id))" }
        text += "\nFindings  \(summary)\n"
        if !findings.isEmpty {
            let rows = findings.map { finding in
                [
                    finding.rating.severity.rawValue, finding.id, finding.package.name, finding.package.version,
                    finding.fixedVersions.isEmpty ? "-" : finding.fixedVersions.joined(separator: ", "),
                    finding.summary,
                ]
            }
            text += "\n" + Self.aligned([["SEVERITY", "ADVISORY", "PACKAGE", "VERSION", "FIXED IN", "SUMMARY"]] + rows)
        }
        if !unread.isEmpty {
            text += "\nNot read; packages may be missing:\n"
            for file in unread { text += "  \(printable(file.path)): \(printable(file.reason))\n" }
        }
        if !gaps.isEmpty {
            text += "\nNot judged:\n"
            for gap in gaps { text += "  \(printable(gap.reason)) (packages: \(gap.packageCount))\n" }
        }
        return text
    }

    /// `1 critical, 2 low`, or `none`.
    private var summary: String {
        let counts = counts
        let parts = Severity.allCases.sorted(by: >).compactMap { severity in
            counts[severity].map { "\($0) \(severity.rawValue)" }
        }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    private static func aligned(_ rows: [[String]]) -> String {
        let printableRows = rows.map { $0.map(printable) }
        let widths = (0..<(rows.first?.count ?? 0)).map { column in
            printableRows.map { $0[column].count }.max() ?? 0
        }
        let lines = printableRows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(
                separator: "  ")
            return String(cells.reversed().drop { $0 == " " }.reversed())
        }
        return lines.map { "\($0)\n" }.joined()
    }
}

/// A text without characters that could do something to a terminal: images and advisories bring what they like.
private func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        let isControl = scalar.value < 32 || (127...159).contains(scalar.value)
        // Marks that change the direction of text could make one version look like another.
        let isDirection = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        result.append(isControl || isDirection ? "\u{FFFD}" : scalar)
    }
    return String(result)
}
