import RunaboutModel

/// Over what a request came.
enum RequestProtocol: UInt8, Sendable {
    case http10
    case http11
    case http2

    /// As records name it.
    var name: StaticString {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        case .http2: "HTTP/2.0"
        }
    }
}

/// A service's or instance's id as a number, so that a record holds no string.
struct RecordedID: Equatable, Sendable {
    var high: UInt64
    var low: UInt64

    /// Stands for none: the generator never draws it for all practical purposes.
    static var none: RecordedID { RecordedID(high: 0, low: 0) }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The number of an id; computed once for each service and instance, not for each request.
    init<Kind>(_ id: ID<Kind>) {
        high = UInt64(id.rawValue.prefix(16), radix: 16) ?? 0
        low = UInt64(id.rawValue.suffix(16), radix: 16) ?? 0
    }
}

/// What the access log tells of one request, but for its texts: plain numbers, copied as they are.
///
/// Times are the loop's, so that making a record asks no clock.
struct AccessRecord: BitwiseCopyable {
    /// When it was accepted, monotonic, in nanoseconds.
    var acceptedAt: Int64
    var service: RecordedID
    /// The instance that it was sent to last.
    var instance: RecordedID
    /// Bytes that came from the client, the head included.
    var requestBytes: Int64
    /// Bytes that went to the client, the head included.
    var responseBytes: Int64
    /// From acceptance to the end.
    var totalNanoseconds: Int64
    /// From acceptance until it was sent to an instance; -1 when it never was.
    var queueNanoseconds: Int64
    /// What connecting to the instance took; 0 for a connection that stood already, -1 when there was none.
    var connectNanoseconds: Int64
    /// From being sent to the instance to the first byte of its answer; -1 when none came.
    var firstByteNanoseconds: Int64
    /// Of the answer's head that went to the client; 0 when none did.
    var status: UInt16
    var outcome: OutcomeCode
    var version: RequestProtocol
    var isTLS: Bool
}

extension RecordedID: BitwiseCopyable {}
extension OutcomeCode: BitwiseCopyable {}
extension RequestProtocol: BitwiseCopyable {}

/// The texts of a record, where they are now; the ring copies them.
struct AccessTexts {
    var method: UnsafeRawBufferPointer
    var host: UnsafeRawBufferPointer
    /// Cut to `Limits.accessLogTargetBytesMax`.
    var target: UnsafeRawBufferPointer
    var requestID: UnsafeRawBufferPointer
    /// The client's address.
    var peer: UnsafeRawBufferPointer
}
