import RunaboutModel

/// What happened, as a digest and, where it is kept, in words.
struct Trace {
    let isKept: Bool
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var lines: [String] = []

    init(isKept: Bool) { self.isKept = isKept }

    /// Mixes numbers into the digest (FNV-1a over 64-bit words).
    mutating func mix(_ kind: UInt64, _ value: UInt64, _ at: MonotonicTime) {
        for word in [kind, value, UInt64(bitPattern: at.nanoseconds)] {
            digest = (digest ^ word) &* 0x0000_0100_0000_01B3
        }
    }

    mutating func add(_ line: String) {
        lines.append(line)
        // A failure is explained by what came shortly before it.
        if lines.count > 2 * SimulationSettings.traceLinesMax { lines.removeFirst(SimulationSettings.traceLinesMax) }
    }
}
