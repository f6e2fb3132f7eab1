/// Why a request was refused or failed, as the body of every answer of 400 and above.
///
/// Source: RFC 9457; its media type is `application/problem+json`. `code` and `errors` are our extensions.
public struct Problem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// `about:blank`: the status says the kind, `code` says more.
    public let type: String
    /// The status in words: `Not Found`.
    public let title: String
    /// The HTTP status.
    public let status: Int
    /// What was attempted, on what, and what to do.
    public let detail: String
    /// The path that was asked for.
    public let instance: String
    /// What went wrong, as a name that stays the same: `notFound`, `operationInProgress`.
    public let code: String
    /// The fields that were wrong, where fields were.
    public let errors: [FieldError]?

    /// Takes all values.
    public init(
        title: String, status: Int, detail: String, instance: String, code: String, errors: [FieldError] = [],
    ) {
        self.type = "about:blank"
        self.title = title
        self.status = status
        self.detail = detail
        self.instance = instance
        self.code = code
        self.errors = errors.isEmpty ? nil : errors
    }

    /// The detail, with each wrong field on a line of its own.
    public var description: String {
        ([detail] + (errors ?? []).map { "  \($0.path.isEmpty ? "the body" : $0.path): \($0.message)" })
            .joined(separator: "\n")
    }
}
