import Glibc
import RunaboutModel
import RunaboutRouting

/// What is told of each request once it has ended.
extension ProxyLoop {
    /// Counts the request and, where that is wanted, puts a record of it into the ring.
    func tell(_ exchange: ExchangeRef) {
        let total = now - exchange.pointee.acceptedAt
        let wasSent = exchange.pointee.dispatchedAt != 0
        let queue = wasSent ? exchange.pointee.dispatchedAt - exchange.pointee.acceptedAt : total
        reporter.count(
            RequestEnd(
                outcome: exchange.pointee.outcome, status: exchange.pointee.status,
                requestBytes: exchange.pointee.requestBytes, responseBytes: exchange.pointee.responseBytes,
                totalNanoseconds: total, queueNanoseconds: queue),
            exchange.pointee.service, now: now)
        if let records { append(exchange, total: total, queue: wasSent ? queue : -1, to: records) }
    }

    @inline(never)
    private func append(_ exchange: ExchangeRef, total: Nanoseconds, queue: Nanoseconds, to records: AccessRing) {
        guard let owner = exchange.pointee.owner else { return }
        let firstByteAt = exchange.pointee.firstByteAt
        let record = AccessRecord(
            acceptedAt: exchange.pointee.acceptedAt,
            service: exchange.pointee.service?.pointee.recordedID ?? .none,
            instance: exchange.pointee.instance,
            requestBytes: exchange.pointee.requestBytes, responseBytes: exchange.pointee.responseBytes,
            totalNanoseconds: total, queueNanoseconds: queue,
            connectNanoseconds: exchange.pointee.connectNanoseconds,
            firstByteNanoseconds: firstByteAt == 0 ? -1 : firstByteAt - exchange.pointee.dispatchedAt,
            status: UInt16(truncatingIfNeeded: exchange.pointee.status),
            outcome: exchange.pointee.outcome,
            version: exchange.pointee.stream != 0 ? .http2 : exchange.pointee.isHTTP10 ? .http10 : .http11,
            isTLS: exchange.pointee.cameOverTLS)
        let idRange = exchange.pointee.idRange
        writePeer(of: owner)
        exchange.pointee.head.withUnsafeBytes { head in
            peerText.withUnsafeBytes { peer in
                let texts = WrittenHead(head)
                records.append(
                    record,
                    AccessTexts(
                        method: texts.method, host: texts.host, target: texts.target,
                        requestID: UnsafeRawBufferPointer(rebasing: head[idRange]), peer: peer))
            }
        }
    }

    private func writePeer(of client: ClientRef) {
        peerText.removeAll()
        client.pointee.headWriter.writePeer(to: &peerText)
    }

    /// Counts and records a request whose head never came to a good end.
    func tellUnread(
        _ client: ClientRef, _ code: PlatformErrorCode, status: Int, requestID: borrowing ByteWriter,
        startedAt: Nanoseconds,
        responseBytes: Int64, _ version: RequestProtocol = .http11,
    ) {
        let total = now - startedAt
        let end = RequestEnd(
            outcome: OutcomeCode(code), status: status, requestBytes: 0, responseBytes: responseBytes,
            totalNanoseconds: total, queueNanoseconds: total)
        reporter.count(end, nil, now: now)
        guard let records else { return }
        let record = AccessRecord(
            acceptedAt: startedAt, service: .none, instance: .none, requestBytes: 0, responseBytes: responseBytes,
            totalNanoseconds: total, queueNanoseconds: -1, connectNanoseconds: -1, firstByteNanoseconds: -1,
            status: UInt16(truncatingIfNeeded: status), outcome: end.outcome, version: version,
            isTLS: client.pointee.head.tls != nil)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        writePeer(of: client)
        requestID.withUnsafeBytes { requestID in
            peerText.withUnsafeBytes { peer in
                records.append(
                    record,
                    AccessTexts(method: nothing, host: nothing, target: nothing, requestID: requestID, peer: peer))
            }
        }
    }
}

/// Finds method, target and host in a head as an instance gets it.
struct WrittenHead {
    private(set) var method = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var target = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var host = UnsafeRawBufferPointer(start: nil, count: 0)

    /// What is not there is empty.
    init(_ head: UnsafeRawBufferPointer) {
        var rest = head
        guard var line = Self.cut(&rest, at: 0x0A) else { return }
        method = Self.cut(&line, at: 0x20) ?? method
        target = Self.cut(&line, at: 0x20) ?? target
        while let line = Self.cut(&rest, at: 0x0A) {
            guard let value = Self.host(line) else { continue }
            host = value
            return
        }
    }

    /// The value of a line, without its end, that is `Host: value`.
    private static func host(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard line.count > 5, let base = line.baseAddress,
            strncasecmp(base.assumingMemoryBound(to: CChar.self), "host:", 5) == 0
        else { return nil }
        var begin = 5
        var end = line.count
        if line[end - 1] == 0x0D { end -= 1 }
        while begin < end, line[begin] == 0x20 || line[begin] == 0x09 { begin += 1 }
        while end > begin, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[begin..<end])
    }

    /// The bytes before a byte, which are taken off together with it.
    private static func cut(_ rest: inout UnsafeRawBufferPointer, at byte: Int32) -> UnsafeRawBufferPointer? {
        guard let base = rest.baseAddress, let found = memchr(base, byte, rest.count) else { return nil }
        let count = UnsafeRawPointer(found) - base
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[(count + 1)...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }
}
