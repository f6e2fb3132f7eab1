import CTLS
import Glibc
import RunaboutLink
import RunaboutModel

@testable import RunaboutProxy

/// The seed of a random test's case; `SEED=n swift test` begins with that one.
func testSeed(_ number: UInt64) -> UInt64 { firstSeed &+ number }

private let firstSeed =
    getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0..<1 << 32)

/// An authority for tests, and certificates that it signs.
struct TestAuthority {
    let certificate: String
    private let key: String

    init(name: String = "Test authority") {
        var made = ctls_made()
        precondition(ctls_make_authority(name, 1_700_000_000, 4_000_000_000, &made) == 1)
        defer { ctls_made_free(&made) }
        certificate = String(cString: made.certificate)
        key = String(cString: made.key)
    }

    /// A certificate whose common name is its first host.
    func certificate(for hosts: [String]) -> RouterCertificate {
        let names = hosts.map { strdup($0) }
        defer { for name in names { free(name) } }
        var made = ctls_made()
        let pointers = names.map { UnsafePointer<CChar>($0) }
        let isMade = ctls_make_leaf(certificate, key, pointers, hosts.count, 1_700_000_000, 4_000_000_000, &made)
        precondition(isMade == 1)
        defer { ctls_made_free(&made) }
        return RouterCertificate(
            hosts: hosts, chain: String(cString: made.certificate), key: SecretText(String(cString: made.key)))
    }
}

/// What a client of TLS may do; keeps tickets between its connections.
///
/// Sendable: one thread uses it at a time.
final class TestTLSClient: @unchecked Sendable {
    enum Version: Int32 {
        case tls12 = 0x0303
        case tls13 = 0x0304
    }

    let pointer: OpaquePointer

    init(trusting root: String?, versions: ClosedRange<Int32> = 0x0303...0x0304) {
        guard let pointer = ctls_client_new(root, versions.lowerBound, versions.upperBound) else {
            preconditionFailure("no client")
        }
        self.pointer = pointer
    }

    convenience init(trusting root: String?, only version: Version) {
        self.init(trusting: root, versions: version.rawValue...version.rawValue)
    }

    deinit { ctls_client_free(pointer) }

    var hasTicket: Bool { ctls_client_has_ticket(pointer) != 0 }
}

/// A client's and a server's session, with memory instead of a network between them.
final class TLSWire {
    let client: TLSSession
    let server: TLSSession
    /// Plain text that came out on each side.
    private(set) var atClient: [UInt8] = []
    private(set) var atServer: [UInt8] = []
    /// What the last bytes led to.
    private(set) var clientOutcome = TLSOutcome.needsMore
    private(set) var serverOutcome = TLSOutcome.needsMore
    /// Ciphertext on its way.
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []
    /// Bytes that a delivery carries at most.
    var stride = Int.max
    /// Bytes of plain text, and of ciphertext, that a call has room for.
    var plainRoom = 65_536
    var outputRoom = 65_536
    // Has to live as long as its session.
    private let owner: TestTLSClient

    init(
        _ client: TestTLSClient, _ server: TLSServer, host: String? = "a.test", protocols: [String] = ["http/1.1"],
        resumes: Bool = false, now: MonotonicTime = .zero,
    ) throws {
        let offered = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        guard
            let made = ctls_client_session(client.pointer, host, offered, offered.count, resumes ? 1 : 0),
            let session = server.session(now: now)
        else { throw WireError.noSession }
        owner = client
        self.client = TLSSession(pointer: made)
        self.server = session
    }

    enum WireError: Error {
        case noSession
        case stuck
    }

    deinit {
        client.free()
        server.free()
    }

    /// Carries bytes until both sides have nothing to say.
    func settle() {
        feed([], toServer: false)
        var moved = true
        while moved {
            moved = deliver(toServer: true)
            if deliver(toServer: false) { moved = true }
        }
    }

    /// Carries some bytes one way; false when there were none.
    func deliver(toServer: Bool) -> Bool {
        let waiting = toServer ? self.toServer : toClient
        guard !waiting.isEmpty else { return false }
        let piece = Array(waiting.prefix(stride))
        if toServer { self.toServer.removeFirst(piece.count) } else { toClient.removeFirst(piece.count) }
        feed(piece, toServer: toServer)
        return true
    }

    /// Gives one side ciphertext, with the rooms that are set.
    func feed(_ bytes: [UInt8], toServer: Bool) {
        let session = toServer ? server : client
        var rest = bytes[...]
        while true {
            var decrypted = TLSDecrypted(outcome: .needsMore, consumed: 0, produced: 0)
            let (plain, answer) = withBuffers { plain, output in
                decrypted = rest.withUnsafeBytes { session.decrypt($0, into: plain, output: &output) }
                return decrypted.produced
            }
            rest = rest.dropFirst(decrypted.consumed)
            if toServer {
                atServer += plain
                toClient += answer
                serverOutcome = decrypted.outcome
            } else {
                atClient += plain
                self.toServer += answer
                clientOutcome = decrypted.outcome
            }
            guard decrypted.outcome == .needsRoom || decrypted.outcome == .needsOutput else { return }
        }
    }

    /// Encrypts pieces on one side, call by call until all are taken; gives how many calls took something.
    @discardableResult func send(_ pieces: [[UInt8]], fromServer: Bool) throws -> Int {
        let session = fromServer ? server : client
        var left = pieces
        var calls = 0
        while left.contains(where: { !$0.isEmpty }) {
            var taken = 0
            let (_, cipher) = withBuffers { _, output in
                taken = withVectors(left) { session.encrypt($0, output: &output) }
                return 0
            }
            guard taken > 0 else { throw WireError.stuck }
            calls += 1
            if fromServer { toClient += cipher } else { toServer += cipher }
            for index in left.indices where taken > 0 {
                let part = min(taken, left[index].count)
                left[index].removeFirst(part)
                taken -= part
            }
        }
        return calls
    }

    /// Says on one side that it sends no more.
    func close(fromServer: Bool) {
        let (_, cipher) = withBuffers { _, output in
            (fromServer ? server : client).close(output: &output)
            return 0
        }
        if fromServer { toClient += cipher } else { toServer += cipher }
    }

    func updateKeys() { _ = ctls_client_update_keys(client.pointer) }

    func renegotiate() { _ = ctls_client_renegotiate(client.pointer) }

    /// The common name that the server's certificate has.
    var peerName: String {
        var name = [CChar](repeating: 0, count: 128)
        let length = ctls_client_peer_name(client.pointer, &name, name.count)
        return String(decoding: name[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func withBuffers(
        _ body: (UnsafeMutableRawBufferPointer, inout TLSOutput) -> Int,
    ) -> (plain: [UInt8], cipher: [UInt8]) {
        let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: plainRoom, alignment: 1)
        let cipher = UnsafeMutableRawBufferPointer.allocate(byteCount: outputRoom, alignment: 1)
        defer {
            plain.deallocate()
            cipher.deallocate()
        }
        var output = TLSOutput(cipher)
        let produced = body(plain, &output)
        return (Array(plain[..<produced]), Array(output.filled))
    }

    private func withVectors<Result>(_ pieces: [[UInt8]], _ body: (UnsafeBufferPointer<ctls_piece>) -> Result) -> Result
    {
        let joined = pieces.flatMap(\.self)
        return joined.withUnsafeBytes { bytes in
            var offset = 0
            let vectors = pieces.map { piece in
                let start = bytes.baseAddress.map { $0 + offset }
                offset += piece.count
                return ctls_piece(bytes: start, count: piece.count)
            }
            return vectors.withUnsafeBufferPointer(body)
        }
    }
}
