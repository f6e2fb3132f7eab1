/// Which of the files that name packages belong to a distribution's own packages.
///
/// A distribution mends what it packages without changing the version that upstream gave it, so judging its Python or
/// Java files by upstream's advisories would find what is long mended. Its own packages stand for them.
struct OwnedPaths {
    /// Directories that are links into `usr` where the two were merged; lists of older packages name them.
    private static let merged = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]

    private let owned: Set<String>

    /// Takes the lists, a path on each line, and the packages to look for.
    init(of lists: [[UInt8]], among packages: [InstalledPackage]) {
        let wanted = Set(packages.lazy.filter { !$0.kind.isOfDistribution }.map { Self.file($0.path) })
        var owned: Set<String> = []
        for list in lists where !list.isEmpty && !wanted.isEmpty {
            for line in list.split(separator: UInt8(ascii: "\n")) {
                let path = Self.canonical(String(decoding: line, as: UTF8.self))
                if wanted.contains(path) { owned.insert(path) }
            }
        }
        self.owned = owned
    }

    func contains(_ package: InstalledPackage) -> Bool {
        !package.kind.isOfDistribution && owned.contains(Self.file(package.path))
    }

    /// For a file that names no packages because it was not read.
    func contains(path: String) -> Bool { owned.contains(Self.file(path)) }

    /// The file on the disk, of what may lie in an archive.
    private static func file(_ path: String) -> String {
        canonical(path.split(separator: "!", maxSplits: 1).first.map(String.init) ?? path)
    }

    private static func canonical(_ path: String) -> String {
        let first = path.prefix { $0 != "/" }
        return merged.contains(String(first)) && first.count < path.count ? "usr/\(path)" : path
    }
}
