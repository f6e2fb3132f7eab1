/// What an identifier names; one empty enum for each kind, so that ids of different kinds do not mix.
public protocol IDKind: Sendable {
    /// The kind in the words of error messages: "service", "instance".
    static var noun: String { get }
}

/// The kind of a service's id.
public enum ServiceKind: IDKind {
    /// The word used in messages.
    public static let noun = "service"
}
/// The kind of a revision's id.
public enum RevisionKind: IDKind {
    /// The word used in messages.
    public static let noun = "revision"
}
/// The kind of an instance's id.
public enum InstanceKind: IDKind {
    /// The word used in messages.
    public static let noun = "instance"
}
/// The kind of an operation's id.
public enum OperationKind: IDKind {
    /// The word used in messages.
    public static let noun = "operation"
}
/// The kind of an auto scaling configuration's id.
public enum AutoScalingConfigurationKind: IDKind {
    /// The word used in messages.
    public static let noun = "auto scaling configuration"
}

/// Identifies a service.
public typealias ServiceID = ID<ServiceKind>
/// Identifies a revision.
public typealias RevisionID = ID<RevisionKind>
/// Identifies an instance.
public typealias InstanceID = ID<InstanceKind>
/// Identifies an operation.
public typealias OperationID = ID<OperationKind>
/// Identifies one revision of an auto scaling configuration.
public typealias AutoScalingConfigurationID = ID<AutoScalingConfigurationKind>

/// An identifier of one kind of thing: 32 lower-case hexadecimal digits.
///
/// Assigned once by the control plane from a random generator and never used again; unique among its kind.
/// Source: App Runner's service and operation ids have the same form.
public struct ID<Kind: IDKind>: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The 32 digits.
    public let rawValue: String

    /// Takes the text of an id, or gives nil when it is not 32 lower-case hexadecimal digits.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 32 else { return nil }
        guard text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        self.rawValue = String(text)
    }

    /// Draws a new id from a generator.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(high: generator.next(), low: generator.next())
    }

    /// Makes an id from its 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.rawValue = Self.digits(high) + Self.digits(low)
    }

    /// The first twelve digits: enough for people to tell ids apart.
    public var short: String { String(rawValue.prefix(12)) }

    /// The 32 digits.
    public var description: String { rawValue }

    /// Orders by text.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}

extension ID: Codable {
    /// Decodes the 32 digits.
    ///
    /// - Throws: `DecodingError.dataCorrupted` when the text is not an id.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not the id of a \(Kind.noun): 32 hexadecimal digits")
        }
        self = id
    }

    /// Encodes the 32 digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
