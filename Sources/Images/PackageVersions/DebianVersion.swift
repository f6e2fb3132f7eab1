/// A version of a Debian package: `[epoch:]upstream[-revision]`.
///
/// `1:2.3~rc1-4` is older than `1:2.3-1`: a tilde sorts before everything, even the end.
/// Source: Debian Policy 5.6.12; deb-version(7).
public struct DebianVersion: VersionRule {
    private let epoch: VersionNumber
    private let upstream: [UInt8]
    private let revision: [UInt8]

    /// Reads a version; nil when it has blanks inside, an epoch that is no number, or nothing behind the epoch.
    public init?(_ text: String) {
        guard let bytes = VersionText.bytes(text) else { return nil }
        var rest = bytes[...]
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let digits = bytes[..<colon]
            guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
            epoch = VersionNumber(digits)
            rest = bytes[(colon + 1)...]
        } else {
            epoch = VersionNumber([])
        }
        if let hyphen = rest.lastIndex(of: UInt8(ascii: "-")) {
            upstream = Array(rest[..<hyphen])
            revision = Array(rest[(hyphen + 1)...])
            guard !revision.isEmpty else { return nil }
        } else {
            upstream = Array(rest)
            revision = []
        }
        guard !upstream.isEmpty else { return nil }
    }

    /// How this version stands to another.
    public func order(to other: DebianVersion) -> VersionOrder {
        VersionOrder(epoch, other.epoch)
            .then(Self.order(upstream, other.upstream))
            .then(Self.order(revision, other.revision))
    }

    /// Runs of other characters and runs of digits in turn, each compared in its own way.
    private static func order(_ first: [UInt8], _ second: [UInt8]) -> VersionOrder {
        var (left, right) = (first[...], second[...])
        while !left.isEmpty || !right.isEmpty {
            while left.first.map({ !$0.isDigit }) ?? false || right.first.map({ !$0.isDigit }) ?? false {
                let order = VersionOrder(weight(left.first), weight(right.first))
                guard order == .same else { return order }
                left = left.dropFirst()
                right = right.dropFirst()
            }
            let digits = (left.prefix(while: \.isDigit), right.prefix(while: \.isDigit))
            let order = VersionOrder(VersionNumber(digits.0), VersionNumber(digits.1))
            guard order == .same else { return order }
            left = left.dropFirst(digits.0.count)
            right = right.dropFirst(digits.1.count)
        }
        return .same
    }

    /// Letters come before other characters, the end before letters, and a tilde before the end.
    private static func weight(_ byte: UInt8?) -> Int {
        guard let byte, !byte.isDigit else { return 0 }
        if byte == UInt8(ascii: "~") { return -1 }
        return byte.isLetter ? Int(byte) : Int(byte) + 256
    }
}
