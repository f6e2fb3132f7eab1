import OCI
import OCILayers
import Zip

/// Makes an inventory out of layers, from the lowest to the uppermost.
///
/// Nothing of an image is opened by its path on the host, and no link is followed.
struct InventoryBuilder: Sendable {
    private static let whiteoutPrefix = Array(".wh.".utf8)
    private static let opaqueMarker = Array(".wh..wh..opq".utf8)
    private static let chunkBytes = 65_536
    private static let programBytesMin: Int64 = 64

    private let limits: InventoryLimits
    /// Where contents that must be read out of order are for as long as that takes.
    private let temporaryDirectory: String
    private var tree = FindingTree()
    private var layers: [Digest] = []
    private var fileCount = 0
    private var packageCount = 0
    private var ownedPathBytes = 0
    private var archiveBytesLeft: Int

    init(limits: InventoryLimits, temporaryDirectory: String) {
        self.limits = limits
        self.temporaryDirectory = temporaryDirectory
        self.archiveBytesLeft = limits.archiveBytesMax
    }

    /// Takes the next layer.
    mutating func add(_ layer: Digest, _ entries: inout LayerEntries) throws {
        layers.append(layer)
        while let entry = try entries.next() { try take(entry, from: &entries) }
    }

    private mutating func take(_ entry: LayerEntry, from entries: inout LayerEntries) throws {
        guard let name = entry.path.last else { return }
        let current = layers.count - 1
        let directory = Array(entry.path.dropLast())
        if name == Self.opaqueMarker {
            tree.removeContent(of: directory, below: current)
        } else if name.starts(with: Self.whiteoutPrefix) {
            tree.remove(directory + [Array(name.dropFirst(Self.whiteoutPrefix.count))], below: current)
        } else {
            switch entry.kind {
            case .directory: tree.makeDirectory(entry.path)
            case .file: try takeFile(entry, from: &entries)
            case .hardLink(let target): try keep(linkFinding(entry.path, to: target), at: entry.path)
            case .other:
                let reason = "a link or another thing without content is in its place"
                try keep(FileRole(path: entry.path).isDatabase ? unread(reason) : nil, at: entry.path)
            }
        }
    }

    private mutating func takeFile(_ entry: LayerEntry, from entries: inout LayerEntries) throws {
        let place = Place(
            path: readablePath(entry.path), layer: layers[layers.count - 1], layerIndex: layers.count - 1,
            limits: limits)
        let finding: FileFinding?
        do {
            finding = try self.finding(FileRole(path: entry.path), entry, place, &entries)
        } catch let error as PlaceError {
            finding = unread(error.reason)
        } catch let error as ArchiveError {
            finding = unread("\(error)")
        }
        try keep(finding.map { inherit(from: tree[entry.path], $0) }, at: entry.path)
    }

    private mutating func finding(
        _ role: FileRole, _ entry: LayerEntry, _ place: Place, _ entries: inout LayerEntries,
    ) throws -> FileFinding? {
        var finding = FileFinding(layer: place.layerIndex)
        switch role {
        case .program: return try programFinding(entry, place, &entries)
        case .rpmWriteAheadLog:
            return entry.size == 0 ? nil : unread("packages that changed last are in it, and it is not read")
        case .rpmSQLite, .rpmNdb, .rpmBerkeley:
            try checkSize(entry, max: limits.spoolBytesMax)
            return try RPMDatabase.read(role, try Spool.copy(&entries, into: temporaryDirectory), at: place)
        case .javaArchive:
            try checkSize(entry, max: limits.spoolBytesMax)
            var archive = JavaArchive(limits: limits, bytesLeft: archiveBytesLeft, layer: place.layerIndex)
            finding = archive.read(try Spool.copy(&entries, into: temporaryDirectory), at: place)
            archiveBytesLeft = archive.bytesLeft
        case .osRelease: finding.distribution = OSRelease.parse(try text(entry, &entries))
        case .dpkgStatus, .dpkgSingleStatus:
            finding.packages = try DpkgDatabase.packages(in: try text(entry, &entries), at: place)
        case .dpkgFileList:
            finding.ownedPaths = DpkgDatabase.ownedPaths(in: try text(entry, &entries), hasChecksums: false)
        case .dpkgChecksums:
            finding.ownedPaths = DpkgDatabase.ownedPaths(in: try text(entry, &entries), hasChecksums: true)
        case .apkInstalled: return try ApkDatabase.read(try text(entry, &entries), at: place)
        case .pythonMetadata:
            finding.packages = [try PythonMetadata.package(in: try text(entry, &entries), at: place)].compactMap { $0 }
        case .npmPackage:
            finding.packages = [try NPMPackage.package(in: try text(entry, &entries), at: place)].compactMap { $0 }
        }
        return finding
    }

    private func programFinding(
        _ entry: LayerEntry, _ place: Place, _ entries: inout LayerEntries,
    ) throws -> FileFinding? {
        guard entry.size >= Self.programBytesMin else { return nil }
        var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
        var count = try Spool.fill(&buffer, from: &entries)
        guard buffer.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return nil }
        var information = GoBuildInformation(bytesMax: limits.buildInformationBytesMax)
        while count > 0, !information.isDone {
            information.feed(buffer[..<count])
            count = try Spool.fill(&buffer, from: &entries)
        }
        information.finish()
        switch information.outcome {
        case .none: return nil
        case .old: return unread("it was built by a Go before 1.18, whose list of modules is not read")
        case .found(let version, let modules):
            var finding = FileFinding(layer: place.layerIndex)
            finding.packages = try GoBuildInformation.packages(goVersion: version, modules: modules, at: place)
            return finding
        }
    }

    private func text(_ entry: LayerEntry, _ entries: inout LayerEntries) throws -> [UInt8] {
        try checkSize(entry, max: limits.textBytesMax)
        var text = [UInt8](repeating: 0, count: Int(entry.size))
        var filled = 0
        while filled < text.count {
            let count = try text.withUnsafeMutableBytes { memory in
                try entries.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[filled...]))
            }
            if count == 0 { break }
            filled += count
        }
        return text
    }

    private func checkSize(_ entry: LayerEntry, max: Int) throws(ArchiveError) {
        guard entry.size <= Int64(max) else { throw .limitExceeded("it has more than \(max) bytes") }
    }

    private func unread(_ reason: String) -> FileFinding { FileFinding(layer: layers.count - 1, unread: [reason]) }

    /// Another name of a file of the same layer says what that one said, if it says the same there.
    private func linkFinding(_ path: [[UInt8]], to target: [[UInt8]]) -> FileFinding? {
        let (role, targetRole) = (FileRole(path: path), FileRole(path: target))
        guard role.isDatabase else { return nil }
        if role == targetRole, let found = tree[target] { return found }
        return unread("it is another name of '\(readablePath(target))', which was not read as a database")
    }

    /// A package that a lower layer's file had at the same path came with that layer.
    private func inherit(from old: FileFinding?, _ new: FileFinding) -> FileFinding {
        guard let old, !old.packages.isEmpty, !new.packages.isEmpty else { return new }
        func key(_ package: InstalledPackage) -> [String?] {
            [package.kind.rawValue, package.name, package.version, package.architecture, package.path]
        }
        let layers = Dictionary(old.packages.map { (key($0), $0.layer) }) { first, _ in first }
        var finding = new
        for index in finding.packages.indices {
            if let layer = layers[key(finding.packages[index])] { finding.packages[index].layer = layer }
        }
        return finding
    }

    /// Everything is counted when it comes, whether a later layer takes it away or not.
    private mutating func keep(_ finding: FileFinding?, at path: [[UInt8]]) throws(InventoryError) {
        tree.replace(path, with: finding)
        guard let finding else { return }
        fileCount += 1
        packageCount += finding.packages.count
        ownedPathBytes += finding.ownedPaths.count
        guard fileCount <= limits.filesMax else {
            throw .limitExceeded("more than \(limits.filesMax) files that name packages")
        }
        guard packageCount <= limits.packagesMax else {
            throw .limitExceeded("more than \(limits.packagesMax) packages")
        }
        guard ownedPathBytes <= limits.ownedPathBytesMax else {
            throw .limitExceeded("more than \(limits.ownedPathBytesMax) bytes of lists of files")
        }
    }

    /// The inventory of all layers so far.
    func finish() -> ImageInventory {
        let findings = tree.findings
        let packages = findings.flatMap(\.finding.packages)
        let owned = OwnedPaths(of: findings.map(\.finding.ownedPaths), among: packages)
        let unread = findings.flatMap { path, finding in
            finding.unread.map { UnreadFile(path: readablePath(path), layer: layers[finding.layer], reason: $0) }
        }
        return ImageInventory(
            // `etc/os-release` comes before `usr/lib/os-release`, which it replaces.
            distribution: findings.lazy.compactMap(\.finding.distribution).first,
            packages: packages.filter { !owned.contains($0) }.sorted(by: isBefore),
            unread: unread.filter { !owned.contains(path: $0.path) },
        )
    }

    private func isBefore(_ first: InstalledPackage, _ second: InstalledPackage) -> Bool {
        let keys = [first, second].map { package in
            [package.kind.rawValue, package.name, package.version, package.architecture ?? "", package.path]
        }
        return keys[0].lexicographicallyPrecedes(keys[1])
    }
}

/// A path for people and reports: characters that could do something to a terminal are replaced, and its end is cut
/// off.
func readablePath(_ path: [[UInt8]]) -> String {
    let bytes = Array(path.joined(separator: [UInt8(ascii: "/")]))
    var text = String.UnicodeScalarView()
    for scalar in String(decoding: bytes.prefix(4_096), as: UTF8.self).unicodeScalars {
        let isControl = scalar.value < 32 || (127...159).contains(scalar.value)
        text.append(isControl ? "\u{FFFD}" : scalar)
    }
    return String(text)
}
