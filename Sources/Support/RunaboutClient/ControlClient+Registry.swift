import NIOHTTP1
public import RunaboutWire

extension ControlClient {
    /// Images of one repository or of all, page after page.
    public func images(of repository: String? = nil) async throws(ClientError) -> [ImageBody] {
        try await all(Ask(path: "/v1/images", query: [(name: "repository", value: repository)]))
    }

    /// Takes away what the registry holds and nothing leads to; a dry run only tells what that is.
    public func collectRegistry(dryRun: Bool) async throws(ClientError) -> CollectionBody {
        let query = [(name: "dryRun", value: dryRun ? "true" : nil as String?)]
        let ask = Ask(method: .POST, path: "/v1/registry/collections", query: query)
        return try await call(ask, as: CollectionBody.self)
    }

    /// Hashes a part of the registry's blobs again, from the token of the part before on.
    public func verifyRegistry(after token: String? = nil) async throws(ClientError) -> VerificationBody {
        let ask = Ask(method: .POST, path: "/v1/registry/verifications", query: [(name: "pageToken", value: token)])
        return try await call(ask, as: VerificationBody.self)
    }
}
