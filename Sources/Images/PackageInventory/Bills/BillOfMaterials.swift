import FoundationEssentials
public import OCI

/// What a bill of materials says of itself, given from outside so that the same image gives the same bytes.
public struct BillSubject: Hashable, Sendable {
    /// The image's name for people: `repository:tag`.
    public var name: String
    /// Its manifest.
    public var image: Digest
    /// The program that made the bill, and its version.
    public var tool: (name: String, version: String) { (toolName, toolVersion) }
    /// When it was made: `2026-11-27T12:00:00Z`.
    public var createdAt: String
    /// A UUID in lower case, different for every bill.
    public var serialNumber: String

    private var toolName: String
    private var toolVersion: String

    /// Takes all values.
    public init(
        name: String, image: Digest, tool: (name: String, version: String), createdAt: String, serialNumber: String,
    ) {
        self.name = name
        self.image = image
        self.toolName = tool.name
        self.toolVersion = tool.version
        self.createdAt = createdAt
        self.serialNumber = serialNumber
    }
}

/// The formats in which an image's packages are listed for other programs.
public enum BillFormat: String, CaseIterable, Sendable {
    /// SPDX 2.3 as JSON.
    case spdx
    /// CycloneDX 1.5 as JSON.
    case cycloneDX = "cyclonedx"
}

extension ImageInventory {
    /// The inventory as a bill of materials, the same bytes for the same values.
    ///
    /// - Throws: never, but for encoding errors of Foundation.
    public func bill(_ format: BillFormat, of subject: BillSubject) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let document =
            switch format {
            case .spdx: try encoder.encode(SPDXDocument(self, subject))
            case .cycloneDX: try encoder.encode(CycloneDXDocument(self, subject))
            }
        return Array(document) + [UInt8(ascii: "\n")]
    }
}
