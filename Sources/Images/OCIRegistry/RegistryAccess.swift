public import HTTPTypes

/// What a request wants to do with a repository.
public enum RegistryAction: String, Hashable, Sendable, CaseIterable {
    /// Finding out that a registry answers.
    case discover
    /// Listing repositories.
    case list
    /// Reading blobs, manifests and tags.
    case pull
    /// Writing blobs, manifests and tags.
    case push
    /// Removing blobs, manifests and tags.
    case delete
}

/// What an authorisation said.
public enum RegistryVerdict: Hashable, Sendable {
    /// The request may go on.
    case allowed
    /// The request says not, or not rightly, who it is from; the client may try again with credentials.
    case unauthenticated
    /// The request's principal may not do this.
    case denied
}

/// Judges a request by its head, what it wants to do and the repository it names, if it names one.
public typealias RegistryAuthorization = @Sendable (HTTPRequest, RegistryAction, String?) async -> RegistryVerdict
