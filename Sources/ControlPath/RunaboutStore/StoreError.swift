import GRDB

/// Why the store could not do what it was asked; the transaction had no effect.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, as a name that stays the same.
    public enum Code: String, Sendable, CaseIterable {
        /// The database was written by a newer program.
        case schemaNewer
        /// The file is a sound database of another program.
        case notOurs
        /// A setting that durability depends on did not take.
        case notDurable
        /// There is no row under the id.
        case notFound
        /// What the caller decided on has changed since: read anew and decide again.
        case stale
        /// A row holds what no version of this program writes.
        case unreadableRow
        /// As many are open as may be.
        case limitExceeded
        /// The disk, or the quota on it, is full.
        case storageFull
        /// The database file was damaged since it was opened.
        case damaged
        /// SQLite refused for another reason; the message has its words.
        case refused
    }

    /// What went wrong.
    public let code: Code
    /// What was attempted, on what, and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Takes SQLite's answer.
    init(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.storageFull, "The disk that holds the database is full; make room on it")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.damaged, "The database is damaged; the next start sets it aside. \(error)")
        default:
            self.init(.refused, "SQLite refused: \(error)")
        }
    }

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}
