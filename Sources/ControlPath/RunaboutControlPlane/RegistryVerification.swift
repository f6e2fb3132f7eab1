public import OCI
import OCIContentStore
import RunaboutModel
import RunaboutStore

/// What hashing a part of the registry's blobs again found.
public struct VerificationReport: Hashable, Sendable {
    /// A blob whose bytes are not those of its digest.
    public struct Damage: Hashable, Sendable {
        /// The digest it was kept under.
        public let digest: Digest
        /// The digest its bytes have.
        public let actual: Digest
        /// How many bytes it has.
        public let bytes: Int64
        /// Its name in the folder `quarantine` of the images; nil when somebody used it just then, so that it stayed.
        public let quarantinedAs: String?
        /// Repositories that served it.
        public let repositories: [String]
    }

    /// How many blobs were hashed.
    public var blobs = 0
    /// How many bytes they have.
    public var bytes: Int64 = 0
    /// Those that were damaged; they were set aside.
    public var damaged: [Damage] = []
    /// Where the next call goes on; nil once all blobs were hashed.
    public var nextToken: String?
}

extension ControlPlane {
    /// Hashes blobs again from a position on, until `Limits.verificationBytesMax` were read, and sets aside what is
    /// damaged: moved to the folder `quarantine`, never deleted.
    ///
    /// A digest that was set aside is unknown until it is pushed again.
    public func verifyRegistry(
        after token: String?, by principal: Principal,
    ) async throws(ControlPlaneError) -> VerificationReport {
        let attempt = "Verifying the registry"
        let position = try PageToken.parse(token, of: .verification)?.first ?? ""
        do {
            var report = VerificationReport()
            let blobs = try await content.blobs().filter { "\($0.digest)" > position }
            for blob in blobs {
                try Task.checkCancellation()
                if report.bytes >= Limits.verificationBytesMax.bytes { break }
                switch try await content.verify(blob.digest) {
                case .absent: break
                case .intact(let bytes): report.bytes += bytes
                case .damaged(let bytes, let actual):
                    report.bytes += bytes
                    report.damaged.append(try await setAside(blob.digest, bytes: bytes, actual: actual, principal))
                }
                report.blobs += 1
                let isLast = blob.digest == blobs.last?.digest
                report.nextToken = isLast ? nil : PageToken.text(.verification, ["\(blob.digest)"])
            }
            return report
        } catch {
            throw failure(of: attempt, error)
        }
    }

    private func setAside(
        _ digest: Digest, bytes: Int64, actual: Digest, _ principal: Principal,
    ) async throws -> VerificationReport.Damage {
        let name = try await content.quarantine(digest)
        let now = now()
        let repositories = try await store.write { transaction in
            let repositories = try transaction.repositories(holding: digest, limit: Limits.pageSizeMax)
            if name != nil {
                try transaction.appendEvent(
                    kind: "registry.quarantined", principal: principal.name, service: nil, instance: nil,
                    operation: nil, message: "The blob \(digest.short) is damaged and was set aside; push it again.",
                    now: now)
            }
            return repositories
        }
        return VerificationReport.Damage(
            digest: digest, actual: actual, bytes: bytes, quarantinedAs: name, repositories: repositories)
    }
}
