import NIOPosix
import OCI
import Synchronization

/// Uploads: begun, found again, collected.
extension ContentStore {
    /// Starts an upload that belongs to a scope (a repository's name) and runs the body with it.
    ///
    /// When the body returns or throws without having finished or cancelled it, the session stays and can be
    /// resumed by its id.
    ///
    /// - Throws: `ContentStoreError.tooManyUploads`, `.storageFull`, `.fileSystem`, and what the body throws.
    @discardableResult
    public func withNewUpload<Result: Sendable>(
        scope: String, _ body: (UploadSession) async throws -> Result,
    ) async throws -> Result {
        if uploads.withLock({ $0.isFull }) { try await collectIdleUploadsInPool() }
        let id = UploadID()
        let fileName = UploadTable.fileName(id: id, scope: scope)
        let session = UploadSession(id: id, fileName: fileName, layout: layout, pool: pool)
        guard uploads.withLock({ $0.begin(session) }) else {
            throw ContentStoreError.tooManyUploads(limit: limits.uploadSessionsMax)
        }
        do {
            try await session.create()
        } catch {
            uploads.withLock { $0.remove(fileName) }
            throw error
        }
        defer { giveBack(session) }
        return try await body(session)
    }

    /// Takes up an upload of a scope again and runs the body with it.
    ///
    /// - Throws: `ContentStoreError.uploadUnknown`, `.uploadBusy` while another request has it, and what the body
    ///   throws.
    @discardableResult
    public func withUpload<Result: Sendable>(
        _ id: UploadID, scope: String, _ body: (UploadSession) async throws -> Result,
    ) async throws -> Result {
        let fileName = UploadTable.fileName(id: id, scope: scope)
        switch uploads.withLock({ $0.claim(fileName) }) {
        case .unknown: throw ContentStoreError.uploadUnknown(id)
        case .busy: throw ContentStoreError.uploadBusy(id)
        case .granted(let session):
            defer { giveBack(session) }
            return try await body(session)
        }
    }

    /// Removes uploads that nobody uses and nobody wrote to for `limits.uploadIdleMax`; gives how many.
    ///
    /// Runs at the start and whenever the sessions are all taken; blocks while it looks at files.
    ///
    /// - Throws: `ContentStoreError.fileSystem`.
    public func collectIdleUploads(now unixSeconds: Int64) throws -> Int {
        let oldest = unixSeconds - limits.uploadIdleMax.components.seconds
        var count = 0
        for session in uploads.withLock({ $0.idleSessions }) {
            guard case .granted = uploads.withLock({ $0.claim(session.fileName) }) else { continue }
            defer { giveBack(session) }
            if try session.removeIfUntouched(since: oldest) { count += 1 }
        }
        return count
    }

    private func collectIdleUploadsInPool() async throws {
        _ = try await pool.runIfActive { try self.collectIdleUploads(now: SystemTime.unixSeconds) }
    }

    private func giveBack(_ session: UploadSession) {
        if session.isEnded {
            uploads.withLock { $0.remove(session.fileName) }
        } else {
            session.rest()
            uploads.withLock { $0.release(session.fileName) }
        }
    }
}
