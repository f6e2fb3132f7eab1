/// The name of a repository: lower-case words joined by single separators, in path components joined by `/`.
///
/// Shape: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*`, at most 255 bytes.
/// Source: OCI distribution-spec 1.1, "Pulling manifests".
public struct RepositoryName: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes a name may have.
    ///
    /// Source: distribution-spec 1.1, the limit most clients impose.
    public static let bytesMax = 255

    /// The name.
    public let description: String

    /// Takes a name of the pattern, or gives nil.
    public init?(_ text: some StringProtocol) {
        guard (1...Self.bytesMax).contains(text.utf8.count) else { return nil }
        let components = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard components.allSatisfy({ Self.isComponent($0) }) else { return nil }
        self.description = String(text)
    }

    private static func isComponent(_ bytes: some Collection<UInt8>) -> Bool {
        var separator: [UInt8] = []
        var isAtStart = true
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard isAtStart || isSeparator(separator) else { return false }
                separator = []
                isAtStart = false
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                guard !isAtStart else { return false }
                separator.append(byte)
            default:
                return false
            }
        }
        return !isAtStart && separator.isEmpty
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        switch bytes {
        case [], [UInt8(ascii: ".")], [UInt8(ascii: "_")], [UInt8(ascii: "_"), UInt8(ascii: "_")]: true
        default: bytes.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }
}

/// A name that stands for one manifest of a repository, and may be moved to another.
///
/// Shape: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
/// Source: OCI distribution-spec 1.1, "Pulling manifests".
public struct Tag: Hashable, Sendable, CustomStringConvertible {
    /// The tag clients mean when they give none.
    public static let latest = Tag(unchecked: "latest")

    /// The tag.
    public let description: String

    private init(unchecked text: String) { self.description = text }

    /// Takes a tag of the pattern, or gives nil.
    public init?(_ text: some StringProtocol) {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first else { return nil }
        let isWord = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default:
                false
            }
        }
        guard isWord, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return nil }
        self.init(unchecked: String(text))
    }
}

/// An image of the platform's own registry: a repository, and a tag or a digest.
///
/// Shape: `repository`, `repository:tag` or `repository@digest`; without either, the tag is `latest`. A host name in
/// front is not part of it: `a.example:5000/b` is refused because of the colon before the last component.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// Which manifest of the repository is meant.
    public enum Selector: Hashable, Sendable {
        /// The one the tag stands for at the moment.
        case tag(Tag)
        /// Exactly this one.
        case digest(Digest)
    }

    /// Why a text is not a reference.
    public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// The part before the tag or digest is not a repository name.
        case invalidRepository(String)
        /// The part after `:` is not a tag.
        case invalidTag(String)
        /// The part after `@` is not a digest.
        case invalidDigest(String)

        /// A sentence for people.
        public var description: String {
            switch self {
            case .invalidRepository(let text):
                "'\(text)' is not a repository name: lower-case letters and digits, with single '.', '_' or '-' between"
            case .invalidTag(let text):
                "'\(text)' is not a tag: up to 128 letters, digits, '_', '.' and '-', not beginning with '.' or '-'"
            case .invalidDigest(let text):
                "'\(text)' is not a digest: 'sha256:' and 64 or 'sha512:' and 128 lower-case hexadecimal digits"
            }
        }
    }

    /// The repository.
    public let repository: RepositoryName
    /// Which of its manifests.
    public let selector: Selector

    /// Takes both parts.
    public init(repository: RepositoryName, selector: Selector) {
        self.repository = repository
        self.selector = selector
    }

    /// Parses a reference.
    ///
    /// - Throws: the first part that does not have its form.
    public init(parsing text: String) throws(ParseError) {
        if let at = text.firstIndex(of: "@") {
            let digestText = text[text.index(after: at)...]
            self.repository = try Self.repository(text[..<at])
            guard let digest = Digest(digestText) else { throw .invalidDigest(String(digestText)) }
            self.selector = .digest(digest)
            return
        }
        guard let colon = text.firstIndex(of: ":") else {
            self.repository = try Self.repository(text[...])
            self.selector = .tag(.latest)
            return
        }
        let tagText = text[text.index(after: colon)...]
        self.repository = try Self.repository(text[..<colon])
        guard let tag = Tag(tagText) else { throw .invalidTag(String(tagText)) }
        self.selector = .tag(tag)
    }

    private static func repository(_ text: Substring) throws(ParseError) -> RepositoryName {
        guard let name = RepositoryName(text) else { throw .invalidRepository(String(text)) }
        return name
    }

    /// `repository:tag` or `repository@digest`.
    public var description: String {
        switch selector {
        case .tag(let tag): "\(repository):\(tag)"
        case .digest(let digest): "\(repository)@\(digest)"
        }
    }
}
