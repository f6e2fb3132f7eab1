import Foundation
import GRDB
public import RunaboutModel

/// The platform's state in one SQLite database.
///
/// One connection writes, several read; readers never wait for the writer. Every transaction is on the disk before
/// ``write(_:)`` returns.
public final class Store: Sendable {
    let writer: any DatabaseWriter
    let broadcast = EventBroadcast()

    init(writer: any DatabaseWriter) { self.writer = writer }

    /// Opens or makes the database and brings its schema up to date.
    ///
    /// A file that is not a sound database is set aside under a new name beside it, never overwritten.
    ///
    /// - Throws: `StoreError` when the schema is newer than this program or the file is another program's database;
    ///   the file is untouched then. `StoreError` and Foundation's errors when the directory can't be written.
    public static func open(path: String, now: UnixTime) throws -> StoreOpening {
        do {
            let setAside = try DatabaseFile(path: path).prepare(now: now)
            let pool = try DatabasePool(path: path, configuration: configuration())
            try makeDurable(pool)
            return try opening(of: Store(writer: pool), setAside: setAside, now: now)
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// A store in memory with a schema of its own, for tests of what is built on stores.
    package static func temporary(now: UnixTime = UnixTime(milliseconds: 0)) throws -> Store {
        let queue = try DatabaseQueue(configuration: configuration())
        return try opening(of: Store(writer: queue), setAside: nil, now: now).store
    }

    /// Runs the body in one transaction that commits when it returns and rolls back when it throws.
    ///
    /// - Throws: what the body throws, SQLite's errors as `StoreError`, and `CancellationError` when the task was
    ///   cancelled before the transaction began.
    public func write<Value: Sendable>(
        _ body: @Sendable @escaping (borrowing StoreTransaction) throws -> Value,
    ) async throws -> Value {
        let broadcast = broadcast
        do {
            return try await writer.write { database in
                try body(StoreTransaction(database: database, broadcast: broadcast))
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// Runs the body on one consistent view.
    public func read<Value: Sendable>(
        _ body: @Sendable @escaping (borrowing StoreTransaction) throws -> Value,
    ) async throws -> Value {
        let broadcast = broadcast
        do {
            return try await writer.read { database in
                try body(StoreTransaction(database: database, broadcast: broadcast))
            }
        } catch let error as DatabaseError {
            throw StoreError(error)
        }
    }

    /// Signals after each commit that added events, of one service or of any; a signal that is not taken before the next comes is merged with it.
    ///
    /// Whoever watches reads the database again for what it has not seen, so nothing is lost by merging. The stream
    /// ends when the store closes.
    ///
    /// - Throws: `limitExceeded` when `Limits.eventStreamsMax` are open.
    package func eventSignals(of service: ServiceID? = nil) throws(StoreError) -> AsyncStream<Void> {
        try broadcast.subscribe(to: service)
    }

    /// Whether the store was closed; reading fails then.
    package var isClosed: Bool { broadcast.isClosed }

    /// Closes the database after what runs, and ends what watches events.
    public func close() throws {
        broadcast.close()
        try writer.close()
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "runabout.store"
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = Limits.storeReadersMax
        configuration.busyMode = .timeout(Double(Limits.storeBusyTimeout.wholeMilliseconds) / 1_000)
        return configuration
    }

    /// GRDB sets `synchronous` back to NORMAL when it turns the write-ahead log on, so FULL is set once the pool is
    /// open: a commit that was acknowledged survives a power cut.
    private static func makeDurable(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA journal_size_limit = \(Limits.storeLogBytesMax.bytes)")
            let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            let journal = try String.fetchOne(database, sql: "PRAGMA journal_mode")
            guard synchronous == 2, journal == "wal" else {
                throw StoreError(
                    .notDurable,
                    "SQLite answered journal_mode \(journal ?? "none") and synchronous \(synchronous ?? -1) where 'wal' "
                        + "and 2 were set; the file system of the state directory may not support shared memory")
            }
        }
    }

    /// Brings the schema up to date, makes the default configuration when there has never been one, counts the epoch up.
    private static func opening(of store: Store, setAside: String?, now: UnixTime) throws -> StoreOpening {
        try Schema.migrator.migrate(store.writer)
        let epoch = try store.writer.write { database in
            let transaction = StoreTransaction(database: database, broadcast: store.broadcast)
            if try transaction.nextAutoScalingRevision(named: AutoScalingConfiguration.defaultName) == 1 {
                try transaction.insertAutoScalingConfiguration(.first(createdAt: now))
            }
            return try Int64.fetchOne(database, sql: "UPDATE meta SET epoch = epoch + 1 RETURNING epoch")
        }
        guard let epoch else { throw StoreError(.unreadableRow, "The table 'meta' is empty; restore a backup") }
        return StoreOpening(store: store, setAside: setAside, epoch: epoch)
    }
}

/// What opening the database found.
public struct StoreOpening: Sendable {
    /// The open store.
    public let store: Store
    /// Where a database file that could not be read was moved to; nil when nothing had to be.
    public let setAside: String?
    /// Goes up by one with each opening for writing; the base of route generations.
    public let epoch: Int64
}
