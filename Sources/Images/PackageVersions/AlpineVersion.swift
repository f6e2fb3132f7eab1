/// A version of an Alpine package: `number{.number}[letter]{_suffix[number]}[~hash][-rnumber]`.
///
/// `1.2_rc1-r0` is older than `1.2-r0`, `1.2_p1-r0` newer. A number with a zero in front that is not the first is
/// compared as text, as a fraction would be.
/// Source: apk-tools 3, "apk-package(5)", Package version.
public struct AlpineVersion: VersionRule {
    /// In the order in which they may follow each other; what comes later in a version weighs less.
    private enum Kind: Int {
        case firstNumber
        case number
        case letter
        case suffix
        case suffixNumber
        case commit
        case revision
        case end
    }

    private struct Token {
        var kind: Kind
        var text: [UInt8] = []
        var suffix = 0

        static let end = Token(kind: .end)
    }

    /// Those in front of the empty one stand for versions before the release, those behind it for versions after.
    private static let suffixes = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"].map {
        Array($0.utf8)
    }
    private static let release = 4

    private let tokens: [Token]

    /// Reads a version; nil when a part is not one of those above, or stands in the wrong place.
    public init?(_ text: String) {
        guard let bytes = VersionText.bytes(text) else { return nil }
        var rest = bytes[...]
        let first = rest.prefix(while: \.isDigit)
        guard !first.isEmpty else { return nil }
        rest = rest.dropFirst(first.count)
        var tokens = [Token(kind: .firstNumber, text: Array(first))]
        while let byte = rest.first {
            guard let last = tokens.last?.kind, let token = Self.token(&rest, byte, after: last) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    private static func token(_ rest: inout ArraySlice<UInt8>, _ byte: UInt8, after last: Kind) -> Token? {
        func take(_ isPart: (UInt8) -> Bool) -> [UInt8] {
            let part = Array(rest.prefix(while: isPart))
            rest = rest.dropFirst(part.count)
            return part
        }
        switch byte {
        case UInt8(ascii: "."):
            rest = rest.dropFirst()
            let digits = take(\.isDigit)
            guard last.rawValue <= Kind.number.rawValue, !digits.isEmpty else { return nil }
            return Token(kind: .number, text: digits)
        case 48...57:
            guard last == .suffix else { return nil }
            return Token(kind: .suffixNumber, text: take(\.isDigit))
        case 97...122:
            guard last.rawValue <= Kind.number.rawValue else { return nil }
            rest = rest.dropFirst()
            return Token(kind: .letter, text: [byte])
        case UInt8(ascii: "_"):
            rest = rest.dropFirst()
            let name = take { (97...122).contains($0) }
            guard last.rawValue <= Kind.suffixNumber.rawValue, !name.isEmpty,
                let suffix = suffixes.firstIndex(of: name)
            else { return nil }
            return Token(kind: .suffix, text: name, suffix: suffix)
        case UInt8(ascii: "~"):
            rest = rest.dropFirst()
            let hash = take { $0.isDigit || (97...102).contains($0) }
            guard last.rawValue < Kind.commit.rawValue, !hash.isEmpty else { return nil }
            return Token(kind: .commit, text: hash)
        case UInt8(ascii: "-"):
            rest = rest.dropFirst()
            guard last.rawValue < Kind.revision.rawValue, rest.first == UInt8(ascii: "r") else { return nil }
            rest = rest.dropFirst()
            let digits = take(\.isDigit)
            return digits.isEmpty ? nil : Token(kind: .revision, text: digits)
        default:
            return nil
        }
    }

    /// How this version stands to another.
    public func order(to other: AlpineVersion) -> VersionOrder {
        for index in 0...max(tokens.count, other.tokens.count) {
            let first = index < tokens.count ? tokens[index] : .end
            let second = index < other.tokens.count ? other.tokens[index] : .end
            guard first.kind == second.kind else { return Self.orderOfKinds(first, second) }
            let order = Self.order(first, second)
            guard order == .same else { return order }
        }
        return .same
    }

    private static func orderOfKinds(_ first: Token, _ second: Token) -> VersionOrder {
        if first.kind == .suffix, first.suffix < release { return .before }
        if second.kind == .suffix, second.suffix < release { return .after }
        return VersionOrder(second.kind.rawValue, first.kind.rawValue)
    }

    private static func order(_ first: Token, _ second: Token) -> VersionOrder {
        switch first.kind {
        case .number where first.text.first == UInt8(ascii: "0") || second.text.first == UInt8(ascii: "0"):
            .bytes(first.text, second.text)
        case .firstNumber, .number, .suffixNumber, .revision:
            VersionOrder(VersionNumber(first.text), VersionNumber(second.text))
        case .suffix: VersionOrder(first.suffix, second.suffix)
        case .letter, .commit, .end: .bytes(first.text, second.text)
        }
    }
}
