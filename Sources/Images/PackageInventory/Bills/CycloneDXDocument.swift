import OCI

/// An inventory as CycloneDX has it.
///
/// Source: CycloneDX 1.5, JSON schema.
struct CycloneDXDocument: Encodable {
    struct Property: Encodable {
        let name: String
        let value: String
    }

    struct Component: Encodable {
        enum CodingKeys: String, CodingKey {
            case type
            case reference = "bom-ref"
            case name
            case version
            case packageURL = "purl"
            case properties
        }

        let type: String
        var reference: String?
        let name: String
        var version: String?
        var packageURL: String?
        var properties: [Property]?
    }

    struct Tools: Encodable {
        let components: [Component]
    }

    struct Metadata: Encodable {
        let timestamp: String
        let tools: Tools
        let component: Component
    }

    let bomFormat = "CycloneDX"
    let specVersion = "1.5"
    let serialNumber: String
    let version = 1
    let metadata: Metadata
    let components: [Component]

    init(_ inventory: ImageInventory, _ subject: BillSubject) {
        serialNumber = "urn:uuid:\(subject.serialNumber)"
        metadata = Metadata(
            timestamp: subject.createdAt,
            tools: Tools(components: [
                Component(type: "application", name: subject.tool.name, version: subject.tool.version)
            ]),
            component: Component(
                type: "container", reference: "image", name: subject.name, version: subject.image.description),
        )
        let system = inventory.distribution.map { distribution in
            Component(
                type: "operating-system", reference: "operating-system", name: distribution.id,
                version: distribution.versionID)
        }
        let packages = inventory.packages.enumerated().map { index, package in
            var properties = [
                Property(name: "runabout:path", value: package.path),
                Property(name: "runabout:layer", value: package.layer.description),
            ]
            if let source = package.source {
                properties.append(Property(name: "runabout:source", value: "\(source.name) \(source.version)"))
            }
            return Component(
                type: "library", reference: "package-\(index + 1)", name: package.name, version: package.version,
                packageURL: PackageURL.text(package, distribution: inventory.distribution), properties: properties)
        }
        components = (system.map { [$0] } ?? []) + packages
    }
}
