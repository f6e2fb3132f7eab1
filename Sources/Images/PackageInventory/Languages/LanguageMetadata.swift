import FoundationEssentials

/// Reads the metadata of one installed Python package.
///
/// Source: PyPA, "Core metadata specifications".
enum PythonMetadata {
    static func package(in text: [UInt8], at place: Place) throws(PlaceError) -> InstalledPackage? {
        // The description comes behind an empty line and may look like fields.
        let fields = Stanzas.parse(text, fields: ["name", "version"]).first ?? [:]
        guard let name = fields["name"], let version = fields["version"] else {
            throw PlaceError(reason: "it has no name and version")
        }
        return try place.package(.python, name, version)
    }
}

/// Reads the `package.json` of one installed npm package.
enum NPMPackage {
    private struct Document: Decodable {
        let name: String?
        let version: String?
    }

    /// The package; nil for a document without a name or version, as those of parts of packages are.
    static func package(in text: [UInt8], at place: Place) throws(PlaceError) -> InstalledPackage? {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(text))
        } catch {
            throw PlaceError(reason: "it is no JSON document of a package")
        }
        guard let name = document.name, let version = document.version, !name.isEmpty, !version.isEmpty else {
            return nil
        }
        return try place.package(.npm, name, version)
    }
}
