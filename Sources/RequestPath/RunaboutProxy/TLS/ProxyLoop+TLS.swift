import CEpoll
import CTLS
import Glibc
import RunaboutModel

/// The ciphertext buffers of a loop, one for each way; no connection has its own.
struct SealedBuffers {
    /// Where ciphertext is received.
    let received: UnsafeMutableRawBufferPointer
    private let memory: UnsafeMutableRawBufferPointer
    /// What is to be sent; empty between uses.
    var output: TLSOutput

    /// Takes memory only where it is needed.
    init(isNeeded: Bool) {
        received = .allocate(byteCount: isNeeded ? ReadBuffer.size : 0, alignment: 64)
        memory = .allocate(byteCount: isNeeded ? Limits.sealedBytesMax : 0, alignment: 64)
        output = TLSOutput(memory)
    }

    func deallocate() {
        received.deallocate()
        memory.deallocate()
    }
}

/// TLS on connections of clients.
extension ProxyLoop {
    /// Encrypts two pieces and sends what came of them, in as few writes as the output allows.
    ///
    /// False when writing has failed.
    func seal(
        _ channel: ChannelRef, _ session: TLSSession, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
    ) -> Bool {
        if channel.pointee.isWriteBroken || channel.pointee.isClosed { return false }
        let total = first.count + second.count
        var done = 0
        while done < total {
            let taken = withUnsafeTemporaryAllocation(of: ctls_piece.self, capacity: 2) { pieces in
                pieces.initializeElement(at: 0, to: ctls_piece(first.dropFirst(min(done, first.count))))
                pieces.initializeElement(at: 1, to: ctls_piece(second.dropFirst(max(0, done - first.count))))
                return session.encrypt(UnsafeBufferPointer(pieces), output: &sealed.output)
            }
            guard taken > 0 else {
                // The session is broken; there was room.
                channel.pointee.isWriteBroken = true
                channel.pointee.output.removeAll()
                return false
            }
            done += taken
            guard sendSealed(channel) else { return false }
        }
        return true
    }

    /// Sends what is in the output, or queues what the socket does not take.
    private func sendSealed(_ channel: ChannelRef) -> Bool {
        defer { sealed.output.removeAll() }
        return sealed.output.count == 0 || sendAsIs(channel, sealed.output.filled)
    }

    /// Reads once, behind the bytes that are kept; decrypted where the client speaks TLS.
    func readPlain(_ client: ClientRef) -> ReadBuffer.Outcome {
        let limit = client.pointee.phase == .head ? Limits.headReadBytes : .max
        // A load balancer's header comes in front of the handshake.
        guard let session = client.pointee.head.tls, client.pointee.phase != .proxyHeader else {
            return buffer.read(client.channel, keeping: client.pointee.kept.bytes, limit: limit)
        }
        return readSealed(client, session, limit: limit)
    }

    /// Decrypts what came in one piece with a load balancer's header; it is looked at in the client's turn.
    func openRest(_ client: ClientRef, _ session: TLSSession, _ bytes: Span<UInt8>, _ offset: Int) {
        let count = bytes.count - offset
        guard count > 0 else { return }
        bytes.extracting(offset..<bytes.count).withUnsafeBytes { sealed.received.copyMemory(from: $0) }
        let cipher = UnsafeRawBufferPointer(rebasing: sealed.received[..<count])
        switch open(client, session, cipher, buffer.room(behind: 0), kept: 0) {
        case .bytes(let count): client.pointee.kept.replace(with: UnsafeRawBufferPointer(buffer.bytes(count)))
        case .nothing: break
        case .end, .failed: leave(client)
        }
    }

    /// Receives once and decrypts all of it behind the bytes that are kept.
    private func readSealed(_ client: ClientRef, _ session: TLSSession, limit: Int) -> ReadBuffer.Outcome {
        if client.pointee.hasEndedTLS {
            client.pointee.head.isReadable = false
            return .end
        }
        let kept = client.pointee.kept.count
        buffer.load(client.pointee.kept.bytes)
        let room = buffer.room(behind: kept)
        // A record of which the begin is in the session already needs room as well.
        let limit = min(limit, sealed.received.count, room.count - Limits.tlsRecordBytes)
        guard limit > 0 else { return .bytes(kept) }
        while true {
            let count = cepoll_receive(client.pointee.head.descriptor, sealed.received.baseAddress, limit)
            if count > 0 {
                if count < limit, !client.pointee.head.hasHungUp { client.pointee.head.isReadable = false }
                let cipher = UnsafeRawBufferPointer(rebasing: sealed.received[..<count])
                return open(client, session, cipher, room, kept: kept)
            }
            if count < 0, errno == EINTR { continue }
            client.pointee.head.isReadable = false
            if count == 0 { return .end }
            return errno == EAGAIN ? .nothing : .failed
        }
    }

    private func open(
        _ client: ClientRef, _ session: TLSSession, _ cipher: UnsafeRawBufferPointer,
        _ room: UnsafeMutableRawBufferPointer, kept: Int,
    ) -> ReadBuffer.Outcome {
        var used = 0
        var made = 0
        var outcome = TLSOutcome.needsOutput
        while outcome == .needsOutput {
            let decrypted = session.decrypt(
                UnsafeRawBufferPointer(rebasing: cipher[used...]),
                into: UnsafeMutableRawBufferPointer(rebasing: room[made...]), output: &sealed.output)
            used += decrypted.consumed
            made += decrypted.produced
            outcome = decrypted.outcome
            _ = sendSealed(client.channel)
        }
        if client.pointee.isHandshaking, session.isHandshaken { handshakeEnded(client, session) }
        switch outcome {
        case .needsMore, .needsOutput: break
        case .needsRoom: preconditionFailure("a record was larger than TLS allows")
        case .closed:
            client.pointee.hasEndedTLS = true
            client.pointee.head.isReadable = true
        case .failed:
            if session.isPlainHTTP { answerPlainHTTP(client) }
            return .failed
        }
        return made > 0 ? .bytes(kept + made) : client.pointee.hasEndedTLS ? .end : .nothing
    }

    private func handshakeEnded(_ client: ClientRef, _ session: TLSSession) {
        client.pointee.isHandshaking = false
        client.pointee.idleSince = now
        timers.arm(client.channel, at: now + timeouts.head)
        if session.selectedProtocol == .http2 { beginHTTP2(client) }
    }

    /// Tells a client that spoke HTTP where HTTPS is spoken, which else would see only an end.
    private func answerPlainHTTP(_ client: ClientRef) {
        let answer: StaticString = """
            HTTP/1.1 400 Bad Request\r
            Content-Type: text/plain\r
            Content-Length: 27\r
            Connection: close\r
            \r
            HTTPS is spoken here only.

            """
        sendAsIs(client.channel, UnsafeRawBufferPointer(start: answer.utf8Start, count: answer.utf8CodeUnitCount))
    }

    /// Says over TLS that nothing more comes, so that the client knows that nothing was cut off; once.
    func takeLeave(_ client: ClientRef) {
        guard let session = client.pointee.head.tls else { return }
        session.close(output: &sealed.output)
        _ = sendSealed(client.channel)
    }
}

extension ctls_piece {
    fileprivate init(_ bytes: Slice<UnsafeRawBufferPointer>) {
        let piece = UnsafeRawBufferPointer(rebasing: bytes)
        self.init(bytes: piece.baseAddress, count: piece.count)
    }
}
