/// A version of a Python package: `[epoch!]release[pre][post][dev][+local]`.
///
/// `1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 == 1.0.0 < 1.0+local < 1.0.post1`; the many spellings of one part are one.
/// Source: PEP 440; packaging.python.org, "Version specifiers".
public struct PythonVersion: VersionRule {
    /// A pre-release, or its absence: a development release alone comes before all of them, a release after them.
    private enum Pre {
        case beforeAll
        case pre(kind: Int, number: VersionNumber)
        case none
    }

    private enum Local {
        case word([UInt8])
        case number(VersionNumber)
    }

    private let epoch: VersionNumber
    private let release: [VersionNumber]
    private let pre: Pre
    private let post: VersionNumber?
    private let development: VersionNumber?
    private let local: [Local]

    /// Reads a version; nil when it is none by PEP 440, as `2004d`'s like of old are.
    public init?(_ text: String) {
        guard let bytes = VersionText.bytes(text)?.map(\.lowercased) else { return nil }
        var reader = Reader(bytes: bytes)
        reader.skip(["v"])
        guard let first = reader.digits() else { return nil }
        if reader.skip(["!"]) {
            guard let number = reader.digits() else { return nil }
            epoch = VersionNumber(first)
            release = reader.release(from: number)
        } else {
            epoch = VersionNumber([])
            release = reader.release(from: first)
        }
        let found = reader.pre()
        post = reader.post()
        development = reader.part(["dev"]).map(\.number)
        pre =
            if let found { .pre(kind: found.kind, number: found.number) } else if post == nil, development != nil {
                .beforeAll
            } else { .none }
        guard let local = reader.local() else { return nil }
        self.local = local.map { $0.allSatisfy(\.isDigit) ? .number(VersionNumber($0)) : .word($0) }
    }

    /// How this version stands to another.
    public func order(to other: PythonVersion) -> VersionOrder {
        VersionOrder(epoch, other.epoch)
            .then(orderOfReleases(other))
            .then(Self.order(pre, other.pre))
            .then(Self.order(post, other.post, whenAbsent: .before))
            .then(Self.order(development, other.development, whenAbsent: .after))
            .then(orderOfLocals(other))
    }

    private func orderOfReleases(_ other: PythonVersion) -> VersionOrder {
        for index in 0..<max(release.count, other.release.count) {
            let first = index < release.count ? release[index] : VersionNumber([])
            let second = index < other.release.count ? other.release[index] : VersionNumber([])
            guard first == second else { return VersionOrder(first, second) }
        }
        return .same
    }

    private static func order(_ first: Pre, _ second: Pre) -> VersionOrder {
        func rank(_ pre: Pre) -> Int {
            switch pre {
            case .beforeAll: 0
            case .pre: 1
            case .none: 2
            }
        }
        guard case .pre(let kind, let number) = first, case .pre(let otherKind, let otherNumber) = second else {
            return VersionOrder(rank(first), rank(second))
        }
        return VersionOrder(kind, otherKind).then(VersionOrder(number, otherNumber))
    }

    private static func order(
        _ first: VersionNumber?, _ second: VersionNumber?, whenAbsent absent: VersionOrder,
    ) -> VersionOrder {
        switch (first, second) {
        case (nil, nil): .same
        case (nil, _): absent
        case (_, nil): absent.reversed
        case (let first?, let second?): VersionOrder(first, second)
        }
    }

    private func orderOfLocals(_ other: PythonVersion) -> VersionOrder {
        for (first, second) in zip(local, other.local) {
            let order: VersionOrder =
                switch (first, second) {
                case (.number(let first), .number(let second)): VersionOrder(first, second)
                case (.word(let first), .word(let second)): .bytes(first, second)
                case (.number, .word): .after
                case (.word, .number): .before
                }
            guard order == .same else { return order }
        }
        return VersionOrder(local.count, other.local.count)
    }
}

extension PythonVersion {
    /// Reads the parts of a version in lower case.
    private struct Reader {
        private let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private static let separators = Set(".-_".utf8)

        @discardableResult
        mutating func skip(_ words: [String]) -> Bool {
            for word in words where bytes[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return true
            }
            return false
        }

        mutating func digits() -> [UInt8]? {
            let digits = Array(bytes[position...].prefix(while: \.isDigit))
            position += digits.count
            return digits.isEmpty ? nil : digits
        }

        /// Numbers behind dots, as long as there are some.
        mutating func release(from first: [UInt8]) -> [VersionNumber] {
            var numbers = [VersionNumber(first)]
            while position + 1 < bytes.count, bytes[position] == UInt8(ascii: "."), bytes[position + 1].isDigit {
                position += 1
                numbers.append(VersionNumber(digits() ?? []))
            }
            return numbers
        }

        /// A word that may have a separator in front and a number behind, itself after a separator; none is 0.
        mutating func part(_ words: [String]) -> (word: String, number: VersionNumber)? {
            let start = position
            if position < bytes.count, Self.separators.contains(bytes[position]) { position += 1 }
            guard let word = words.first(where: { bytes[position...].starts(with: $0.utf8) }) else {
                position = start
                return nil
            }
            position += word.utf8.count
            let behindWord = position
            if position < bytes.count, Self.separators.contains(bytes[position]) { position += 1 }
            guard let number = digits() else {
                position = behindWord
                return (word, VersionNumber([]))
            }
            return (word, VersionNumber(number))
        }

        mutating func pre() -> (kind: Int, number: VersionNumber)? {
            let kinds = ["alpha": 0, "a": 0, "beta": 1, "b": 1, "preview": 2, "pre": 2, "rc": 2, "c": 2]
            guard let part = part(["alpha", "a", "beta", "b", "preview", "pre", "rc", "c"]) else { return nil }
            return (kinds[part.word] ?? 0, part.number)
        }

        mutating func post() -> VersionNumber? {
            if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "-"), bytes[position + 1].isDigit {
                position += 1
                return VersionNumber(digits() ?? [])
            }
            return part(["post", "rev", "r"])?.number
        }

        /// The local parts; empty when there are none, nil when something else is left.
        mutating func local() -> [[UInt8]]? {
            guard position < bytes.count else { return [] }
            guard bytes[position] == UInt8(ascii: "+") else { return nil }
            let parts = bytes[(position + 1)...].split(omittingEmptySubsequences: false) {
                Self.separators.contains($0)
            }
            let isSound = parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isDigit || $0.isLetter }
            }
            return isSound ? parts.map(Array.init) : nil
        }
    }
}
