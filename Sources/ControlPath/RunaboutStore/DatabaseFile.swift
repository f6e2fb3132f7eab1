import Foundation
import GRDB
import RunaboutModel

/// The database's files before they are opened for writing: looked at without changing them, set aside when unsound.
struct DatabaseFile {
    let path: String

    /// What looking at a file found.
    private enum Finding {
        case sound
        case unsound
    }

    /// Leaves a sound database or an empty file of ours at the path, and gives where unsound files went.
    ///
    /// - Throws: `StoreError` for a newer schema or another program's database.
    func prepare(now: UnixTime) throws -> String? {
        var setAside: String?
        let exists = FileManager.default.fileExists(atPath: path)
        if exists, try examine() == .unsound {
            setAside = try moveAside(now: now)
        } else if !exists, companions.contains(where: FileManager.default.fileExists(atPath:)) {
            setAside = try moveAside(now: now)
        }
        try create()
        return setAside
    }

    private var companions: [String] { Self.suffixes.map { path + $0 } }

    /// The files beside the database: a log without its database would be replayed into a new one.
    private static let suffixes = ["-shm", "-wal", "-journal"]

    /// Makes an empty file that only its owner may read: environment variables of services are in it.
    ///
    /// SQLite gives its other files the same rights.
    private func create() throws {
        let descriptor = Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open") }
        Glibc.close(descriptor)
    }

    private func examine() throws -> Finding {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64
        // SQLite takes an empty file for a new database; ours never is, so somebody cut it.
        guard let size, size > 0 else { return .unsound }
        var configuration = Configuration()
        // A journal is left when the very first start was cut off; only a writer may roll it back, and SQLite has to.
        configuration.readonly = !FileManager.default.fileExists(atPath: path + "-journal")
        configuration.label = "runabout.store.examine"
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }  // Read only: there is nothing that closing could lose.
            return try queue.read(examine)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
        {
            return .unsound
        }
    }

    private func examine(_ database: Database) throws -> Finding {
        let problems = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
        guard problems == ["ok"] else { return .unsound }
        let applicationID = try Int32.fetchOne(database, sql: "PRAGMA application_id")
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if tables > 0, applicationID != Schema.applicationID {
            throw StoreError(
                .notOurs, "'\(path)' is a database of another program; move it away or name another state directory")
        }
        if try Schema.migrator.hasBeenSuperseded(database) {
            throw StoreError(
                .schemaNewer,
                "'\(path)' was written by a newer version of this program; install that version or a later one")
        }
        return .sound
    }

    /// Renames the files, the log first: were the database gone and its log left, a new database would replay it.
    private func moveAside(now: UnixTime) throws -> String {
        let target = unusedName(now: now)
        for suffix in Self.suffixes + [""] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: target + suffix)
        }
        try syncDirectory()
        return target
    }

    private func unusedName(now: UnixTime) -> String {
        let date = Date(timeIntervalSince1970: Double(now.milliseconds) / 1_000)
        let time = date.formatted(
            Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted, includingFractionalSeconds: true))
        let first = "\(path).set-aside-\(time)"
        var name = first
        var attempt = 1
        while (Self.suffixes + [""]).contains(where: { FileManager.default.fileExists(atPath: name + $0) }) {
            attempt += 1
            name = "\(first)-\(attempt)"
        }
        return name
    }

    private func syncDirectory() throws {
        let directory = URL(filePath: path).deletingLastPathComponent().path
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open the directory of") }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync the directory of") }
    }

    private func failure(_ verb: String) -> CocoaError {
        let reason = String(cString: strerror(errno))
        return CocoaError(
            .fileWriteUnknown,
            userInfo: [NSLocalizedDescriptionKey: "Could not \(verb) the database '\(path)': \(reason)"])
    }
}
