import OCI

/// Where packages are being read from, and what their fields may be.
struct Place: Sendable {
    /// The file, from the image's root.
    var path: String
    var layer: Digest
    /// The layer, counted from the lowest.
    var layerIndex: Int
    var limits: InventoryLimits

    /// A package that the file names.
    ///
    /// - Throws: `PlaceError` when a field is empty, too long or has control characters: whoever reads the file by its
    ///   own rules would not take it either, and reports are no place for it.
    func package(
        _ kind: PackageKind, _ name: String, _ version: String, architecture: String? = nil,
        source: SourcePackage? = nil,
    ) throws(PlaceError) -> InstalledPackage {
        for field in [name, version, architecture ?? "-", source?.name ?? "-", source?.version ?? "-"] {
            let isSound = field.unicodeScalars.allSatisfy { $0.value >= 32 && !(127...159).contains($0.value) }
            guard !field.isEmpty, field.utf8.count <= limits.fieldBytesMax, isSound else {
                throw PlaceError(reason: "a package's field is empty, too long or not printable")
            }
        }
        return InstalledPackage(
            kind: kind, name: name, version: version, architecture: architecture, source: source, path: path,
            layer: layer)
    }

    /// The same place, inside of an archive that is there.
    func inside(_ name: [UInt8]) -> Place {
        var place = self
        place.path += "!\(readablePath([name]))"
        return place
    }
}

/// Why a file's packages could not be read.
struct PlaceError: Error, Hashable {
    let reason: String
}
