import Zip

/// Reads which Maven artifacts a Java archive has, also in the archives inside of it.
///
/// Maven puts a `pom.properties` into every archive; one that was shaded into another keeps its own. Where there is
/// none, the manifest and the file's name tell as much as they can.
struct JavaArchive {
    /// Reasons that are reported of one file; that there are some is what matters.
    private static let reasonsMax = 100
    private static let archiveEndings = [".jar", ".war", ".ear", ".par"]

    private let limits: InventoryLimits
    /// Bytes that may still be uncompressed, of the whole image.
    private(set) var bytesLeft: Int
    private var finding: FileFinding

    init(limits: InventoryLimits, bytesLeft: Int, layer: Int) {
        self.limits = limits
        self.bytesLeft = bytesLeft
        self.finding = FileFinding(layer: layer)
    }

    /// Reads an archive and those inside of it.
    ///
    /// What can't be read is among the finding's `unread`.
    mutating func read(_ bytes: any RandomAccessBytes, at place: Place) -> FileFinding {
        readArchive(bytes, at: place, depth: 1)
        return finding
    }

    private mutating func readArchive(_ bytes: any RandomAccessBytes, at place: Place, depth: Int) {
        do {
            let archive = try ZipArchive(
                bytes,
                limits: .init(
                    entriesMax: limits.archiveEntriesMax, directoryBytesMax: limits.archiveDirectoryBytesMax))
            let before = finding.packages.count
            var manifest: [String: String] = [:]
            for entry in archive.entries where !entry.isDirectory {
                let name = entry.text
                if name == "META-INF/MANIFEST.MF" {
                    manifest = Self.manifest(try content(of: entry, in: archive))
                } else if name.hasPrefix("META-INF/maven/"), name.hasSuffix("/pom.properties") {
                    try add(try Self.artifact(try content(of: entry, in: archive), at: place))
                } else if Self.archiveEndings.contains(where: name.lowercased().hasSuffix) {
                    readInner(entry, of: archive, at: place.inside(entry.name), depth: depth + 1)
                }
            }
            if finding.packages.count == before { try add(try Self.artifact(manifest, at: place)) }
        } catch {
            addUnread(error, at: place)
        }
    }

    private mutating func addUnread(_ error: any Error, at place: Place) {
        guard finding.unread.count < Self.reasonsMax else { return }
        finding.unread.append(Self.reason(error, at: place))
    }

    private mutating func readInner(
        _ entry: ZipArchive.Entry, of archive: ZipArchive, at place: Place, depth: Int,
    ) {
        do {
            guard depth <= limits.archiveDepthMax else {
                throw ArchiveError.limitExceeded("it lies in more than \(limits.archiveDepthMax - 1) other archives")
            }
            let inner = MemoryBytes(try content(of: entry, in: archive))
            readArchive(inner, at: place, depth: depth)
        } catch {
            addUnread(error, at: place)
        }
    }

    private mutating func content(of entry: ZipArchive.Entry, in archive: ZipArchive) throws(ArchiveError) -> [UInt8] {
        guard bytesLeft > 0 else { throw .limitExceeded("the image's archives have too much in them") }
        let (before, cost) = (bytesLeft, entry.compressedSize.addingReportingOverflow(entry.size))
        // Paid in advance, because reading what turns out to be damaged is work, too; and never nothing, so that the
        // number of entries is bounded as well.
        bytesLeft = max(0, before - 1 - Int(clamping: cost.overflow ? .max : cost.partialValue))
        return try archive.content(of: entry, bytesMax: min(limits.archiveEntryBytesMax, before))
    }

    private mutating func add(_ package: InstalledPackage?) throws(ArchiveError) {
        guard let package else { return }
        guard finding.packages.count < limits.packagesMax else { throw .limitExceeded("it has too many artifacts") }
        finding.packages.append(package)
    }

    private static func reason(_ error: any Error, at place: Place) -> String {
        let inner = place.path.split(separator: "!", maxSplits: 1).dropFirst().first.map { "\($0): " } ?? ""
        return inner + ((error as? PlaceError)?.reason ?? "\(error)")
    }

    /// Of a `pom.properties`; nil when it lacks a value, or has one that the build should have filled in.
    private static func artifact(_ text: [UInt8], at place: Place) throws(PlaceError) -> InstalledPackage? {
        var values: [String: String] = [:]
        for line in Stanzas.lines(of: text) {
            guard let separator = line.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) else {
                continue
            }
            values[Stanzas.trimmed(line[..<separator])] = Stanzas.trimmed(line[(separator + 1)...])
        }
        guard let group = values["groupId"], let artifact = values["artifactId"], let version = values["version"],
            !(group + artifact + version).contains("${"), !group.isEmpty, !artifact.isEmpty, !version.isEmpty
        else { return nil }
        return try place.package(.maven, "\(group):\(artifact)", version)
    }

    /// The main attributes, without the sections behind them.
    private static func manifest(_ text: [UInt8]) -> [String: String] {
        Stanzas.parse(
            text,
            fields: [
                "implementation-version", "implementation-vendor-id", "bundle-symbolicname", "bundle-version",
                "specification-version", "automatic-module-name",
            ]
        ).first ?? [:]
    }

    /// As far as manifest and file name tell: without a group nothing can be matched, but it is listed.
    private static func artifact(_ manifest: [String: String], at place: Place) throws(PlaceError) -> InstalledPackage?
    {
        let file = place.path.split { $0 == "/" || $0 == "!" }.last ?? ""
        let stem = file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex)
        // `artifact-name-1.2.3`: the version begins at the first hyphen with a digit behind it.
        let hyphen = stem.indices.first { index in
            stem[index] == "-" && stem[stem.index(after: index)...].first?.isNumber == true
        }
        let artifact = hyphen.map { stem[..<$0] } ?? stem
        let written = hyphen.map { String(stem[stem.index(after: $0)...]) }
        guard let version = written ?? manifest["implementation-version"] ?? manifest["bundle-version"],
            !version.isEmpty, !artifact.isEmpty
        else { return nil }
        let group = manifest["implementation-vendor-id"].flatMap { $0.isEmpty || $0.contains(" ") ? nil : $0 }
        return try place.package(.maven, group.map { "\($0):\(artifact)" } ?? String(artifact), version)
    }
}
