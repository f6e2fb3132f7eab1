import FoundationEssentials
import RunaboutModel

/// Why bytes on the link are not a message.
public enum LinkFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A message is longer than the limit.
    case tooLong(bytes: Int)
    /// Its JSON is not a message this side knows.
    case unreadable(String)

    /// One sentence.
    public var description: String {
        switch self {
        case .tooLong(let bytes):
            "A link message of \(bytes) bytes is over the limit of \(Limits.linkMessageBytesMax) bytes."
        case .unreadable(let cause): "A link message can't be read: \(cause)"
        }
    }
}

/// Cuts a stream of bytes into messages: each is its length in four bytes, big-endian, and that many bytes of JSON.
public struct LinkFrameDecoder: Hashable, Sendable {
    private var buffer: [UInt8] = []
    private var start = 0

    /// Makes a decoder at the beginning of a connection.
    public init() {}

    /// Takes bytes as they came.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0 {
            buffer.removeSubrange(0..<start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole message's JSON; nil when more bytes are needed.
    ///
    /// - Throws: ``LinkFormatError/tooLong(bytes:)`` as soon as the length is known.
    public mutating func next() throws(LinkFormatError) -> ArraySlice<UInt8>? {
        guard buffer.count - start >= 4 else { return nil }
        let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        guard length <= Limits.linkMessageBytesMax else { throw .tooLong(bytes: length) }
        guard buffer.count - start - 4 >= length else { return nil }
        let message = buffer[start + 4..<start + 4 + length]
        start += 4 + length
        return message
    }
}

/// Turns messages into frames and JSON into messages.
public enum LinkCodec {
    /// A message with its length in front.
    ///
    /// - Throws: ``LinkFormatError``.
    public static func frame(_ message: some Encodable) throws(LinkFormatError) -> [UInt8] {
        let json: Data
        do {
            json = try JSONEncoder().encode(message)
        } catch {
            throw .unreadable("\(error)")
        }
        guard json.count <= Limits.linkMessageBytesMax else { throw .tooLong(bytes: json.count) }
        var frame: [UInt8] = []
        frame.reserveCapacity(json.count + 4)
        for shift in [24, 16, 8, 0] { frame.append(UInt8(truncatingIfNeeded: json.count >> shift)) }
        frame.append(contentsOf: json)
        return frame
    }

    /// The message that a frame holds.
    ///
    /// - Throws: ``LinkFormatError/unreadable(_:)``.
    public static func message<Message: Decodable>(
        _ type: Message.Type, from json: some Sequence<UInt8>,
    ) throws(LinkFormatError) -> Message {
        do {
            return try JSONDecoder().decode(type, from: Data(json))
        } catch {
            throw .unreadable("\(error)")
        }
    }
}
