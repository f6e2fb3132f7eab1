/// A text that must not be seen: it is stored and sent, never printed.
///
/// Whatever prints it, a log, an error or a dump of what holds it, shows a placeholder.
public struct SecretText: Hashable, Sendable, Codable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself; not for messages.
    public let revealed: String

    /// Takes the text.
    public init(_ text: String) { revealed = text }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        revealed = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the text itself, as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(revealed)
    }

    /// A placeholder.
    public var description: String { "(secret)" }

    /// A placeholder.
    public var debugDescription: String { description }

    /// Nothing of the text.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
