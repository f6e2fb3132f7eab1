import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import OCIContentStore

/// Lists of tags and repositories, in pages.
extension Registry {
    func listTags(_ repository: RepositoryName, _ request: Request) async throws -> Response {
        struct Page: Encodable {
            let name: String
            let tags: [String]
        }
        let page = try page(of: request)
        let found = try await catalog.tags(
            repository: repository.description, after: page.after, limit: page.limit + 1)
        guard let found else { throw RegistryError.nameUnknown(repository.description) }
        let tags = Array(found.prefix(page.limit))
        let next = found.count > page.limit ? tags.last : nil
        return try answer(
            Page(name: repository.description, tags: tags),
            path: "/v2/\(repository)/tags/list", next: next, limit: page.limit)
    }

    func listRepositories(_ request: Request) async throws -> Response {
        struct Page: Encodable {
            let repositories: [String]
        }
        let page = try page(of: request)
        let found = try await catalog.repositories(after: page.after, limit: page.limit + 1)
        let repositories = Array(found.prefix(page.limit))
        let next = found.count > page.limit ? repositories.last : nil
        return try answer(Page(repositories: repositories), path: "/v2/_catalog", next: next, limit: page.limit)
    }

    func page(of request: Request) throws(RegistryError) -> (after: String?, limit: Int) {
        let parameters = request.uri.queryParameters
        let after = parameters["last"].map { String($0) }
        guard let text = parameters["n"] else { return (after, store.limits.pageSizeMax) }
        guard let number = ByteRange.number(text) else {
            throw .unsupported("'n' must be a number of entries, not '\(text)'")
        }
        return (after, min(Int(number), store.limits.pageSizeMax))
    }

    private func answer(_ page: some Encodable, path: String, next: String?, limit: Int) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        var headers: HTTPFields = [.contentType: "application/json"]
        if let next, let name = HTTPField.Name("Link") {
            // Repository names and tags have no character that a query must escape, but for the slash, which may stay.
            headers[name] = "<\(path)?n=\(limit)&last=\(next)>; rel=\"next\""
        }
        let bytes = try encoder.encode(page)
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
