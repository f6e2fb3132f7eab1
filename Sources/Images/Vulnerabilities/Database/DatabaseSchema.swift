import GRDB

/// The form of the vulnerability database's file.
enum DatabaseSchema {
    /// `RBVD`, so that another program's database is told apart.
    static let applicationID = 0x5242_5644
    /// Counted up with every change; older files are not read but imported anew.
    static let version = 1

    private static let statements = """
        CREATE TABLE advisory (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            modified TEXT NOT NULL,
            summary TEXT NOT NULL,
            aliases TEXT NOT NULL
        ) STRICT;
        CREATE TABLE affected (
            advisory INTEGER NOT NULL REFERENCES advisory (id) ON DELETE CASCADE,
            family TEXT NOT NULL,
            package TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX affectedByPackage ON affected (package, family);
        CREATE INDEX affectedByAdvisory ON affected (advisory);
        CREATE TABLE import (
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            importedAtSeconds INTEGER NOT NULL,
            advisories INTEGER NOT NULL
        ) STRICT;
        """

    static func make(in database: Database) throws {
        try database.execute(sql: statements)
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// Says what is wrong with a file; nil when it is ours.
    static func objection(to database: Database) throws -> String? {
        guard try Int.fetchOne(database, sql: "PRAGMA application_id") == applicationID else {
            return "it is another program's database"
        }
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        return found == version ? nil : "its form is \(found), this program's is \(version)"
    }
}
