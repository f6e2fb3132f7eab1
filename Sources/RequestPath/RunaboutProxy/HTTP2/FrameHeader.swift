/// The nine bytes in front of every frame.
///
/// Source: RFC 9113 §4.1.
struct FrameHeader: Equatable, BitwiseCopyable {
    static let byteCount = 9

    /// Bytes behind the header.
    var length = 0
    var type = FrameType.data
    var flags: UInt8 = 0
    /// 0 is the connection.
    var stream: UInt32 = 0

    /// From the first eight bytes as one number, and the ninth.
    init(_ first: UInt64, _ last: UInt8) {
        length = Int(truncatingIfNeeded: first >> 40)
        type = FrameType(rawValue: UInt8(truncatingIfNeeded: first >> 32))
        flags = UInt8(truncatingIfNeeded: first >> 24)
        // The highest bit is reserved and has no meaning.
        stream = (UInt32(truncatingIfNeeded: first & 0xFF_FFFF) << 8 | UInt32(last)) & 0x7FFF_FFFF
    }

    init() {}

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

/// Source: RFC 9113 §6.
struct FrameType: Equatable, BitwiseCopyable {
    let rawValue: UInt8

    static let data = FrameType(rawValue: 0)
    static let headers = FrameType(rawValue: 1)
    static let priority = FrameType(rawValue: 2)
    static let reset = FrameType(rawValue: 3)
    static let settings = FrameType(rawValue: 4)
    static let pushPromise = FrameType(rawValue: 5)
    static let ping = FrameType(rawValue: 6)
    static let goAway = FrameType(rawValue: 7)
    static let windowUpdate = FrameType(rawValue: 8)
    static let continuation = FrameType(rawValue: 9)
}

/// Bits of a frame's flags; what they mean depends on its type.
enum FrameFlag {
    static let endStream: UInt8 = 1
    static let acknowledgement: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let padded: UInt8 = 8
    static let priority: UInt8 = 32
}

/// Why a stream or a connection ends.
///
/// Source: RFC 9113 §7.
struct HTTP2ErrorCode: Error, Equatable, BitwiseCopyable {
    let rawValue: UInt32

    static let none = HTTP2ErrorCode(rawValue: 0)
    static let protocolError = HTTP2ErrorCode(rawValue: 1)
    static let internalError = HTTP2ErrorCode(rawValue: 2)
    static let flowControl = HTTP2ErrorCode(rawValue: 3)
    static let settingsTimeout = HTTP2ErrorCode(rawValue: 4)
    static let streamClosed = HTTP2ErrorCode(rawValue: 5)
    static let frameSize = HTTP2ErrorCode(rawValue: 6)
    static let refusedStream = HTTP2ErrorCode(rawValue: 7)
    static let cancel = HTTP2ErrorCode(rawValue: 8)
    static let compression = HTTP2ErrorCode(rawValue: 9)
    static let connectError = HTTP2ErrorCode(rawValue: 10)
    static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 11)
    static let inadequateSecurity = HTTP2ErrorCode(rawValue: 12)
    static let http11Required = HTTP2ErrorCode(rawValue: 13)
}

extension ByteStore {
    /// Appends a frame's header.
    mutating func append(frame type: FrameType, length: Int, flags: UInt8, stream: UInt32) {
        reserve(FrameHeader.byteCount)
        append(UInt8(truncatingIfNeeded: length >> 16))
        append(UInt8(truncatingIfNeeded: length >> 8))
        append(UInt8(truncatingIfNeeded: length))
        append(type.rawValue)
        append(flags)
        append(bigEndian: stream)
    }

    /// Writes length and flags into a frame's header that has been appended before.
    mutating func setFrame(at offset: Int, length: Int, flags: UInt8) {
        self[offset] = UInt8(truncatingIfNeeded: length >> 16)
        self[offset + 1] = UInt8(truncatingIfNeeded: length >> 8)
        self[offset + 2] = UInt8(truncatingIfNeeded: length)
        self[offset + 4] = flags
    }
}
