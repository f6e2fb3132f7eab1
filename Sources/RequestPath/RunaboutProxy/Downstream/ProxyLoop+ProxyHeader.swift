import RunaboutModel

/// Connections that a load balancer passes on.
extension ProxyLoop {
    /// False when more bytes are needed.
    ///
    /// A connection without a sound header is closed without an answer: who it is from is not known, and what it speaks
    /// neither.
    func receiveProxyHeader(_ client: ClientRef, _ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        switch ProxyHeader.read(bytes.extracting(offset..<bytes.count)) {
        case .incomplete: return false
        case .malformed: abort(client)
        case .complete(let end, let source):
            offset += end
            if let source { client.pointee.stand(for: PeerAddress(source.address)) }
            client.pointee.phase = .head
        }
        return true
    }
}
