/// A version of an RPM package: `[epoch:]version[-release]`.
///
/// `1.0~rc1` is older than `1.0`, which is older than `1.0^git1`, which is older than `1.0.1`. No epoch is 0.
/// Source: rpm 4.18, "rpm-version(7)".
public struct RPMVersion: VersionRule {
    private let epoch: VersionNumber
    private let version: [UInt8]
    private let release: [UInt8]

    /// Reads a version; nil when it has blanks inside, an epoch that is no number, or no version.
    public init?(_ text: String) {
        guard let bytes = VersionText.bytes(text) else { return nil }
        var rest = bytes[...]
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let digits = bytes[..<colon]
            // `(none)` is what rpm prints when there is no epoch.
            guard digits.allSatisfy(\.isDigit) || digits.elementsEqual("(none)".utf8) else { return nil }
            epoch = VersionNumber(digits.filter(\.isDigit))
            rest = bytes[(colon + 1)...]
        } else {
            epoch = VersionNumber([])
        }
        if let hyphen = rest.lastIndex(of: UInt8(ascii: "-")) {
            version = Array(rest[..<hyphen])
            release = Array(rest[(hyphen + 1)...])
        } else {
            version = Array(rest)
            release = []
        }
        guard !version.isEmpty else { return nil }
    }

    /// How this version stands to another.
    public func order(to other: RPMVersion) -> VersionOrder {
        VersionOrder(epoch, other.epoch)
            .then(Self.order(version, other.version))
            .then(Self.order(release, other.release))
    }

    private static func order(_ first: [UInt8], _ second: [UInt8]) -> VersionOrder {
        var (left, right) = (first[...], second[...])
        while !left.isEmpty || !right.isEmpty {
            left = left.drop { !isPart($0) }
            right = right.drop { !isPart($0) }
            if let order = orderOfMarks(left.first, right.first) {
                guard order == .same else { return order }
                left = left.dropFirst()
                right = right.dropFirst()
                continue
            }
            guard let leftByte = left.first, let rightByte = right.first else { break }
            // A number is newer than a word.
            guard leftByte.isDigit == rightByte.isDigit else { return leftByte.isDigit ? .after : .before }
            let isKind: (UInt8) -> Bool = leftByte.isDigit ? { $0.isDigit } : { $0.isLetter }
            let parts = (left.prefix(while: isKind), right.prefix(while: isKind))
            let order: VersionOrder =
                leftByte.isDigit
                ? VersionOrder(VersionNumber(parts.0), VersionNumber(parts.1)) : .bytes(parts.0, parts.1)
            guard order == .same else { return order }
            left = left.dropFirst(parts.0.count)
            right = right.dropFirst(parts.1.count)
        }
        return VersionOrder(left.isEmpty ? 0 : 1, right.isEmpty ? 0 : 1)
    }

    /// What a tilde or a caret decides; nil when neither side has one here.
    private static func orderOfMarks(_ left: UInt8?, _ right: UInt8?) -> VersionOrder? {
        let (tilde, caret) = (UInt8(ascii: "~"), UInt8(ascii: "^"))
        if left == tilde || right == tilde {
            return left == right ? .same : left == tilde ? .before : .after
        }
        guard left == caret || right == caret else { return nil }
        if left == right { return .same }
        // Newer than the end, older than anything else.
        return left == caret ? (right == nil ? .after : .before) : (left == nil ? .before : .after)
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        byte.isDigit || byte.isLetter || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "^")
    }
}
