import FoundationEssentials
public import HTTPTypes
import Hummingbird
import NIOCore
public import OCI

/// An error as the registry's clients see it: one of the specification's codes, a status and a sentence.
///
/// Messages name what the client sent, never a path of the host.
/// Source: OCI distribution-spec 1.1, "Error Codes".
public struct RegistryError: Error, Hashable, Sendable {
    /// The codes of the specification, and two for what it has none for.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case blobUnknown = "BLOB_UNKNOWN"
        case blobUploadInvalid = "BLOB_UPLOAD_INVALID"
        case blobUploadUnknown = "BLOB_UPLOAD_UNKNOWN"
        case digestInvalid = "DIGEST_INVALID"
        case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
        case manifestInvalid = "MANIFEST_INVALID"
        case manifestUnknown = "MANIFEST_UNKNOWN"
        case nameInvalid = "NAME_INVALID"
        case nameUnknown = "NAME_UNKNOWN"
        case sizeInvalid = "SIZE_INVALID"
        case unauthorized = "UNAUTHORIZED"
        case denied = "DENIED"
        case unsupported = "UNSUPPORTED"
        case tooManyRequests = "TOOMANYREQUESTS"
        case storageFull = "STORAGE_FULL"
        case unknown = "UNKNOWN"
    }

    /// The code.
    public let code: Code
    /// The answer's status.
    public let status: HTTPResponse.Status
    /// A sentence for people.
    public let message: String
    /// Headers that belong to the answer, such as where an upload stands.
    public var headers: HTTPFields

    private init(_ code: Code, _ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:]) {
        self.code = code
        self.status = status
        self.message = message
        self.headers = headers
    }

    /// The repository has no such blob.
    public static func blobUnknown(_ digest: String) -> Self {
        Self(.blobUnknown, .notFound, "the repository has no blob \(digest)")
    }

    /// The upload can't go on like this.
    public static func blobUploadInvalid(_ message: String, status: HTTPResponse.Status = .badRequest) -> Self {
        Self(.blobUploadInvalid, status, message)
    }

    /// A chunk does not begin where the upload stands.
    public static func chunkOutOfOrder(at offset: Int64) -> Self {
        Self(.blobUploadInvalid, .rangeNotSatisfiable, "the upload has \(offset) bytes; a chunk must begin there")
    }

    /// The repository has no such upload.
    public static func blobUploadUnknown(_ id: String) -> Self {
        Self(.blobUploadUnknown, .notFound, "the repository has no upload \(id); begin a new one")
    }

    /// A digest is malformed or not that of the content.
    public static func digestInvalid(_ message: String) -> Self { Self(.digestInvalid, .badRequest, message) }

    /// A manifest refers to something the repository does not have.
    public static func manifestBlobUnknown(_ digest: Digest) -> Self {
        Self(.manifestBlobUnknown, .badRequest, "the manifest refers to \(digest), which the repository does not have")
    }

    /// A document is not a manifest of the type it claims.
    public static func manifestInvalid(_ message: String) -> Self { Self(.manifestInvalid, .badRequest, message) }

    /// The repository has no such manifest.
    public static func manifestUnknown(_ reference: String) -> Self {
        Self(.manifestUnknown, .notFound, "the repository has no manifest \(reference)")
    }

    /// The manifest is there, in a type that the request does not accept.
    public static func manifestNotAcceptable(_ reference: String, mediaType: String) -> Self {
        Self(.manifestUnknown, .notFound, "\(reference) is of type \(mediaType), which the request does not accept")
    }

    /// A repository's name is not one.
    public static func nameInvalid(_ name: String) -> Self {
        Self(.nameInvalid, .badRequest, "'\(name)' is not a repository name")
    }

    /// There is no such repository.
    public static func nameUnknown(_ name: String) -> Self {
        Self(.nameUnknown, .notFound, "there is no repository '\(name)'")
    }

    /// The bytes are fewer or more than was said or is allowed.
    public static func sizeInvalid(_ message: String, status: HTTPResponse.Status = .badRequest) -> Self {
        Self(.sizeInvalid, status, message)
    }

    /// The request says not who it is from.
    public static let unauthorized = Self(
        .unauthorized,
        .unauthorized,
        "authentication is required; log in with any user name and the token as password",
        headers: [.wwwAuthenticate: #"Basic realm="runabout""#],
    )

    /// The request's principal may not do this.
    public static let denied = Self(.denied, .forbidden, "access to this repository is denied")

    /// The registry does not do this.
    public static func unsupported(_ message: String, status: HTTPResponse.Status = .badRequest) -> Self {
        Self(.unsupported, status, message)
    }

    /// The registry does not have this method here.
    public static let methodNotAllowed = unsupported(
        "this method is not allowed here", status: .methodNotAllowed)

    /// The path is none of the registry's.
    public static let pathUnknown = unsupported("there is no such endpoint", status: .notFound)

    /// A range of a blob lies outside of it or is malformed.
    public static func rangeInvalid(size: Int64) -> Self {
        Self(
            .unsupported,
            .rangeNotSatisfiable,
            "the range is not one of a blob of \(size) bytes",
            headers: [.contentRange: "bytes */\(size)"],
        )
    }

    /// Too much is going on at once.
    public static func tooManyRequests(_ message: String) -> Self {
        Self(.tooManyRequests, .tooManyRequests, message, headers: [.retryAfter: "30"])
    }

    /// The registry's disk is full.
    public static let storageFull = Self(
        .storageFull,
        HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"),
        "the registry's storage is full; nothing of this request was kept",
    )

    /// Something failed that is not the client's business.
    public static let unknown = Self(.unknown, .internalServerError, "the registry failed; its log says why")

    /// The answer, with the specification's JSON.
    func response() -> Response {
        struct Entry: Encodable {
            let code: String
            let message: String
        }
        struct Document: Encodable {
            let errors: [Entry]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        let document = Document(errors: [Entry(code: code.rawValue, message: message)])
        // Two strings always encode; were they not to, the status would still be right.
        let bytes = (try? encoder.encode(document)) ?? Data()
        var fields = headers
        fields[.contentType] = "application/json; charset=utf-8"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
