/// How one version stands to another.
public enum VersionOrder: Sendable {
    /// The first is older.
    case before
    /// Neither is older, though they may be written differently.
    case same
    /// The first is newer.
    case after

    /// The order of two values.
    init<Value: Comparable>(_ first: Value, _ second: Value) {
        self = first < second ? .before : first == second ? .same : .after
    }

    /// The order seen from the other side.
    var reversed: VersionOrder {
        switch self {
        case .before: .after
        case .same: .same
        case .after: .before
        }
    }

    /// This order, or the next one when this decides nothing.
    func then(_ next: @autoclosure () -> VersionOrder) -> VersionOrder { self == .same ? next() : self }
}

/// A version in the form that one ecosystem reads, ordered as that ecosystem orders it.
///
/// `==` means that the ecosystem tells no difference: `1.0` and `1.0.0` of PEP 440 are equal.
public protocol VersionRule: Comparable, Sendable {
    /// Reads a version; nil when the ecosystem's own tools would not take it.
    init?(_ text: String)

    /// How this version stands to another.
    func order(to other: Self) -> VersionOrder
}

extension VersionRule {
    /// Whether the ecosystem tells no difference.
    public static func == (first: Self, second: Self) -> Bool { first.order(to: second) == .same }

    /// Whether the first is older.
    public static func < (first: Self, second: Self) -> Bool { first.order(to: second) == .before }
}

/// What versions may be.
enum VersionText {
    /// Bytes of a version; longer texts are none, and real ones have less than 100.
    static let bytesMax = 1_024

    /// The bytes of a version without blanks around it; nil when it is empty, too long or has other than visible ASCII.
    static func bytes(_ text: String) -> [UInt8]? {
        let bytes = text.utf8.drop { $0 == 32 }
        let trimmed = Array(bytes.reversed().drop { $0 == 32 }.reversed())
        guard !trimmed.isEmpty, trimmed.count <= bytesMax, trimmed.allSatisfy({ (33...126).contains($0) }) else {
            return nil
        }
        return trimmed
    }
}

/// Numbers of any length, as versions have them: compared by their digits, never converted.
struct VersionNumber: Comparable, Sendable {
    /// The digits without zeros in front.
    let digits: [UInt8]

    /// Takes digits; other bytes must not be among them.
    init(_ digits: some Collection<UInt8>) { self.digits = Array(digits.drop { $0 == UInt8(ascii: "0") }) }

    var isZero: Bool { digits.isEmpty }

    static func < (first: VersionNumber, second: VersionNumber) -> Bool {
        first.digits.count == second.digits.count
            ? first.digits.lexicographicallyPrecedes(second.digits) : first.digits.count < second.digits.count
    }
}

extension UInt8 {
    var isDigit: Bool { (48...57).contains(self) }

    var isLetter: Bool { (65...90).contains(self) || (97...122).contains(self) }

    /// The letter in lower case; other bytes as they are.
    var lowercased: UInt8 { (65...90).contains(self) ? self + 32 : self }
}

extension VersionOrder {
    /// The order of two texts byte by byte.
    static func bytes(_ first: some Sequence<UInt8>, _ second: some Sequence<UInt8>) -> VersionOrder {
        if first.lexicographicallyPrecedes(second) { return .before }
        return second.lexicographicallyPrecedes(first) ? .after : .same
    }
}
