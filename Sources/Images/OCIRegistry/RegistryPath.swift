import OCI

/// What a request's path names, read from its end, since a repository's name may itself have slashes.
///
/// Source: OCI distribution-spec 1.1, "Endpoints".
enum RegistryPath: Hashable, Sendable {
    case root
    case catalog
    case tags(RepositoryName)
    case manifest(RepositoryName, reference: String)
    case blob(RepositoryName, digest: String)
    case referrers(RepositoryName, digest: String)
    case uploads(RepositoryName)
    case upload(RepositoryName, id: String)

    /// Parses the path of a request; nil when it is none of the specification's endpoints.
    ///
    /// - Throws: `RegistryError.nameInvalid` when the endpoint is known and the repository's name is not one.
    static func parse(_ path: String) throws(RegistryError) -> RegistryPath? {
        var components: [String] = []
        for component in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let decoded = percentDecoded(component) else { return nil }
            components.append(decoded)
        }
        guard components.first == "v2" else { return nil }
        components.removeFirst()
        if components.last == "" { components.removeLast() }
        if components.isEmpty { return .root }
        if components == ["_catalog"] { return .catalog }
        let count = components.count
        if count > 2, components[count - 1] == "uploads", components[count - 2] == "blobs" {
            return .uploads(try name(components.dropLast(2)))
        }
        if count > 3, components[count - 2] == "uploads", components[count - 3] == "blobs" {
            return .upload(try name(components.dropLast(3)), id: components[count - 1])
        }
        guard count > 2 else { return nil }
        let last = components[count - 1]
        switch components[count - 2] {
        case "tags" where last == "list": return .tags(try name(components.dropLast(2)))
        case "manifests": return .manifest(try name(components.dropLast(2)), reference: last)
        case "referrers": return .referrers(try name(components.dropLast(2)), digest: last)
        case "blobs": return .blob(try name(components.dropLast(2)), digest: last)
        default: return nil
        }
    }

    /// The repository, where one is named.
    var repository: RepositoryName? {
        switch self {
        case .root, .catalog: nil
        case .tags(let name), .manifest(let name, _), .blob(let name, _), .referrers(let name, _), .uploads(let name),
            .upload(let name, _):
            name
        }
    }

    private static func name(_ components: some Sequence<String>) throws(RegistryError) -> RepositoryName {
        let text = components.joined(separator: "/")
        guard let name = RepositoryName(text) else { throw .nameInvalid(text) }
        return name
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(isHexadecimal),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }
}
