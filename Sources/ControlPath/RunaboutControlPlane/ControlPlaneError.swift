/// Why the control plane refused or failed; each facade maps the code to its own words.
public struct ControlPlaneError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, as a name that stays the same.
    public enum Code: String, Sendable, CaseIterable {
        /// A value is not what it has to be; `fields` says which and how.
        case invalidRequest
        /// There is nothing under this name or id.
        case notFound
        /// The name or host is taken.
        case alreadyExists
        /// An operation runs on the service.
        case operationInProgress
        /// The service is not in a state that allows this.
        case invalidState
        /// The thing is used and can't go.
        case inUse
        /// What the caller had seen (If-Match) has changed since.
        case preconditionFailed
        /// A limit on the number of things is reached.
        case limitExceeded
        /// The image does not exist in the registry.
        case imageNotFound
        /// The image can't be run: wrong platform, no command, unreadable.
        case imageInvalid
        /// The idempotency key was used for a different request.
        case idempotencyMismatch
        /// A fault of ours; the log has the cause.
        case internalError
    }

    /// What one field of the request should have been.
    public struct Field: Hashable, Sendable {
        /// The field's path in the request: `configuration.port`.
        public let path: String
        /// What it has to be and what it was.
        public let message: String

        /// Takes both values.
        public init(path: String, message: String) {
            self.path = path
            self.message = message
        }
    }

    /// What went wrong.
    public let code: Code
    /// What was attempted, on what, and what to do.
    public let message: String
    /// The fields that were wrong, for `invalidRequest`.
    public let fields: [Field]

    /// Takes all values.
    public init(code: Code, message: String, fields: [Field] = []) {
        self.code = code
        self.message = message
        self.fields = fields
    }

    /// The message and the fields.
    public var description: String {
        fields.isEmpty ? message : message + " " + fields.map { "\($0.path): \($0.message)" }.joined(separator: "; ")
    }
}
