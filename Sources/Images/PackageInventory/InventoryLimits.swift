/// The bounds of looking for packages in an image; on top of those of reading its layers.
public struct InventoryLimits: Hashable, Sendable {
    /// Bytes of one text that is read whole: a dpkg or apk database, a package's metadata.
    public var textBytesMax: Int
    /// Bytes of one RPM database or Java archive, which are copied to the disk to be read.
    public var spoolBytesMax: Int
    /// Bytes of one file inside of a Java archive.
    public var archiveEntryBytesMax: Int
    /// Entries of one Java archive.
    public var archiveEntriesMax: Int
    /// Bytes of the directory of one Java archive.
    public var archiveDirectoryBytesMax: Int
    /// How deep Java archives may lie in each other; the outermost counts.
    public var archiveDepthMax: Int
    /// Bytes uncompressed out of all Java archives of an image.
    public var archiveBytesMax: Int
    /// Bytes of what a Go program says it was built from.
    public var buildInformationBytesMax: Int
    /// Files of an image that are remembered because they name packages.
    public var filesMax: Int
    /// Packages of an image.
    public var packagesMax: Int
    /// Bytes of the lists in which distributions say which files are theirs, of all of an image.
    public var ownedPathBytesMax: Int
    /// Bytes of a package's name, version, architecture or source.
    public var fieldBytesMax: Int

    /// Takes all values.
    public init(
        textBytesMax: Int,
        spoolBytesMax: Int,
        archiveEntryBytesMax: Int,
        archiveEntriesMax: Int,
        archiveDirectoryBytesMax: Int,
        archiveDepthMax: Int,
        archiveBytesMax: Int,
        buildInformationBytesMax: Int,
        filesMax: Int,
        packagesMax: Int,
        ownedPathBytesMax: Int,
        fieldBytesMax: Int,
    ) {
        self.textBytesMax = textBytesMax
        self.spoolBytesMax = spoolBytesMax
        self.archiveEntryBytesMax = archiveEntryBytesMax
        self.archiveEntriesMax = archiveEntriesMax
        self.archiveDirectoryBytesMax = archiveDirectoryBytesMax
        self.archiveDepthMax = archiveDepthMax
        self.archiveBytesMax = archiveBytesMax
        self.buildInformationBytesMax = buildInformationBytesMax
        self.filesMax = filesMax
        self.packagesMax = packagesMax
        self.ownedPathBytesMax = ownedPathBytesMax
        self.fieldBytesMax = fieldBytesMax
    }

    /// Many times what the largest images have: a full desktop's dpkg database has 10 MB, an application server's
    /// archive 300 MB, the largest file lists 60 MB.
    public static let standard = InventoryLimits(
        textBytesMax: 67_108_864,
        spoolBytesMax: 1_073_741_824,
        archiveEntryBytesMax: 268_435_456,
        archiveEntriesMax: 200_000,
        archiveDirectoryBytesMax: 67_108_864,
        archiveDepthMax: 4,
        archiveBytesMax: 4_294_967_296,
        buildInformationBytesMax: 1_048_576,
        filesMax: 500_000,
        packagesMax: 200_000,
        ownedPathBytesMax: 268_435_456,
        fieldBytesMax: 1_024,
    )
}

/// Why an image has no inventory.
public enum InventoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is more in the image than is looked at; nothing is said about it then, rather than half.
    case limitExceeded(String)
    /// The place for temporary files can't be written.
    case temporaryFile(operation: String, errno: Int32)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .limitExceeded(let what): "the image was not scanned: it has \(what)"
        case .temporaryFile(let operation, let code):
            "the image was not scanned: \(operation) failed with error \(code)"
        }
    }
}
