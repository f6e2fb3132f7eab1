import Foundation
public import HTTPTypes
public import RunaboutControlPlane

/// How a server finds out who asks.
///
/// Whatever it does not know is refused.
public enum Authentication: Sendable {
    /// The caller shows the token, as `Authorization: Bearer TOKEN` or as the password of `Basic` with any user name.
    case bearer(token: String, name: String = "admin")
    /// Whoever can open the socket is this principal.
    case trusted(Principal)

    /// Who sent a request with these headers; nil when they do not prove it.
    public func principal(of headers: HTTPFields) -> Principal? {
        switch self {
        case .trusted(let principal):
            return principal
        case .bearer(let token, let name):
            guard !token.isEmpty, let shown = Self.shownToken(headers) else { return nil }
            return Self.isEqual(shown, token) ? Principal(name: "token:\(name)") : nil
        }
    }

    private static func shownToken(_ headers: HTTPFields) -> String? {
        guard let value = headers[.authorization] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let credential = parts[1].trimmingCharacters(in: .whitespaces)
        switch parts[0].lowercased() {
        case "bearer":
            return credential
        case "basic":
            guard let decoded = Data(base64Encoded: credential), let text = String(data: decoded, encoding: .utf8),
                let colon = text.firstIndex(of: ":")
            else { return nil }
            return String(text[text.index(after: colon)...])
        default:
            return nil
        }
    }

    /// Compares without stopping at the first difference, so that the time taken says nothing about the token.
    static func isEqual(_ shown: String, _ token: String) -> Bool {
        let left = Array(shown.utf8)
        let right = Array(token.utf8)
        var difference = UInt8(left.count == right.count ? 0 : 1)
        for index in right.indices {
            difference |= right[index] ^ (left.isEmpty ? 0 : left[index % left.count])
        }
        return difference == 0
    }
}
