/// A version of a Maven artifact, which can be any text.
///
/// `1-alpha-1 < 1-beta < 1-rc < 1-SNAPSHOT < 1 == 1.0 == 1-ga < 1-sp < 1-other < 1.1`.
/// Source: Maven 3.8, "POM Reference", Version Order Specification.
public struct MavenVersion: VersionRule {
    private indirect enum Item {
        case number(VersionNumber)
        case word([UInt8])
        case list([Item])
    }

    private static let known = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"].map { Array($0.utf8) }
    private static let release = 5
    private static let aliases: [[UInt8]: [UInt8]] = [
        Array("ga".utf8): [], Array("final".utf8): [], Array("release".utf8): [], Array("cr".utf8): Array("rc".utf8),
    ]
    private static let shortForms: [[UInt8]: [UInt8]] = [
        Array("a".utf8): Array("alpha".utf8), Array("b".utf8): Array("beta".utf8),
        Array("m".utf8): Array("milestone".utf8),
    ]

    private let items: [Item]

    /// Reads a version; nil only when it is empty, too long, or has other than visible ASCII.
    public init?(_ text: String) {
        guard let bytes = VersionText.bytes(text)?.map(\.lowercased) else { return nil }
        items = Self.normalized(Self.levels(of: bytes))
    }

    /// How this version stands to another.
    public func order(to other: MavenVersion) -> VersionOrder { Self.order(items, other.items) }

    /// The version's lists; each but the last is continued by the next, nested at its end.
    private static func levels(of bytes: [UInt8]) -> [[Item]] {
        var levels: [[Item]] = [[]]
        var start = 0
        var isDigit = false
        func add(_ item: Item) { levels[levels.count - 1].append(item) }
        // A word behind a dot is read as one behind a hyphen.
        func addLevelForWord() {
            if levels.last?.isEmpty == false { levels.append([]) }
        }
        for (index, byte) in bytes.enumerated() {
            let separates = byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            if separates {
                add(index == start ? .number(VersionNumber([])) : item(bytes[start..<index], isDigit))
                start = index + 1
                if byte == UInt8(ascii: "-") { levels.append([]) }
            } else if byte.isDigit {
                if !isDigit, index > start {
                    addLevelForWord()
                    add(.word(word(bytes[start..<index], isFollowedByDigit: true)))
                    start = index
                    levels.append([])
                }
                isDigit = true
            } else {
                if isDigit, index > start {
                    add(item(bytes[start..<index], true))
                    start = index
                    levels.append([])
                }
                isDigit = false
            }
        }
        if start < bytes.count {
            if !isDigit { addLevelForWord() }
            add(item(bytes[start...], isDigit))
        }
        return levels
    }

    private static func item(_ bytes: ArraySlice<UInt8>, _ isDigit: Bool) -> Item {
        isDigit ? .number(VersionNumber(bytes)) : .word(word(bytes, isFollowedByDigit: false))
    }

    private static func word(_ bytes: ArraySlice<UInt8>, isFollowedByDigit: Bool) -> [UInt8] {
        let word = Array(bytes)
        let whole = isFollowedByDigit ? shortForms[word] ?? word : word
        return aliases[whole] ?? whole
    }

    /// Nests the lists, from the last to the first, each without what means nothing at its end.
    private static func normalized(_ levels: [[Item]]) -> [Item] {
        var inner: [Item]?
        for level in levels.reversed() {
            var items = level
            if let inner { items.append(.list(inner)) }
            var index = items.count - 1
            while index >= 0 {
                if isNull(items[index]) {
                    items.remove(at: index)
                } else if case .list = items[index] {
                    // What is in front of a list may still go.
                } else {
                    break
                }
                index -= 1
            }
            inner = items
        }
        return inner ?? []
    }

    private static func isNull(_ item: Item) -> Bool {
        switch item {
        case .number(let number): number.isZero
        case .word(let word): word.isEmpty
        case .list(let items): items.isEmpty
        }
    }

    private static func order(_ first: [Item], _ second: [Item]) -> VersionOrder {
        for index in 0..<max(first.count, second.count) {
            let left = index < first.count ? first[index] : nil
            let right = index < second.count ? second[index] : nil
            let order = order(left, right)
            guard order == .same else { return order }
        }
        return .same
    }

    private static func order(_ first: Item?, _ second: Item?) -> VersionOrder {
        switch (first, second) {
        case (nil, nil): .same
        case (nil, let second?): order(second, nil).reversed
        case (.number(let number), nil): number.isZero ? .same : .after
        case (.number(let first), .number(let second)): VersionOrder(first, second)
        case (.number, _): .after
        case (.word(let word), nil): VersionOrder(rank(word), release).then(.same)
        case (.word(let first), .word(let second)):
            VersionOrder(rank(first), rank(second)).then(rank(first) < known.count ? .same : .bytes(first, second))
        case (.word, _): .before
        case (.list(let items), nil): items.lazy.map { order($0, nil) }.first { $0 != .same } ?? .same
        case (.list, .number): .before
        case (.list, .word): .after
        case (.list(let first), .list(let second)): order(first, second)
        }
    }

    private static func rank(_ word: [UInt8]) -> Int { known.firstIndex(of: word) ?? known.count }
}
