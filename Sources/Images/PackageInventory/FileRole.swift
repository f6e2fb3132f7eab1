/// What a file of an image means for the inventory, told by its path alone.
enum FileRole: Hashable {
    case osRelease
    case dpkgStatus
    /// Of images without dpkg itself: one file for each package.
    case dpkgSingleStatus
    /// Which files a Debian package has, one a line.
    case dpkgFileList
    /// As above, with each file's checksum in front.
    case dpkgChecksums
    case apkInstalled
    case rpmSQLite
    case rpmNdb
    case rpmBerkeley
    /// Changes to the SQLite database that are not in it yet.
    case rpmWriteAheadLog
    case pythonMetadata
    case npmPackage
    case javaArchive
    /// Anything else: it may be a program that Go built.
    case program

    init(path: [[UInt8]]) {
        let parts = path.suffix(6).map { String(decoding: $0, as: UTF8.self) }
        self = Self.database(path.count <= 5 ? parts.joined(separator: "/") : "") ?? Self.library(parts) ?? .program
    }

    private static func database(_ path: String) -> FileRole? {
        switch path {
        case "etc/os-release", "usr/lib/os-release": return .osRelease
        case "var/lib/dpkg/status": return .dpkgStatus
        case "lib/apk/db/installed", "usr/lib/apk/db/installed": return .apkInstalled
        default: break
        }
        for directory in ["var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"] where path.hasPrefix(directory) {
            switch path.dropFirst(directory.count) {
            case "rpmdb.sqlite": return .rpmSQLite
            case "rpmdb.sqlite-wal": return .rpmWriteAheadLog
            case "Packages.db": return .rpmNdb
            case "Packages": return .rpmBerkeley
            default: return nil
            }
        }
        if path.hasPrefix("var/lib/dpkg/status.d/") {
            return path.hasSuffix(".md5sums") ? .dpkgChecksums : .dpkgSingleStatus
        }
        return path.hasPrefix("var/lib/dpkg/info/") && path.hasSuffix(".list") ? .dpkgFileList : nil
    }

    private static func library(_ parts: [String]) -> FileRole? {
        guard let name = parts.last else { return nil }
        let parent = parts.dropLast().last ?? ""
        switch name {
        case "METADATA": return parent.hasSuffix(".dist-info") ? .pythonMetadata : nil
        case "PKG-INFO": return parent.hasSuffix(".egg-info") || parent == "EGG-INFO" ? .pythonMetadata : nil
        case "package.json": return isInstalled(parts.dropLast()) ? .npmPackage : nil
        default: break
        }
        if name.hasSuffix(".egg-info") { return .pythonMetadata }
        let isArchive = [".jar", ".war", ".ear", ".par"].contains { name.lowercased().hasSuffix($0) }
        return isArchive ? .javaArchive : nil
    }

    /// `node_modules/NAME` or `node_modules/@SCOPE/NAME`: not the packages that a package has for its tests.
    private static func isInstalled(_ directory: ArraySlice<String>) -> Bool {
        let last = Array(directory.suffix(3))
        guard last.count >= 2 else { return false }
        if last[last.count - 2] == "node_modules" { return !last[last.count - 1].hasPrefix("@") }
        return last.count == 3 && last[0] == "node_modules" && last[1].hasPrefix("@")
    }

    /// Whether a link in its place hides packages; os-release is often one.
    var isDatabase: Bool {
        switch self {
        case .dpkgStatus, .dpkgSingleStatus, .apkInstalled, .rpmSQLite, .rpmNdb, .rpmBerkeley: true
        case .osRelease, .dpkgFileList, .dpkgChecksums, .rpmWriteAheadLog, .pythonMetadata, .npmPackage, .javaArchive,
            .program:
            false
        }
    }
}
