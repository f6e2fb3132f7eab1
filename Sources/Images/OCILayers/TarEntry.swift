/// One entry of a layer's archive, as it is written there: nothing about it is trusted yet.
struct TarEntry: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case file
        case directory
        case symbolicLink
        case hardLink
        case pipe
        case device
        case other(UInt8)
    }

    struct Attribute: Hashable, Sendable {
        let name: String
        let value: [UInt8]
    }

    /// Paths are bytes: Linux asks for no encoding.
    var path: [UInt8]
    var kind: Kind
    /// Permission bits, with set-user-id, set-group-id and sticky.
    var mode: UInt32
    var userID: UInt64
    var groupID: UInt64
    /// Bytes of content that follow; 0 but for files.
    var size: Int64
    /// Seconds since 1970, never negative.
    var modifiedSeconds: Int64
    /// A link's target.
    var target: [UInt8]
    var attributes: [Attribute]

    /// The path for messages.
    var name: String { String(decoding: path, as: UTF8.self) }
}
