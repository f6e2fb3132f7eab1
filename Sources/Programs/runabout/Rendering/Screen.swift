/// A picture of some lines that is drawn over again in place.
struct Screen: Equatable {
    private var height = 0

    /// What to write so that the lines stand where the ones before stood: up to their beginning, each line cleared to
    /// its end, and what was below cleared.
    mutating func redraw(_ lines: [String]) -> String {
        let up = height > 0 ? "\u{1B}[\(height)A\r" : ""
        height = lines.count
        return up + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }
}
