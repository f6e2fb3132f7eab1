import Zip

/// Reads RPM's databases, whichever of the three forms they have.
enum RPMDatabase {
    /// The headers in a file, each given to the body.
    static func forEachHeader(
        _ role: FileRole, _ bytes: any RandomAccessBytes, _ body: ([UInt8]) throws -> Void,
    ) throws {
        switch role {
        case .rpmSQLite:
            let file = try SQLiteFile(bytes)
            guard let root = try file.rootPage(ofTable: "Packages") else {
                throw ArchiveError.malformed("it has no table of packages")
            }
            try file.forEachRow(ofTableAt: root) { values in
                guard let blob = values.last ?? nil else { throw ArchiveError.malformed("a row has no header") }
                try body(blob)
            }
        case .rpmNdb: try NdbFile(bytes).forEachBlob(body)
        default: try BerkeleyHashFile(bytes).forEachValue(body)
        }
    }

    static func read(_ role: FileRole, _ bytes: any RandomAccessBytes, at place: Place) throws -> FileFinding {
        var finding = FileFinding(layer: place.layerIndex)
        try forEachHeader(role, bytes) { blob in
            let header = try RPMHeader(blob)
            guard let package = try header.package(at: place) else { return }
            guard finding.packages.count < place.limits.packagesMax else {
                throw ArchiveError.limitExceeded("it has more than \(place.limits.packagesMax) packages")
            }
            finding.packages.append(package)
            finding.ownedPaths += try header.ownedPaths()
            guard finding.ownedPaths.count <= place.limits.ownedPathBytesMax else {
                throw ArchiveError.limitExceeded("its packages have too many files")
            }
        }
        return finding
    }
}
