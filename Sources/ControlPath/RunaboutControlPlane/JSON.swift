import Foundation

/// JSON in and out, apart from the rest because Foundation has an `Operation` too.
enum JSON {
    /// The value of a text.
    static func decode<Value: Decodable>(_ bytes: some Sequence<UInt8>) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    /// The text of a value, the same for equal values.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return [UInt8](try encoder.encode(value))
    }
}
