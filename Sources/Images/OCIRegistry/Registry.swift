import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
import OCI
public import OCIContentStore

/// The registry's HTTP API over a content store and a catalog.
///
/// Source: OCI distribution-spec 1.1.
public struct Registry: Sendable {
    let store: ContentStore
    let catalog: any RegistryCatalog
    let logger: Logger
    private let authorize: RegistryAuthorization

    /// Takes where bytes and names are kept, and who may do what.
    public init(
        store: ContentStore,
        catalog: any RegistryCatalog,
        logger: Logger,
        authorize: @escaping RegistryAuthorization,
    ) {
        self.store = store
        self.catalog = catalog
        self.logger = logger
        self.authorize = authorize
    }

    /// Adds `/v2` and everything below it to a router.
    public func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
        for method: HTTPRequest.Method in [.get, .head, .post, .patch, .put, .delete] {
            for path: RouterPath in ["/v2", "/v2/**"] {
                router.on(path, method: method) { request, _ in try await answer(request) }
            }
        }
    }

    /// Answers a request; every error becomes the specification's JSON here, and is logged here if it is ours.
    func answer(_ request: Request) async throws -> Response {
        var response: Response
        do {
            response = try await handle(request)
        } catch let error as RegistryError {
            response = error.response()
        } catch let error as ContentStoreError {
            response = clientError(for: error).response()
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.error("registry request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            response = RegistryError.unknown.response()
        }
        if let version = HTTPField.Name("Docker-Distribution-API-Version") {
            response.headers[version] = "registry/2.0"
        }
        if response.status == .noContent { response.headers[.contentLength] = nil }
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func handle(_ request: Request) async throws -> Response {
        guard let path = try RegistryPath.parse(request.uri.path) else { throw RegistryError.pathUnknown }
        let action = try action(of: request.method, on: path)
        switch await authorize(request.head, action, path.repository?.description) {
        case .allowed: break
        case .unauthenticated: throw RegistryError.unauthorized
        case .denied: throw RegistryError.denied
        }
        switch path {
        case .root: return Response(status: .ok, headers: [.contentType: "application/json"], body: .init(text: "{}"))
        case .catalog: return try await listRepositories(request)
        case .tags(let name): return try await listTags(name, request)
        case .manifest(let name, let reference): return try await handleManifest(name, reference, request)
        case .blob(let name, let digest): return try await handleBlob(name, digest, request)
        case .referrers(let name, let digest): return try await listReferrers(name, digest, request)
        case .uploads(let name): return try await beginUpload(name, request)
        case .upload(let name, let id): return try await handleUpload(name, id, request)
        }
    }

    /// Whether a request may pull from another repository than the one its path names.
    func mayPull(from repository: RepositoryName, _ request: Request) async -> Bool {
        await authorize(request.head, .pull, repository.description) == .allowed
    }

    private func action(of method: HTTPRequest.Method, on path: RegistryPath) throws(RegistryError) -> RegistryAction {
        let isRead = method == .get || method == .head
        switch path {
        case .root where isRead: return .discover
        case .catalog where isRead: return .list
        case .tags where isRead, .referrers where isRead: return .pull
        case .manifest where isRead, .blob where isRead: return .pull
        case .manifest where method == .put: return .push
        case .manifest where method == .delete, .blob where method == .delete: return .delete
        case .uploads where method == .post: return .push
        case .upload where method != .post && method != .head: return .push
        default: throw .methodNotAllowed
        }
    }

    /// What a client is told of an error of the store; those that are ours are logged.
    private func clientError(for error: ContentStoreError) -> RegistryError {
        switch error {
        case .blobUnknown(let digest): return .blobUnknown("\(digest)")
        case .blobTooLarge(let digest, _, let limit):
            return .sizeInvalid("\(digest) is larger than \(limit) bytes", status: .contentTooLarge)
        case .digestMismatch(let expected, let actual):
            return .digestInvalid("the content has the digest \(actual), not \(expected)")
        case .uploadUnknown(let id): return .blobUploadUnknown("\(id)")
        case .uploadBusy:
            return .blobUploadInvalid("another request is writing to this upload", status: .conflict)
        case .tooManyUploads(let limit): return .tooManyRequests("\(limit) uploads are open; finish or cancel some")
        case .storageFull:
            logger.error("registry storage is full")
            return .storageFull
        case .layoutUnreadable, .fileSystem:
            logger.error("registry storage failed", metadata: ["error": "\(error)"])
            return .unknown
        }
    }
}

extension ResponseBody {
    init(text: String) { self.init(byteBuffer: ByteBuffer(string: text)) }
}
