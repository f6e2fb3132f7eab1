import CTLS
import Glibc

@testable import RunaboutProxy

/// A blocking connection over TLS, for scripts on a thread of their own.
///
/// Sendable: one thread uses it at a time.
final class SecureWire: @unchecked Sendable {
    let wire: Wire
    let session: TLSSession
    /// Whether the server has said that nothing more comes.
    private(set) var isEnded = false
    private var plain: [UInt8] = []
    /// Goes out with the first bytes of the handshake.
    private var pending: [UInt8] = []
    // Has to live as long as its session.
    private let client: TestTLSClient
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 1)

    /// Connects and shakes hands; `before` goes in front of all that.
    init(
        port: Int, _ client: TestTLSClient, host: String? = "app.localhost", protocols: [String] = ["http/1.1"],
        resumes: Bool = false, receiveBuffer: Int32? = nil, before: String = "",
        joinsBefore: Bool = false,
    ) throws {
        wire = try Wire(port: port, receiveBuffer: receiveBuffer)
        self.client = client
        if joinsBefore { pending = Array(before.utf8) } else if !before.isEmpty { try wire.write(before) }
        let offered = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        guard let made = ctls_client_session(client.pointer, host, offered, offered.count, resumes ? 1 : 0) else {
            throw TLSWire.WireError.noSession
        }
        session = TLSSession(pointer: made)
        try take([])
        while !session.isHandshaken { try receive() }
    }

    deinit {
        session.free()
        memory.deallocate()
    }

    /// The common name that the server's certificate has.
    var peerName: String {
        var name = [CChar](repeating: 0, count: 128)
        let length = ctls_client_peer_name(session.pointer, &name, name.count)
        return String(decoding: name[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        var output = TLSOutput(memory)
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.withUnsafeBytes { session.encrypt($0, output: &output) }
            guard taken > 0 else { throw TLSWire.WireError.stuck }
            rest = rest.dropFirst(taken)
            try wire.write(Array(output.filled))
            output.removeAll()
        }
    }

    /// Says that nothing more comes.
    func close() throws {
        var output = TLSOutput(memory)
        session.close(output: &output)
        try wire.write(Array(output.filled))
    }

    func read(count: Int) throws -> [UInt8] {
        while plain.count < count { try receive() }
        defer { plain.removeFirst(count) }
        return Array(plain[..<count])
    }

    /// Some bytes; none when the server has said that nothing more comes.
    func readSome() throws -> [UInt8] {
        while plain.isEmpty, !isEnded { try receive() }
        defer { plain = [] }
        return plain
    }

    func readHead() throws -> String {
        while true {
            if let end = plain.firstRange(of: Array("\r\n\r\n".utf8)) {
                return String(decoding: try read(count: end.upperBound), as: UTF8.self)
            }
            try receive()
        }
    }

    /// Everything until the server says that it was all.
    func readToEnd() throws -> String {
        while !isEnded { try receive() }
        return String(decoding: plain, as: UTF8.self)
    }

    /// Throws when the stream ends without a word.
    private func receive() throws {
        let bytes = try wire.readSome()
        guard !bytes.isEmpty, !isEnded else { throw SocketFailure("the stream was cut") }
        try take(bytes)
    }

    private func take(_ bytes: [UInt8]) throws {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 16_384, alignment: 1)
        defer { room.deallocate() }
        var output = TLSOutput(memory)
        let decrypted = bytes.withUnsafeBytes { session.decrypt($0, into: room, output: &output) }
        plain += room[..<decrypted.produced]
        if output.count > 0 {
            try wire.write(pending + Array(output.filled))
            pending = []
        }
        switch decrypted.outcome {
        case .needsMore: break
        case .closed: isEnded = true
        default: throw SocketFailure("TLS: \(session.failure ?? "\(decrypted.outcome)")")
        }
    }
}
