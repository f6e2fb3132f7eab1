import FoundationEssentials
import GRDB
import Glibc

/// What an import did.
public struct ImportSummary: Hashable, Codable, Sendable {
    /// Documents that were read.
    public var documents = 0
    /// Advisories that were not there before.
    public var added = 0
    /// Advisories that were there in an older form.
    public var replaced = 0
    /// Advisories that were there in the same or a newer form.
    public var unchanged = 0
    /// Of those added and replaced, advisories that were withdrawn, and so find nothing any more.
    public var withdrawn = 0
    /// Advisories about nothing that is looked for.
    public var irrelevant = 0
    /// Documents that are no advisories.
    public var skipped = 0
    /// The first reasons why some were skipped.
    public var reasons: [String] = []
}

/// Takes advisories in OSV's format into a vulnerability database.
public struct DatabaseImport: Sendable {
    /// What happens to the advisories that are there.
    public enum Mode: String, CaseIterable, Sendable {
        /// They stay, but for those that come in a newer form.
        case adding
        /// They go.
        case replacing
    }

    private let path: String
    private let limits: ImportLimits

    /// Takes the path of the database's file, which need not exist; its directory must.
    public init(into path: String, limits: ImportLimits = .standard) {
        self.path = path
        self.limits = limits
    }

    private var newPath: String { "\(path).new" }

    /// Imports a zip file as osv.dev has them, a directory of JSON documents, one document, or a file with one on each
    /// line.
    ///
    /// A new file is made beside the old one and renamed when it is whole and on the disk; whatever goes wrong, the old
    /// one stays. It blocks.
    ///
    /// - Throws: `VulnerabilityDatabaseError`; GRDB's errors when the disk is full.
    public func run(from source: String, mode: Mode = .adding, nowSeconds: Int) throws -> ImportSummary {
        let lock = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure("open", "\(path).lock") }
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw VulnerabilityDatabaseError.busy(path: path) }
        try removeNew()
        do {
            let summary = try build(from: source, mode: mode, nowSeconds: nowSeconds)
            try publish()
            return summary
        } catch {
            // The first error is the one to report; the next import removes what is left.
            try? removeNew()
            throw error
        }
    }

    private func build(from source: String, mode: Mode, nowSeconds: Int) throws -> ImportSummary {
        let hasOld = mode == .adding && access(path, F_OK) == 0
        if hasOld { try copyOld() }
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.label = "vulnerability import"
        let queue = try DatabaseQueue(path: newPath, configuration: configuration)
        let summary = try queue.writeWithoutTransaction { database in
            // Until it is renamed the file means nothing, so nothing of it has to survive.
            try database.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            var writer = AdvisoryWriter(database: database, limits: limits)
            try database.inTransaction {
                if !hasOld { try DatabaseSchema.make(in: database) }
                try AdvisorySource(path: source, limits: limits).forEachDocument { try writer.take($0, $1) }
                guard writer.summary.documents > 0 else {
                    throw VulnerabilityDatabaseError.noAdvisories(source: source, reasons: writer.summary.reasons)
                }
                try database.execute(
                    sql: "INSERT INTO import (source, importedAtSeconds, advisories) VALUES (?, ?, ?)",
                    arguments: [source, nowSeconds, writer.summary.added + writer.summary.replaced])
                return .commit
            }
            return writer.summary
        }
        try queue.close()
        return summary
    }

    /// SQLite copies what is in the old file, not its pages, so a damaged one is noticed.
    private func copyOld() throws {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let objection = try queue.read { try DatabaseSchema.objection(to: $0) }
            if let objection { throw VulnerabilityDatabaseError.unreadable(path: path, reason: objection) }
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM INTO ?", arguments: [newPath])
            }
            try queue.close()
        } catch let error as DatabaseError {
            throw VulnerabilityDatabaseError.unreadable(path: path, reason: "\(error)")
        }
    }

    private func publish() throws {
        let file = open(newPath, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", newPath) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("fsync", newPath) }
        guard rename(newPath, path) == 0 else { throw failure("rename", newPath) }
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("open", parent) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("fsync", parent) }
    }

    private func removeNew() throws {
        for name in [newPath, "\(newPath)-journal"] where unlink(name) != 0 && errno != ENOENT {
            throw failure("remove", name)
        }
    }

    private func failure(_ operation: String, _ path: String) -> VulnerabilityDatabaseError {
        .fileSystem(operation: operation, path: path, errno: errno)
    }
}
