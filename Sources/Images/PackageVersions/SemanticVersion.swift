/// A semantic version, as npm and Go have it: `major.minor.patch[-prerelease][+build]`.
///
/// A `v` or `=` in front and missing minor or patch numbers are taken, since packages and advisories have them. Build
/// metadata is ignored; Go's pseudo-versions (`v0.0.0-20240101120000-0123456789ab`) are pre-releases like any other.
/// Source: Semantic Versioning 2.0.0, 11; Go modules reference, "Versions".
public struct SemanticVersion: VersionRule {
    private let numbers: [VersionNumber]
    private let prerelease: [[UInt8]]

    /// Reads a version; nil when a number is none, there are more than three, or an identifier is empty.
    public init?(_ text: String) {
        guard let bytes = VersionText.bytes(text) else { return nil }
        var rest = bytes.drop { $0 == UInt8(ascii: "=") }
        if rest.first?.lowercased == UInt8(ascii: "v") { rest = rest.dropFirst() }
        rest = rest.prefix { $0 != UInt8(ascii: "+") }
        let core = rest.prefix { $0 != UInt8(ascii: "-") }
        let parts = core.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isDigit) }) else {
            return nil
        }
        numbers = parts.map(VersionNumber.init) + Array(repeating: VersionNumber([]), count: 3 - parts.count)
        guard core.endIndex < rest.endIndex else {
            prerelease = []
            return
        }
        let identifiers = rest[(core.endIndex + 1)...].split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isSound = identifiers.allSatisfy { identifier in
            !identifier.isEmpty && identifier.allSatisfy { $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") }
        }
        guard isSound else { return nil }
        prerelease = identifiers.map(Array.init)
    }

    /// How this version stands to another.
    public func order(to other: SemanticVersion) -> VersionOrder {
        for (first, second) in zip(numbers, other.numbers) where first != second {
            return VersionOrder(first, second)
        }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return VersionOrder(prerelease.isEmpty ? 1 : 0, other.prerelease.isEmpty ? 1 : 0)
        }
        for (first, second) in zip(prerelease, other.prerelease) {
            let order = Self.order(first, second)
            guard order == .same else { return order }
        }
        return VersionOrder(prerelease.count, other.prerelease.count)
    }

    /// Numbers by their value and before words, words by their bytes.
    private static func order(_ first: [UInt8], _ second: [UInt8]) -> VersionOrder {
        switch (first.allSatisfy(\.isDigit), second.allSatisfy(\.isDigit)) {
        case (true, true): VersionOrder(VersionNumber(first), VersionNumber(second))
        case (true, false): .before
        case (false, true): .after
        case (false, false): .bytes(first, second)
        }
    }
}
