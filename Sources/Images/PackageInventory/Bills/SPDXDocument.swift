import OCI

/// An inventory as SPDX has it.
///
/// Source: SPDX 2.3, JSON schema.
struct SPDXDocument: Encodable {
    struct CreationInfo: Encodable {
        let created: String
        let creators: [String]
    }

    struct Checksum: Encodable {
        let algorithm: String
        let checksumValue: String
    }

    struct ExternalReference: Encodable {
        var referenceCategory = "PACKAGE-MANAGER"
        var referenceType = "purl"
        let referenceLocator: String
    }

    struct Package: Encodable {
        enum CodingKeys: String, CodingKey {
            case id = "SPDXID"
            case name
            case versionInfo
            case downloadLocation
            case filesAnalyzed
            case copyrightText
            case licenseConcluded
            case licenseDeclared
            case primaryPackagePurpose
            case sourceInfo
            case checksums
            case externalRefs
        }

        let id: String
        let name: String
        let versionInfo: String
        let downloadLocation = "NOASSERTION"
        let filesAnalyzed = false
        let copyrightText = "NOASSERTION"
        let licenseConcluded = "NOASSERTION"
        let licenseDeclared = "NOASSERTION"
        let primaryPackagePurpose: String
        var sourceInfo: String?
        var checksums: [Checksum]?
        var externalRefs: [ExternalReference]?
    }

    struct Relationship: Encodable {
        let spdxElementId: String
        let relationshipType: String
        let relatedSpdxElement: String
    }

    enum CodingKeys: String, CodingKey {
        case spdxVersion
        case dataLicense
        case id = "SPDXID"
        case name
        case documentNamespace
        case creationInfo
        case packages
        case relationships
    }

    static let documentID = "SPDXRef-DOCUMENT"
    static let imageID = "SPDXRef-Image"

    let spdxVersion = "SPDX-2.3"
    let dataLicense = "CC0-1.0"
    let id = Self.documentID
    let name: String
    let documentNamespace: String
    let creationInfo: CreationInfo
    let packages: [Package]
    let relationships: [Relationship]

    init(_ inventory: ImageInventory, _ subject: BillSubject) {
        name = subject.name
        documentNamespace = "urn:uuid:\(subject.serialNumber)"
        creationInfo = CreationInfo(
            created: subject.createdAt, creators: ["Tool: \(subject.tool.name)-\(subject.tool.version)"])
        let image = Package(
            id: Self.imageID, name: subject.name, versionInfo: subject.image.description,
            primaryPackagePurpose: "CONTAINER",
            checksums: [
                Checksum(
                    algorithm: subject.image.algorithm.rawValue.uppercased(), checksumValue: subject.image.hex)
            ])
        let contents = inventory.packages.enumerated().map { index, package in
            Package(
                id: "SPDXRef-Package-\(index + 1)", name: package.name, versionInfo: package.version,
                primaryPackagePurpose: "LIBRARY",
                sourceInfo: "found in \(package.path) of layer \(package.layer)"
                    + (package.source.map { ", built from \($0.name) \($0.version)" } ?? ""),
                externalRefs: [
                    ExternalReference(
                        referenceLocator: PackageURL.text(package, distribution: inventory.distribution))
                ])
        }
        packages = [image] + contents
        relationships =
            [
                Relationship(
                    spdxElementId: Self.documentID, relationshipType: "DESCRIBES", relatedSpdxElement: Self.imageID)
            ]
            + contents.map { package in
                Relationship(
                    spdxElementId: Self.imageID, relationshipType: "CONTAINS", relatedSpdxElement: package.id)
            }
    }
}
