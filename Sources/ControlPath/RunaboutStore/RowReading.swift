import Foundation
import GRDB
import OCI
import RunaboutModel

/// Reads typed values out of a row; what no version of this program writes is an error, never a trap.
struct RowReader {
    let row: Row
    let table: String

    func text(_ column: String) throws -> String { try row.decode(String.self, forColumn: column) }

    func integer(_ column: String) throws -> Int { try row.decode(Int.self, forColumn: column) }

    func wideInteger(_ column: String) throws -> Int64 { try row.decode(Int64.self, forColumn: column) }

    func time(_ column: String) throws -> UnixTime { UnixTime(milliseconds: try wideInteger(column)) }

    func optionalText(_ column: String) throws -> String? { try row.decode(String?.self, forColumn: column) }

    func optionalInteger(_ column: String) throws -> Int? { try row.decode(Int?.self, forColumn: column) }

    func optionalWideInteger(_ column: String) throws -> Int64? { try row.decode(Int64?.self, forColumn: column) }

    func optionalTime(_ column: String) throws -> UnixTime? {
        try optionalWideInteger(column).map(UnixTime.init(milliseconds:))
    }

    func id<Kind>(_ column: String) throws -> ID<Kind> { try parsed(column, text(column), as: ID<Kind>.init) }

    func optionalID<Kind>(_ column: String) throws -> ID<Kind>? {
        guard let text = try optionalText(column) else { return nil }
        return try parsed(column, text, as: ID<Kind>.init)
    }

    func digest(_ column: String) throws -> Digest { try parsed(column, text(column), as: Digest.init) }

    func optionalDigest(_ column: String) throws -> Digest? {
        guard let text = try optionalText(column) else { return nil }
        return try parsed(column, text, as: Digest.init)
    }

    func choice<Choice: RawRepresentable<String>>(_ column: String) throws -> Choice {
        try parsed(column, text(column), as: Choice.init(rawValue:))
    }

    func json<Value: Decodable>(_ column: String) throws -> Value {
        let text = try text(column)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw StoreError(.unreadableRow, "'\(table).\(column)' can't be decoded: \(error)")
        }
    }

    func optionalJSON<Value: Decodable>(_ column: String) throws -> Value? {
        guard try optionalText(column) != nil else { return nil }
        return try json(column)
    }

    private func parsed<Value>(_ column: String, _ text: String, as parse: (String) -> Value?) throws -> Value {
        guard let value = parse(text) else {
            throw StoreError(.unreadableRow, "'\(table).\(column)' holds '\(text)', which is not a \(Value.self)")
        }
        return value
    }
}

/// The JSON text of a value, the same for equal values.
func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
