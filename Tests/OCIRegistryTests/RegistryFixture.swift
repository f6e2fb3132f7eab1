import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutTestSupport
import Testing

/// What the registry answered.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The codes of the specification's error document.
    var codes: [String] {
        struct Document: Decodable {
            struct Entry: Decodable {
                let code: String
                let message: String
            }
            let errors: [Entry]
        }
        // What is no such document has no codes, and the comparison in the test says so.
        return (try? JSONDecoder().decode(Document.self, from: Data(body)))?.errors.map(\.code) ?? []
    }

    subscript(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}

/// A registry with a real content store, and a client of it.
struct RegistryFixture: Sendable {
    let client: any TestClientProtocol
    let store: ContentStore
    let catalog: MemoryCatalog
    let directory: URL

    /// `127.0.0.1:PORT`, for clients of the outside.
    var host: String {
        get throws { "127.0.0.1:\(try #require(client.port))" }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil,
    ) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return try await client.execute(
            uri: path, method: method, headers: fields, body: body.map { ByteBuffer(bytes: $0) },
        ) { response in
            Answer(
                status: response.status.code, headers: response.headers, body: Array(buffer: response.body))
        }
    }

    /// Pushes a blob in one request and gives its digest.
    @discardableResult
    func pushBlob(
        _ content: [UInt8], to repository: String = "a", algorithm: Digest.Algorithm = .sha256,
    ) async throws -> Digest {
        let digest = ContentHasher.digest(of: content, algorithm: algorithm)
        let answer = try await send(.post, "/v2/\(repository)/blobs/uploads/?digest=\(digest)", body: content)
        #expect(answer.status == 201)
        return digest
    }

    /// Begins an upload and gives its location.
    func beginUpload(_ repository: String = "a") async throws -> String {
        let answer = try await send(.post, "/v2/\(repository)/blobs/uploads/")
        #expect(answer.status == 202)
        return try #require(answer["Location"])
    }
}

/// Runs the body with a registry that answers over a real connection on a free port.
func withRegistry(
    limits: ImageLimits = Limits.images,
    authorize: @escaping RegistryAuthorization = { _, _, _ in .allowed },
    _ body: @escaping @Sendable (RegistryFixture) async throws -> Void,
) async throws {
    try await withTemporaryDirectory { directory in
        try await withRegistry(in: directory, limits: limits, authorize: authorize, body)
    }
}

/// The same in a directory that the caller made.
func withRegistry(
    in directory: URL,
    limits: ImageLimits = Limits.images,
    authorize: @escaping RegistryAuthorization = { _, _, _ in .allowed },
    _ body: @escaping @Sendable (RegistryFixture) async throws -> Void,
) async throws {
    let store = try ContentStore(directory: directory.appending(path: "images").path, limits: limits)
    let catalog = MemoryCatalog()
    let router = Router()
    let registry = Registry(
        store: store, catalog: catalog, logger: Logger(label: "registry", factory: { _ in SwiftLogNoOpLogHandler() }),
        authorize: authorize)
    registry.addRoutes(to: router)
    try await Application(router: router).test(.live) { client in
        try await body(RegistryFixture(client: client, store: store, catalog: catalog, directory: directory))
    }
}
