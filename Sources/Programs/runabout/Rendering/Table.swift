/// One field of a table.
struct Cell: Equatable, ExpressibleByStringLiteral {
    var text: String
    var tone: Tone = .normal

    init(_ text: String, _ tone: Tone = .normal) {
        self.text = text
        self.tone = tone
    }

    init(stringLiteral text: String) { self.init(text) }
}

/// Rows under headings, each column as wide as its widest field.
struct Table {
    /// How a column is set.
    enum Alignment {
        case left
        case right
    }

    let columns: [(heading: String, alignment: Alignment)]
    var rows: [[Cell]] = []

    init(_ columns: (String, Alignment)...) { self.columns = columns.map { (heading: $0.0, alignment: $0.1) } }

    /// The lines, headings first, without spaces at their ends.
    func lines(style: Style) -> [String] {
        let head = columns.map { Cell($0.heading, .faint) }
        let all = [head] + rows
        let widths = columns.indices.map { column in
            all.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return all.map { row in
            var line = ""
            var lastSolid = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.text.count)
                let text = style.apply(cell.tone, to: cell.text)
                let gap = column == 0 ? "" : "  "
                line += gap + (columns[column].alignment == .right ? padding + text : text)
                if !cell.text.isEmpty { lastSolid = line }
                if columns[column].alignment == .left { line += padding }
            }
            return lastSolid
        }
    }
}
