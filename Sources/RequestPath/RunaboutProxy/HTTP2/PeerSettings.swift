/// What the peer has told us of itself.
///
/// Source: RFC 9113 §6.5.2, RFC 8441 §3.
struct PeerSettings: Equatable, BitwiseCopyable {
    var headerTableSize = 4_096
    var maxConcurrentStreams = 100
    var initialWindowSize: Int32 = 65_535
    var maxFrameSize = 16_384
    var enablesConnectProtocol = false

    /// What each number of a `SETTINGS` frame stands for.
    enum Identifier {
        static let headerTableSize: UInt16 = 1
        static let enablePush: UInt16 = 2
        static let maxConcurrentStreams: UInt16 = 3
        static let initialWindowSize: UInt16 = 4
        static let maxFrameSize: UInt16 = 5
        static let maxHeaderListSize: UInt16 = 6
        static let enableConnectProtocol: UInt16 = 8
    }

    /// Takes one setting; numbers that mean nothing to us are passed over.
    mutating func take(_ identifier: UInt16, _ value: UInt32, isFromServer: Bool) throws(HTTP2ErrorCode) {
        switch identifier {
        case Identifier.headerTableSize: headerTableSize = Int(value)
        case Identifier.enablePush:
            // A server may not even say that it would take pushes.
            guard value == 0 || (value == 1 && !isFromServer) else { throw .protocolError }
        case Identifier.maxConcurrentStreams: maxConcurrentStreams = Int(value)
        case Identifier.initialWindowSize:
            guard let size = Int32(exactly: value) else { throw .flowControl }
            initialWindowSize = size
        case Identifier.maxFrameSize:
            guard (16_384...16_777_215).contains(value) else { throw .protocolError }
            maxFrameSize = Int(value)
        case Identifier.enableConnectProtocol:
            guard value == 1 || (value == 0 && !enablesConnectProtocol) else { throw .protocolError }
            enablesConnectProtocol = value == 1
        default: break
        }
    }
}
