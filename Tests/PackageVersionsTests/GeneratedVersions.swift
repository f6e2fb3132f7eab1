import PackageVersions
import RunaboutTestSupport

/// Pairs of versions that differ little, so that every rule of a scheme decides some of them.
struct GeneratedVersions {
    private var generator: SeededGenerator
    private let parts: [String]

    init(_ scheme: VersionScheme, seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        parts =
            switch scheme {
            case .dpkg: ["0", "1", "01", "9", "10", ".", "+", "~", "a", "B", "rc", "deb12u1", "-1", "~~", ".0", "+b1"]
            case .apk: [".0", ".1", ".01", ".10", "a", "_rc1", "_p2", "_git", "_alpha", "_beta3", "-r0", "-r10", ".2"]
            case .rpm: ["0", "1", "01", "9", "10", ".", "~", "^", "a", "B", "rc", "_", "..", "el9", "+", ".0"]
            case .python:
                [
                    ".0", ".1", ".10", "a1", "b2", "rc1", ".dev3", ".post1", "+ab.1", "-1", "_alpha", ".rev", "c", "+1",
                ]
            case .semantic: [".0", ".1", ".10", "-a", "-1", ".b", "-rc.1", "+b", ".01", "-"]
            case .maven:
                [
                    "0", "1", "10", ".", "-", "a", "b", "rc", "-alpha", "-SNAPSHOT", "-sp", "ga", ".final", ".0", "-1",
                    "x",
                    "m2",
                ]
            }
    }

    /// A version, and the same one with up to two parts changed.
    mutating func pair() -> (String, String) {
        var first = (0..<Int.random(in: 1...5, using: &generator)).map { _ in part() }
        var second = first
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let index = Int.random(in: 0..<second.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: second[index] = part()
            case 1: second.insert(part(), at: index)
            default: second.append(part())
            }
        }
        if Bool.random(using: &generator) { swap(&first, &second) }
        return (start() + first.joined(), start() + second.joined())
    }

    private mutating func part() -> String { parts.randomElement(using: &generator) ?? "" }

    /// Mostly the same, so that what follows decides.
    private mutating func start() -> String { Int.random(in: 0..<8, using: &generator) == 0 ? "2" : "1" }
}
