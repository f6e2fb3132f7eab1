/// One frame of HTTP/2 as it stands on the wire.
///
/// Anything can be put into it, what the protocol forbids too.
///
/// Source: RFC 9113, 4.1.
package struct HTTP2Frame: Equatable, Sendable, CustomStringConvertible {
    /// The type's number, known or not.
    package let type: UInt8
    /// The flags, defined or not.
    package let flags: UInt8
    /// The stream's number; its highest bit is the reserved one.
    package let stream: UInt32
    /// What follows the nine bytes of the frame's head.
    package let payload: [UInt8]

    /// Makes a frame of a known type.
    package init(_ type: HTTP2FrameType, flags: HTTP2Flags = [], stream: UInt32 = 0, payload: [UInt8] = []) {
        self.init(type: type.rawValue, flags: flags.rawValue, stream: stream, payload: payload)
    }

    /// Makes a frame of any type.
    package init(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8]) {
        self.type = type
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    /// The bytes on the wire; the length is the payload's.
    package var bytes: [UInt8] {
        var bytes = Array(UInt32(payload.count).bigEndianBytes.dropFirst())
        bytes += [type, flags]
        bytes += stream.bigEndianBytes
        bytes += payload
        return bytes
    }

    /// The type, when it is a known one.
    package var kind: HTTP2FrameType? { HTTP2FrameType(rawValue: type) }

    func has(_ flag: HTTP2Flags) -> Bool { HTTP2Flags(rawValue: flags).contains(flag) }

    /// The type, flags, stream and length: `HEADERS(flags 5, stream 1, 20 bytes)`.
    package var description: String {
        "\(kind.map { "\($0)".uppercased() } ?? "type \(type)")(flags \(flags), stream \(stream), \(payload.count) bytes)"
    }
}

/// The types of frames.
///
/// Source: RFC 9113, 6.
package enum HTTP2FrameType: UInt8, Sendable {
    case data = 0
    case headers = 1
    case priority = 2
    case resetStream = 3
    case settings = 4
    case pushPromise = 5
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
}

/// The flags of frames.
///
/// Source: RFC 9113, 6.
package struct HTTP2Flags: OptionSet, Sendable {
    /// The bits as they stand in the frame.
    package let rawValue: UInt8

    /// Takes the bits of a frame.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The sender's last frame of the stream.
    package static let endStream = HTTP2Flags(rawValue: 0x1)
    /// SETTINGS or PING answer one of the peer's.
    package static let acknowledges = HTTP2Flags(rawValue: 0x1)
    /// No CONTINUATION follows.
    package static let endHeaders = HTTP2Flags(rawValue: 0x4)
    /// A length of padding stands first, padding last.
    package static let padded = HTTP2Flags(rawValue: 0x8)
    /// Five bytes of priority stand in front of the fields.
    package static let priority = HTTP2Flags(rawValue: 0x20)
}

/// Why a stream or connection ended.
///
/// Source: RFC 9113, 7.
package enum HTTP2Code: UInt32, Sendable, CaseIterable {
    case noError = 0
    case protocolError = 1
    case internalError = 2
    case flowControlError = 3
    case settingsTimeout = 4
    case streamClosed = 5
    case frameSizeError = 6
    case refusedStream = 7
    case cancel = 8
    case compressionError = 9
    case connectError = 10
    case enhanceYourCalm = 11
    case inadequateSecurity = 12
    case http11Required = 13

    /// The code's name, or its number when it has none.
    static func name(_ code: UInt32) -> String { HTTP2Code(rawValue: code).map { "\($0)" } ?? "code \(code)" }
}

/// The parameters of SETTINGS.
///
/// Source: RFC 9113, 6.5.2, and RFC 8441, 3.
package enum HTTP2Setting: UInt16, Sendable {
    case headerTableSize = 1
    case enablePush = 2
    case concurrentStreamsMax = 3
    case initialWindowSize = 4
    case frameSizeMax = 5
    case headerListSizeMax = 6
    case enableConnectProtocol = 8
}

extension HTTP2Frame {
    /// What a client says first.
    ///
    /// Source: RFC 9113, 3.4.
    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func settings(_ values: [(HTTP2Setting, UInt32)] = []) -> HTTP2Frame {
        settings(values.map { ($0.0.rawValue, $0.1) })
    }

    static func settings(_ values: [(UInt16, UInt32)]) -> HTTP2Frame {
        HTTP2Frame(.settings, payload: values.flatMap { $0.0.bigEndianBytes + $0.1.bigEndianBytes })
    }

    static let settingsAcknowledgement = HTTP2Frame(.settings, flags: .acknowledges)

    static func ping(_ text: String = "runabout", isAnswer: Bool = false) -> HTTP2Frame {
        HTTP2Frame(.ping, flags: isAnswer ? .acknowledges : [], payload: Array(text.utf8))
    }

    static func data(_ stream: UInt32, _ bytes: [UInt8] = [], ends: Bool = false) -> HTTP2Frame {
        HTTP2Frame(.data, flags: ends ? .endStream : [], stream: stream, payload: bytes)
    }

    static func data(_ stream: UInt32, _ text: String, ends: Bool = false) -> HTTP2Frame {
        data(stream, Array(text.utf8), ends: ends)
    }

    static func headers(_ stream: UInt32, _ block: [UInt8], ends: Bool = true, isWhole: Bool = true) -> HTTP2Frame {
        var flags: HTTP2Flags = ends ? .endStream : []
        if isWhole { flags.insert(.endHeaders) }
        return HTTP2Frame(.headers, flags: flags, stream: stream, payload: block)
    }

    static func continuation(_ stream: UInt32, _ block: [UInt8] = [], isLast: Bool = true) -> HTTP2Frame {
        HTTP2Frame(.continuation, flags: isLast ? .endHeaders : [], stream: stream, payload: block)
    }

    static func resetStream(_ stream: UInt32, _ code: HTTP2Code = .cancel) -> HTTP2Frame {
        HTTP2Frame(.resetStream, stream: stream, payload: code.rawValue.bigEndianBytes)
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> HTTP2Frame {
        HTTP2Frame(.windowUpdate, stream: stream, payload: increment.bigEndianBytes)
    }

    static func priority(_ stream: UInt32, on other: UInt32 = 0, weight: UInt8 = 15) -> HTTP2Frame {
        HTTP2Frame(.priority, stream: stream, payload: other.bigEndianBytes + [weight])
    }

    static func goAway(last: UInt32 = 0, _ code: HTTP2Code = .noError, debug: [UInt8] = []) -> HTTP2Frame {
        HTTP2Frame(.goAway, payload: last.bigEndianBytes + code.rawValue.bigEndianBytes + debug)
    }
}

extension FixedWidthInteger {
    /// The number's bytes, the most significant first.
    var bigEndianBytes: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) }
    }

    /// The number whose bytes these are, the most significant first.
    init(bigEndianBytes bytes: some Sequence<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Self($1) }
    }
}
