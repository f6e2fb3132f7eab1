import Foundation
import RunaboutModel

/// Where a list goes on, as an opaque text: nobody is to take it apart, so that its inside may change.
enum PageToken {
    /// Which list a token belongs to.
    enum List: String {
        case services
        case autoScalingConfigurations
        case operations
        case images
        case verification
    }

    /// The token of a position in a list.
    static func text(_ list: List, _ position: [String]) -> String {
        let joined = ([list.rawValue] + position).joined(separator: separator)
        return Data(joined.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The position of a token; nil without a token.
    ///
    /// - Throws: `invalidRequest` when it is not a token of that list.
    static func parse(_ token: String?, of list: List) throws(ControlPlaneError) -> [String]? {
        guard let token else { return nil }
        let base64 = token.replacing("-", with: "+").replacing("_", with: "/")
        let padded = base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let bytes = Data(base64Encoded: padded), let joined = String(data: bytes, encoding: .utf8) else {
            throw refusal(token, list)
        }
        let parts = joined.components(separatedBy: separator)
        guard parts.count > 1, parts.first == list.rawValue else { throw refusal(token, list) }
        return Array(parts.dropFirst())
    }

    static func refusal(_ token: String, _ list: List) -> ControlPlaneError {
        Validation.refusal([
            .init(path: "pageToken", message: "has to be the next token of a page of this list; it was '\(token)'")
        ])
    }

    private static let separator = "\u{1F}"
}
