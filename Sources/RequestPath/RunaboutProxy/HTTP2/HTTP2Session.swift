import RunaboutModel

/// One connection of HTTP/2 as a machine: bytes go in, events and bytes come out, nothing else is touched.
///
/// It keeps the rules of the protocol, both flow-control windows and the allowances of a peer; which instance answers a
/// request, and all reading and writing, is the engine's. Source: RFC 9113, RFC 7541, RFC 8441.
struct HTTP2Session: ~Copyable {
    enum Role: BitwiseCopyable {
        /// The peer sends requests.
        case server
        /// We do.
        case client
    }

    /// Where in the stream of frames we are.
    enum Phase: Equatable, BitwiseCopyable {
        /// So many bytes of the client's preface have come.
        case preface(Int)
        case frameHeader
        /// The payload is wanted as a whole.
        case payload
        /// The length of a data frame's padding is next.
        case paddingLength
        case data
        /// Nobody wants what is left of a frame.
        case skip
        case failed(HTTP2ErrorCode)
    }

    /// How far an orderly end has come.
    enum Drain: Equatable, BitwiseCopyable {
        case none
        /// The peer knows that we are going, and may have sent more before.
        case announced
        /// No stream above the last is taken.
        case final
    }

    let role: Role
    var phase: Phase
    var drain = Drain.none

    var decoder = HPACKDecoder()
    var encoder = HPACKEncoder()
    var streams = StreamTable()
    var closed = ClosedStreams()
    var peer = PeerSettings()
    var budget = WorkBudget()

    /// Frames to be sent; the engine takes them off once a turn.
    var output = ByteStore()
    /// What has come of a payload, or of a header section, that is not whole.
    var pending = ByteStore()

    // The frame that is being read.
    var headerBits: UInt64 = 0
    var headerBytes = 0
    var frame = FrameHeader()
    /// Bytes of the frame, without padding, that are to come.
    var payloadLeft = 0
    var paddingLeft = 0
    var hasSettings = false

    // The header section that is being gathered.
    /// 0 when none is.
    var blockStream: UInt32 = 0
    var blockEndsStream = false
    /// Bytes of it that are in `pending`.
    var blockBytes = 0
    var blockContinuations = 0

    // The connection's windows.
    var sendWindow: Int32 = 65_535
    var receiveWindow = Int32(Limits.http2ConnectionWindowBytes)
    var unreturned: Int32 = 0

    /// The highest stream that the peer has opened.
    var lastPeerStream: UInt32 = 0
    /// The next stream that we open.
    var nextOwnStream: UInt32 = 1
    /// Above this, streams of the peer are not taken; with a final `GOAWAY`.
    var lastTaken: UInt32 = 0x7FFF_FFFF
    /// The peer has said that it is going.
    var peerIsLeaving = false
    /// Where in `output` the head that is being written began.
    var openHead = -1
    /// Where the search for a writable stream goes on, so that all get their turn.
    var writableCursor = 0
    var isWindowOpen = false
    /// Streams that wait for a window or for room.
    var blockedCount = 0

    init(role: Role) {
        self.role = role
        phase = role == .server ? .preface(0) : .frameHeader
        if role == .client { output.append(Self.preface) }
        writeFirstFrames()
    }

    /// What a client says first.
    ///
    /// Source: RFC 9113 §3.4.
    static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    /// Data and header frames we take have at most this many bytes.
    ///
    /// Source: RFC 9113 §6.5.2, the initial value.
    static let frameBytesMax = 16_384

    /// Our settings, and the window of the connection beyond what everyone begins with.
    private mutating func writeFirstFrames() {
        typealias Identifier = PeerSettings.Identifier
        let entries = role == .server ? 4 : 3
        output.append(frame: .settings, length: entries * 6, flags: 0, stream: 0)
        appendSetting(Identifier.initialWindowSize, UInt32(Limits.http2StreamWindowBytes))
        appendSetting(Identifier.maxHeaderListSize, UInt32(Limits.http2HeaderListBytesMax))
        if role == .server {
            appendSetting(Identifier.maxConcurrentStreams, UInt32(Limits.http2StreamsMax))
            appendSetting(Identifier.enableConnectProtocol, 1)
        } else {
            appendSetting(Identifier.enablePush, 0)
        }
        appendWindowUpdate(0, Limits.http2ConnectionWindowBytes - 65_535)
    }

    private mutating func appendSetting(_ identifier: UInt16, _ value: UInt32) {
        output.append(UInt8(truncatingIfNeeded: identifier >> 8))
        output.append(UInt8(truncatingIfNeeded: identifier))
        output.append(bigEndian: value)
    }

    mutating func appendWindowUpdate(_ stream: UInt32, _ count: Int) {
        output.append(frame: .windowUpdate, length: 4, flags: 0, stream: stream)
        output.append(bigEndian: UInt32(count))
    }

    /// Whether so much waits to be sent that nothing more should be read.
    ///
    /// Answers to control frames go to the output whatever is in it; this is what bounds them.
    var isBacklogged: Bool { output.count >= Limits.http2OutputBytesMax + Limits.http2OutputReserveBytes }

    /// Whether the connection is of no more use once the output is sent.
    var isFinished: Bool {
        if case .failed = phase { return true }
        return streams.count == 0 && (drain == .final || peerIsLeaving)
    }

    /// Gives back what is needed only while requests run.
    mutating func releaseIdleMemory() {
        output.releaseIfEmpty()
        if phase == .frameHeader, blockStream == 0 { pending.releaseIfEmpty() }
        streams.releaseIfEmpty()
    }

    /// Time has passed for the peer's allowances.
    mutating func pass(seconds: Int) { budget.earnTime(seconds: seconds) }

    /// Ends the connection for what the peer did; the engine sends the output and closes.
    mutating func fail(_ code: HTTP2ErrorCode) -> HTTP2Event {
        openHead = -1
        appendGoAway(last: lastPeerStream, code: code)
        phase = .failed(code)
        return .failed(code)
    }

    mutating func appendGoAway(last: UInt32, code: HTTP2ErrorCode) {
        output.append(frame: .goAway, length: 8, flags: 0, stream: 0)
        output.append(bigEndian: last)
        output.append(bigEndian: code.rawValue)
    }

    /// Begins an orderly end: no new streams after a round trip, those that are open go on.
    ///
    /// The first `GOAWAY` names no stream, so that requests on their way are still taken. Source: RFC 9113 §6.8.
    mutating func beginDrain() {
        guard drain == .none else { return }
        if case .failed = phase { return }
        drain = .announced
        appendGoAway(last: 0x7FFF_FFFF, code: .none)
        output.append(frame: .ping, length: 8, flags: 0, stream: 0)
        output.append(Self.drainPing)
    }

    /// Ends the acceptance of streams at once.
    mutating func finishDrain() {
        if case .failed = phase { return }
        guard drain != .final else { return }
        drain = .final
        lastTaken = lastPeerStream
        appendGoAway(last: lastPeerStream, code: .none)
    }

    /// What the `PING` behind the first `GOAWAY` holds.
    static let drainPing: StaticString = "draining"
}
