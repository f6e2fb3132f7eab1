package import CTLS

/// What became of ciphertext.
package enum TLSOutcome: Hashable, Sendable {
    /// All of it was used; the rest of a record or of the handshake is still to come.
    case needsMore
    /// The room for plain text is used up: decrypt again with the ciphertext that is left.
    case needsRoom
    /// The output is full: send it and decrypt again with the ciphertext that is left.
    case needsOutput
    /// The peer said that it sends nothing more (close_notify).
    case closed
    /// The session is broken; ``TLSSession/failure`` says why, the output may hold an alert to send.
    case failed
}

/// How far decrypting went.
///
/// Plain text counts with every outcome.
package struct TLSDecrypted: Hashable, Sendable {
    /// What to do next.
    package let outcome: TLSOutcome
    /// Bytes of ciphertext that were used.
    package let consumed: Int
    /// Bytes of plain text that were made.
    package let produced: Int
}

/// What a client and the server agreed to speak (ALPN).
package enum TLSProtocol: Hashable, Sendable {
    /// The client offered nothing: HTTP/1.1 then.
    case unstated
    /// `http/1.1`.
    case http1
    /// `h2`.
    case http2
}

/// Where ciphertext goes: memory of an event loop, filled from its start and sent by the loop.
package struct TLSOutput {
    var buffer: ctls_output

    /// Takes memory, which stays the caller's.
    ///
    /// At least 32 KiB let every handshake and one record go in one piece.
    package init(_ memory: UnsafeMutableRawBufferPointer) {
        let bytes = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
        buffer = ctls_output(bytes: bytes, count: 0, capacity: memory.count)
    }

    /// Bytes that are in it.
    package var count: Int { Int(buffer.count) }

    /// What is in it.
    package var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer.bytes, count: count) }

    /// Forgets what was sent.
    package mutating func removeAll() { buffer.count = 0 }
}

/// TLS of one connection: bytes in, bytes out, nothing blocks and nothing is allocated by Swift.
///
/// A plain handle, so that it can be part of a connection's record. It belongs to the thread of its server and is freed
/// exactly once, with ``free()``, before the server is.
package struct TLSSession {
    let pointer: OpaquePointer

    /// Takes ciphertext that came from the peer and makes plain text of it; handshakes and alerts go to the output.
    ///
    /// - Parameters:
    ///   - cipher: what was received, after what was left by the call before. All of it is used up unless the outcome is
    ///     ``TLSOutcome/needsRoom``, ``TLSOutcome/needsOutput``, ``TLSOutcome/closed`` or ``TLSOutcome/failed``.
    ///   - plain: not empty. With as many bytes as the ciphertext and 16 KiB it always suffices.
    ///   - output: what has to be sent is appended.
    /// - Returns: how far it came.
    package func decrypt(
        _ cipher: UnsafeRawBufferPointer, into plain: UnsafeMutableRawBufferPointer, output: inout TLSOutput,
    ) -> TLSDecrypted {
        let done = ctls_decrypt(
            pointer, cipher.baseAddress, cipher.count, plain.baseAddress, plain.count, &output.buffer)
        let outcome: TLSOutcome =
            switch done.outcome {
            case CTLS_NEEDS_MORE: .needsMore
            case CTLS_NEEDS_ROOM: .needsRoom
            case CTLS_NEEDS_OUTPUT: .needsOutput
            case CTLS_CLOSED: .closed
            default: .failed
            }
        return TLSDecrypted(outcome: outcome, consumed: done.consumed, produced: done.produced)
    }

    /// Appends plain text to the output as records of 16 KiB, small pieces joined, the last as long as the rest.
    ///
    /// - Returns: bytes of the pieces that were taken, in order. Fewer than all when the output is full: send it and
    ///   encrypt the rest. 0 also before the handshake has ended, after ``close(output:)`` and on a broken session.
    package func encrypt(_ pieces: UnsafeBufferPointer<ctls_piece>, output: inout TLSOutput) -> Int {
        ctls_encrypt(pointer, pieces.baseAddress, pieces.count, &output.buffer)
    }

    /// Appends one piece of plain text, as ``encrypt(_:output:)-(UnsafeBufferPointer<ctls_piece>,_)`` does several.
    package func encrypt(_ piece: UnsafeRawBufferPointer, output: inout TLSOutput) -> Int {
        withUnsafePointer(to: ctls_piece(bytes: piece.baseAddress, count: piece.count)) {
            encrypt(UnsafeBufferPointer(start: $0, count: 1), output: &output)
        }
    }

    /// Tells the peer that we send nothing more (close_notify); it may still send.
    ///
    /// Does nothing before the handshake has ended or when the session is broken.
    package func close(output: inout TLSOutput) { ctls_close(pointer, &output.buffer) }

    /// Whether the handshake has ended and plain text may go either way.
    package var isHandshaken: Bool { ctls_is_handshaken(pointer) != 0 }

    /// Whether it goes on with the secrets of an earlier session.
    package var isResumed: Bool { ctls_is_resumed(pointer) != 0 }

    /// Whether it is TLS 1.3, not 1.2; only once the handshake has ended.
    package var isVersion13: Bool { ctls_version(pointer) == 0x0304 }

    /// What was agreed on; only once the handshake has ended.
    package var selectedProtocol: TLSProtocol {
        switch ctls_selected_protocol(pointer) {
        case CTLS_PROTOCOL_HTTP2: .http2
        case CTLS_PROTOCOL_HTTP1: .http1
        default: .unstated
        }
    }

    /// The host that the client asked for (SNI), as it wrote it; nil when it named none.
    package var serverName: String? { ctls_server_name(pointer).map { String(cString: $0) } }

    /// The cipher suite's name, for records: `TLS_AES_128_GCM_SHA256`.
    package var cipherSuite: String? { ctls_cipher(pointer).map { String(cString: $0) } }

    /// Why the session is broken, in few words and without secrets; nil when it is not.
    package var failure: String? { ctls_reason(pointer).map { String(cString: $0) } }

    /// Whether it broke because the client spoke HTTP without TLS.
    package var isPlainHTTP: Bool { ctls_is_plain_http(pointer) != 0 }

    /// Frees it.
    ///
    /// Sends nothing.
    package func free() { ctls_session_free(pointer) }
}
