import FoundationEssentials
import GRDB
import Zip

/// Writes documents into a database that is being made.
struct AdvisoryWriter {
    private let database: Database
    private let limits: ImportLimits
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()
    private var bytes = 0
    private(set) var summary = ImportSummary()

    init(database: Database, limits: ImportLimits) {
        self.database = database
        self.limits = limits
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// Takes a document, or the reason why there is none; one that is no advisory is counted and skipped.
    mutating func take(_ name: String, _ content: Result<[UInt8], ArchiveError>) throws {
        guard summary.documents + summary.skipped < limits.documentsMax else {
            throw VulnerabilityDatabaseError.limitExceeded("there are more than \(limits.documentsMax) documents")
        }
        let document: OSVDocument
        do {
            let text = try content.get()
            bytes += text.count
            document = try decoder.decode(OSVDocument.self, from: Data(text))
        } catch {
            summary.skipped += 1
            if summary.reasons.count < limits.reasonsMax {
                let reason = (error as? ArchiveError).map { "\($0)" } ?? "it is no advisory of OSV's format"
                summary.reasons.append("\(name): \(reason)")
            }
            return
        }
        guard bytes <= limits.bytesMax else {
            throw VulnerabilityDatabaseError.limitExceeded("there are more than \(limits.bytesMax) bytes")
        }
        summary.documents += 1
        try store(document)
    }

    private mutating func store(_ document: OSVDocument) throws {
        let kept = document.withdrawn == nil ? document.kept : []
        let old = try Row.fetchOne(
            database, sql: "SELECT id, modified FROM advisory WHERE name = ?", arguments: [document.id])
        if let old {
            // Times are of one form, so their texts have their order.
            guard (old["modified"] as String) < document.modified else {
                summary.unchanged += 1
                return
            }
            try database.execute(sql: "DELETE FROM advisory WHERE id = ?", arguments: [old["id"] as Int64])
            summary.replaced += 1
        } else if kept.isEmpty, document.withdrawn == nil {
            summary.irrelevant += 1
            return
        } else {
            summary.added += 1
        }
        if document.withdrawn != nil { summary.withdrawn += 1 }
        let aliases = Set((document.aliases ?? []) + (document.upstream ?? [])).subtracting([document.id])
            .filter { !$0.contains { $0 == " " || $0.isNewline } }
        try database.execute(
            sql: "INSERT INTO advisory (name, modified, summary, aliases) VALUES (?, ?, ?, ?)",
            arguments: [document.id, document.modified, document.line, aliases.sorted().joined(separator: " ")])
        let advisory = database.lastInsertedRowID
        for (family, name, body) in kept {
            let text = String(decoding: try encoder.encode(body), as: UTF8.self)
            try database.execute(
                sql: "INSERT INTO affected (advisory, family, package, body) VALUES (?, ?, ?, ?)",
                arguments: [advisory, family, name, text])
        }
    }
}
