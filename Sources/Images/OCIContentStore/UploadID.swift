/// The name of an upload session, given by the store and hard to guess: 128 random bits.
///
/// Shape: 32 lower-case hexadecimal digits.
public struct UploadID: Hashable, Sendable, CustomStringConvertible {
    /// The 32 digits.
    public let description: String

    /// Makes a new one.
    init() {
        var generator = SystemRandomNumberGenerator()
        self.description = Hexadecimal.text(of: generator.next()) + Hexadecimal.text(of: generator.next())
    }

    /// Takes a text of the form, or gives nil.
    public init?(_ text: some StringProtocol) {
        let isHex = text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard text.utf8.count == 32, isHex else { return nil }
        self.description = String(text)
    }
}

/// Fixed-width hexadecimal text.
enum Hexadecimal {
    /// Sixteen digits.
    static func text(of value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
