/// The bounds of taking in advisories.
public struct ImportLimits: Hashable, Sendable {
    /// Bytes of one advisory.
    public var documentBytesMax: Int
    /// Advisories of one import.
    public var documentsMax: Int
    /// Bytes of all advisories of one import, uncompressed.
    public var bytesMax: Int
    /// Bytes of a zip file's directory.
    public var archiveDirectoryBytesMax: Int
    /// Directories one below the other.
    public var directoryDepthMax: Int
    /// Reasons for skipped advisories that are reported one by one.
    public var reasonsMax: Int

    /// Takes all values.
    public init(
        documentBytesMax: Int,
        documentsMax: Int,
        bytesMax: Int,
        archiveDirectoryBytesMax: Int,
        directoryDepthMax: Int,
        reasonsMax: Int,
    ) {
        self.documentBytesMax = documentBytesMax
        self.documentsMax = documentsMax
        self.bytesMax = bytesMax
        self.archiveDirectoryBytesMax = archiveDirectoryBytesMax
        self.directoryDepthMax = directoryDepthMax
        self.reasonsMax = reasonsMax
    }

    /// Room for all of osv.dev at once, which had 2.6 million advisories in 2026, and for the longest lists of
    /// versions.
    public static let standard = ImportLimits(
        documentBytesMax: 33_554_432,
        documentsMax: 5_000_000,
        bytesMax: 137_438_953_472,
        archiveDirectoryBytesMax: 1_073_741_824,
        directoryDepthMax: 16,
        reasonsMax: 20,
    )
}
