import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutControlPlane
import RunaboutModel
import RunaboutStore
import RunaboutTestSupport

/// The registry as a client meets it: over a real connection, with its real database and its real disk.
struct Peer: Sendable {
    /// What it answered.
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The codes of the specification's error document; none of anything else.
        var codes: [String] {
            struct Document: Decodable {
                struct Entry: Decodable {
                    let code: String
                    let message: String
                }
                let errors: [Entry]
            }
            // What is no such document has no codes, and the comparison says so.
            return (try? JSONDecoder().decode(Document.self, from: Data(body)))?.errors.map(\.code) ?? []
        }

        subscript(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    static let repository = "conformance/first"
    static let other = "conformance/second"

    let client: any TestClientProtocol

    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil,
    ) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { throw Deviation("'\(name)' is no name of a header") }
            fields[name] = value
        }
        return try await client.execute(
            uri: path, method: method, headers: fields, body: body.map { ByteBuffer(bytes: $0) },
        ) { response in
            Answer(status: response.status.code, headers: response.headers, body: Array(buffer: response.body))
        }
    }

    /// Begins an upload and gives where it goes on.
    func beginUpload(_ repository: String = Peer.repository) async throws -> String {
        try await send(.post, "/v2/\(repository)/blobs/uploads/").mustBe(202).required("Location")
    }

    /// Runs the body with a registry that holds nothing.
    static func run(_ body: @escaping @Sendable (Peer) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let now: @Sendable () -> UnixTime = { UnixTime(milliseconds: 1_700_000_000_000) }
            let store = try Store.open(path: directory.appending(path: "state.db").path, now: now()).store
            let content = try ContentStore(directory: directory.appending(path: "images").path, limits: Limits.images)
            let registry = Registry(
                store: content, catalog: StoreCatalog(store: store, now: now),
                logger: Logger(label: "registry", factory: { _ in SwiftLogNoOpLogHandler() }),
                authorize: { _, _, _ in .allowed })
            let router = Router()
            registry.addRoutes(to: router)
            try await Application(router: router).test(.live) { client in try await body(Peer(client: client)) }
            try store.close()
        }
    }
}
