import HTTPTypes
import Testing

/// The workflows that the specification sorts its requirements into.
enum Category: String, CaseIterable, Sendable {
    case pull
    case push
    case contentDiscovery = "content discovery"
    case contentManagement = "content management"
}

/// One thing a registry must do, or refuse.
struct ConformanceCase: Sendable {
    let category: Category
    /// What is done and what must come of it, unique in its group.
    let name: String
    /// Throws a ``Deviation`` where the registry does otherwise.
    let check: @Sendable (Peer) async throws -> Void

    init(_ category: Category, _ name: String, _ check: @escaping @Sendable (Peer) async throws -> Void) {
        self.category = category
        self.name = name
        self.check = check
    }
}

/// Cases that run one after the other on one registry that was empty before.
struct ConformanceGroup: Sendable, CustomTestStringConvertible {
    let name: String
    let cases: [ConformanceCase]

    var testDescription: String { name }

    func count(of category: Category) -> Int { cases.count { $0.category == category } }
}

/// What a registry did otherwise than it must.
struct Deviation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Peer.Answer {
    /// Demands a status, and the code of the specification's error document that belongs to it.
    @discardableResult
    func mustBe(_ status: Int, code: String? = nil) throws -> Self {
        guard self.status == status else {
            throw Deviation("status \(self.status) where \(status) was due: \(text.prefix(200))")
        }
        if let code, codes != [code] { throw Deviation("codes \(codes) where \(code) was due") }
        return self
    }

    /// Demands that a header has a value.
    @discardableResult
    func mustHave(_ name: String, _ value: String) throws -> Self {
        guard let found = self[name] else { throw Deviation("there is no \(name) where '\(value)' was due") }
        guard found == value else { throw Deviation("\(name) is '\(found)' where '\(value)' was due") }
        return self
    }

    /// Demands exactly these bytes.
    @discardableResult
    func mustCarry(_ bytes: [UInt8]) throws -> Self {
        guard body == bytes else {
            throw Deviation("the body has \(body.count) bytes that are not the \(bytes.count) that were due")
        }
        return self
    }

    /// A header that has to be there.
    func required(_ name: String) throws -> String {
        guard let value = self[name] else { throw Deviation("there is no \(name)") }
        return value
    }
}
