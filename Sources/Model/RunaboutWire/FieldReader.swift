/// What one field of a request body should have been.
public struct FieldError: Hashable, Sendable, Codable {
    /// The field's path: `configuration.healthCheck.path`; empty for the body itself.
    public let path: String
    /// What it has to be and what it was.
    public let message: String

    /// Takes both values.
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}

/// Why a request body was refused: every field that is wrong, not only the first.
public struct BodyError: Error, Hashable, Sendable {
    /// The fields, in the order in which they are read.
    public let fields: [FieldError]

    /// Takes the fields.
    public init(fields: [FieldError]) { self.fields = fields }
}

/// A request body that can be read from JSON without letting anything pass that it does not know.
public protocol RequestBodyDecodable {
    /// Reads its fields; what is wrong is noted in the reader, and the value is then of no use.
    init(from reader: inout FieldReader)
}

extension RequestBodyDecodable {
    /// Reads a body.
    ///
    /// - Throws: every unknown, missing or mistyped field.
    public init(json: JSONValue) throws(BodyError) {
        var errors: [FieldError] = []
        let value = FieldReader.read(json, path: "", errors: &errors) { reader in Self(from: &reader) }
        guard let value, errors.isEmpty else { throw BodyError(fields: errors) }
        self = value
    }
}

/// Takes the members of one JSON object, each by name and type, and notes what does not fit.
public struct FieldReader {
    private let path: String
    private var members: [String: JSONValue]
    private var known: [String] = []
    private var errors: [FieldError] = []

    static func read<Value>(
        _ value: JSONValue,
        path: String,
        errors: inout [FieldError],
        _ body: (inout FieldReader) -> Value,
    ) -> Value? {
        guard case .object(let members) = value else {
            errors.append(FieldError(path: path, message: "expected an object, found \(value.kind)"))
            return nil
        }
        var reader = FieldReader(path: path, members: members)
        let result = body(&reader)
        reader.noteUnknown(order: members.map(\.name))
        errors += reader.errors
        return result
    }

    private init(path: String, members: [JSONValue.Member]) {
        self.path = path
        self.members = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// A string; nil when it is absent.
    public mutating func string(_ name: String) -> String? {
        take(name, expected: "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// A string that has to be there.
    public mutating func requiredString(_ name: String) -> String {
        guard members[name] != nil else {
            known.append(name)
            note(name, "expected a string, and it is missing")
            return ""
        }
        return string(name) ?? ""
    }

    /// A whole number; nil when it is absent.
    public mutating func integer(_ name: String) -> Int? {
        take(name, expected: "a whole number") { value in
            switch value {
            case .integer(let number): Int(number)
            case .number(let number): Int(exactly: number)
            default: nil
            }
        }
    }

    /// An array of strings; nil when it is absent.
    public mutating func strings(_ name: String) -> [String]? {
        take(name, expected: "an array of strings") { value in
            guard case .array(let items) = value else { return nil }
            let texts = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
            return texts.count == items.count ? texts : nil
        }
    }

    /// An object whose values are strings; nil when it is absent.
    public mutating func stringMap(_ name: String) -> [String: String]? {
        take(name, expected: "an object of strings") { value in
            guard case .object(let members) = value else { return nil }
            var map: [String: String] = [:]
            for member in members {
                guard case .string(let text) = member.value else { return nil }
                map[member.name] = text
            }
            return map
        }
    }

    /// One of the words of an enumeration; nil when it is absent.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type,
    ) -> Choice? where Choice.RawValue == String {
        guard let text = string(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            note(name, "expected one of \(words), found '\(text)'")
            return nil
        }
        return choice
    }

    /// An object that is read by its own body; nil when it is absent.
    public mutating func object<Value: RequestBodyDecodable>(_ name: String, of type: Value.Type) -> Value? {
        known.append(name)
        guard let value = members.removeValue(forKey: name) else { return nil }
        return Self.read(value, path: self.path(of: name), errors: &errors) { reader in Value(from: &reader) }
    }

    private mutating func take<Value>(
        _ name: String, expected: String, _ convert: (JSONValue) -> Value?,
    ) -> Value? {
        known.append(name)
        guard let value = members.removeValue(forKey: name) else { return nil }
        guard let converted = convert(value) else {
            note(name, "expected \(expected), found \(Self.found(value, expected: expected))")
            return nil
        }
        return converted
    }

    private static func found(_ value: JSONValue, expected: String) -> String {
        switch value {
        case .integer(let number): "the number \(number)"
        case .number(let number): "the number \(number)"
        case .array where expected.hasPrefix("an array"): "an array with other items"
        case .object where expected.hasPrefix("an object"): "an object with other values"
        default: value.kind
        }
    }

    private func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private mutating func note(_ name: String, _ message: String) {
        errors.append(FieldError(path: path(of: name), message: message))
    }

    private mutating func noteUnknown(order: [String]) {
        for name in order where members[name] != nil && !known.contains(name) {
            note(name, "unknown field; known here: \(known.joined(separator: ", "))")
        }
    }
}
