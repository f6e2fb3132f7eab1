import OCI

/// Which uploads there are and which of them a request is using: no file is touched here.
///
/// An upload is named by its file: its id, and a fingerprint of the scope (the repository) it belongs to, so that a
/// session can be found again by the next process and never under another scope.
struct UploadTable {
    enum Claim {
        case granted(UploadSession)
        case busy
        case unknown
    }

    private struct Entry {
        let session: UploadSession
        var isClaimed: Bool
    }

    private var entries: [String: Entry]
    private let limit: Int

    init(sessions: [UploadSession], limit: Int) {
        let named = sessions.map { ($0.fileName, Entry(session: $0, isClaimed: false)) }
        self.entries = Dictionary(named, uniquingKeysWith: { first, _ in first })
        self.limit = limit
    }

    var isFull: Bool { entries.count >= limit }

    var idleSessions: [UploadSession] { entries.values.filter { !$0.isClaimed }.map(\.session) }

    /// Adds a new upload, claimed; false when there are too many.
    mutating func begin(_ session: UploadSession) -> Bool {
        guard !isFull else { return false }
        entries[session.fileName] = Entry(session: session, isClaimed: true)
        return true
    }

    mutating func claim(_ fileName: String) -> Claim {
        guard let entry = entries[fileName] else { return .unknown }
        guard !entry.isClaimed else { return .busy }
        entries[fileName]?.isClaimed = true
        return .granted(entry.session)
    }

    /// Gives a claimed upload back.
    mutating func release(_ fileName: String) { entries[fileName]?.isClaimed = false }

    /// Forgets an upload that was published, cancelled or collected.
    mutating func remove(_ fileName: String) { entries[fileName] = nil }

    static func fileName(id: UploadID, scope: String) -> String {
        let fingerprint = ContentHasher.digest(of: Array(scope.utf8)).hex.prefix(32)
        return "\(id)-\(fingerprint)"
    }
}
