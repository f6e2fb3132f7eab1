import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import OCIContentStore

/// What refers to a manifest: signatures, attestations, anything that names it as its subject.
///
/// Source: OCI distribution-spec 1.1, "Listing Referrers".
extension Registry {
    /// An index of the referrers; an empty one for a manifest that nobody refers to or that does not exist.
    func listReferrers(_ repository: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        guard let subject = Digest(text) else { throw RegistryError.digestInvalid("'\(text)' is not a digest") }
        let parameters = request.uri.queryParameters
        let type = parameters["artifactType"].map { String($0) }
        let page = try page(of: request)
        let query = ReferrersQuery(
            subject: subject, artifactType: type, after: page.after, limit: max(1, page.limit),
            bytesMax: store.limits.manifestBytesMax)
        let found = try await catalog.referrers(repository: repository.description, query)
        var headers: HTTPFields = [.contentType: MediaType.imageIndex.rawValue]
        if type != nil, let name = HTTPField.Name("OCI-Filters-Applied") { headers[name] = "artifactType" }
        if found.hasMore, let last = found.manifests.last?.digest, let name = HTTPField.Name("Link") {
            var next = "/v2/\(repository)/referrers/\(subject)?n=\(query.limit)&last=\(last)"
            if let type { next += "&artifactType=\(Self.escaped(type))" }
            headers[name] = "<\(next)>; rel=\"next\""
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let bytes = try encoder.encode(ImageIndex(manifests: found.manifests))
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// A text as a query has to write it: all but letters, digits and `-._~/` as `%` and two digits.
    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126, 47: [byte]
            default: [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
