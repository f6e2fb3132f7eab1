import HTTPTypes
import OCI
import OCIRegistry
import Synchronization
import Testing

@Suite struct AccessTests {
    /// One request of every kind, and what it must ask leave for.
    private static let requests: [(method: String, path: String, action: RegistryAction, repository: String?)] = [
        ("GET", "/v2/", .discover, nil), ("GET", "/v2/_catalog", .list, nil),
        ("GET", "/v2/a/b/tags/list", .pull, "a/b"), ("GET", "/v2/a/manifests/t", .pull, "a"),
        ("HEAD", "/v2/a/manifests/t", .pull, "a"), ("PUT", "/v2/a/manifests/t", .push, "a"),
        ("DELETE", "/v2/a/manifests/t", .delete, "a"), ("GET", "/v2/a/blobs/x", .pull, "a"),
        ("DELETE", "/v2/a/blobs/x", .delete, "a"), ("POST", "/v2/a/blobs/uploads/", .push, "a"),
        ("PATCH", "/v2/a/blobs/uploads/x", .push, "a"), ("PUT", "/v2/a/blobs/uploads/x", .push, "a"),
        ("GET", "/v2/a/referrers/x", .pull, "a"), ("HEAD", "/v2/a/referrers/x", .pull, "a"),
        ("GET", "/v2/a/blobs/uploads/x", .push, "a"), ("DELETE", "/v2/a/blobs/uploads/x", .push, "a"),
    ]

    @Test(arguments: requests.indices)
    func everyRequestAsksLeaveForWhatItDoes(index: Int) async throws {
        let request = Self.requests[index]
        let asked = Asked()
        let authorize: RegistryAuthorization = { head, action, repository in
            asked.note(head.method.rawValue, action, repository)
            return .denied
        }
        try await withRegistry(authorize: authorize) { registry in
            let method = try #require(HTTPRequest.Method(request.method))
            let answer = try await registry.send(method, request.path, body: method == .put ? [1] : nil)
            #expect(answer.status == 403)
            if method != .head { #expect(answer.codes == ["DENIED"]) }
            #expect(asked.all == ["\(request.method) \(request.action) \(request.repository ?? "-")"])
        }
    }

    @Test func aRequestWithoutCredentialsIsToldHowToGiveThem() async throws {
        let authorize: RegistryAuthorization = { _, _, _ in .unauthenticated }
        try await withRegistry(authorize: authorize) { registry in
            let answer = try await registry.send(.get, "/v2/")
            #expect(answer.status == 401)
            #expect(answer.codes == ["UNAUTHORIZED"])
            #expect(answer["WWW-Authenticate"] == #"Basic realm="runabout""#)
        }
    }
}

/// What an authorisation was asked.
private final class Asked: Sendable {
    private let questions = Mutex<[String]>([])

    var all: [String] { questions.withLock { $0 } }

    func note(_ method: String, _ action: RegistryAction, _ repository: String?) {
        questions.withLock { $0.append("\(method) \(action) \(repository ?? "-")") }
    }
}
