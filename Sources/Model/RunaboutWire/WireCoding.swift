public import Foundation

/// Writes and reads bodies as JSON texts.
public enum WireCoding {
    /// The JSON text of a body, its fields by name so that equal bodies give equal texts.
    ///
    /// - Throws: when a number is not finite; bodies have none.
    public static func encode(_ body: some Encodable, pretty: Bool = false) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return try encoder.encode(body)
    }

    /// A body that the server sent.
    ///
    /// Unknown fields are passed over, so that an older client reads a newer server.
    ///
    /// - Throws: what is missing or mistyped.
    public static func decode<Body: Decodable>(_ type: Body.Type, from text: Data) throws -> Body {
        try JSONDecoder().decode(type, from: text)
    }
}
