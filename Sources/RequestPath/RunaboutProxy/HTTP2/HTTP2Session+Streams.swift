import RunaboutModel

extension HTTP2Session {
    /// Whether a stream has not been opened yet by whoever may open it.
    func isIdle(_ id: UInt32) -> Bool {
        guard id & 1 == 1 else { return true }
        return role == .server ? id > lastPeerStream : id >= nextOwnStream
    }

    /// A whole header section of a stream.
    mutating func takeBlock(
        _ bytes: Span<UInt8>, _ fragment: Range<Int>, _ id: UInt32, _ block: inout FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        guard decoder.decode(bytes, fragment, into: &block) else { throw .compression }
        guard block.listSize <= Limits.http2HeaderListBytesBomb else { throw .enhanceYourCalm }
        if let place = streams.find(id) {
            guard !streams[place].remoteEnded else { return try breakStream(id, .streamClosed) }
            if role == .client, !streams[place].hasHead { return try takeResponse(place, &block) }
            return try takeTrailers(place, block)
        }
        if role == .server, id > lastPeerStream { return try takeRequest(id, &block) }
        switch closed.ending(of: id) {
        case .byUs: return nil
        case .byPeer: throw .streamClosed
        case .unknown: throw .protocolError
        }
    }

    private mutating func takeRequest(
        _ id: UInt32, _ block: inout FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        // With a final GOAWAY said, the client knows that nobody acts on it.
        guard drain != .final else { return nil }
        lastPeerStream = id
        guard streams.count < Limits.http2StreamsMax else {
            try budget.chargeFrame()
            return try breakStream(id, .refusedStream, isCharged: false)
        }
        guard let head = HTTP2RequestHead.read(&block), !blockEndsStream || head.contentLength <= 0 else {
            return try breakStream(id, .protocolError)
        }
        if block.isTooLarge {
            // We refuse it by an answer, which will give one back as if it had been of use.
            try chargeReset()
            try chargeReset()
        }
        block.request = head
        var stream = HTTP2Stream()
        stream.id = id
        stream.sendWindow = peer.initialWindowSize
        stream.receiveWindow = Int32(Limits.http2StreamWindowBytes)
        stream.bodyLeft = head.contentLength
        stream.remoteEnded = blockEndsStream
        stream.hasHead = true
        stream.isAnnounced = true
        _ = streams.insert(stream)
        return .request(stream: id, ends: blockEndsStream)
    }

    private mutating func takeResponse(
        _ place: Int, _ block: inout FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        let stream = streams[place]
        guard let head = HTTP2ResponseHead.read(block), !head.isInterim || !blockEndsStream else {
            return try breakStream(stream.id, .protocolError)
        }
        block.response = head
        if head.isInterim {
            try budget.chargeFrame()
            return .response(stream: stream.id, tag: stream.tag, ends: false)
        }
        let hasNoBody = stream.answersHEAD || head.status == 204 || head.status == 304
        // Source: RFC 9110 §9.3.6.
        let isTunnel = stream.connects && (200...299).contains(head.status)
        guard hasNoBody || isTunnel || !blockEndsStream || head.contentLength <= 0 else {
            return try breakStream(stream.id, .protocolError)
        }
        streams[place].hasHead = true
        streams[place].bodyLeft = isTunnel ? -1 : hasNoBody ? 0 : head.contentLength
        if blockEndsStream { endRemote(place) }
        return .response(stream: stream.id, tag: stream.tag, ends: blockEndsStream)
    }

    private mutating func takeTrailers(
        _ place: Int, _ block: borrowing FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        let stream = streams[place]
        guard blockEndsStream, !block.isTooLarge, block.count <= Limits.headersMax, stream.bodyLeft <= 0,
            FieldRules.areTrailers(block)
        else {
            return try breakStream(stream.id, .protocolError)
        }
        endRemote(place)
        return .trailers(stream: stream.id, tag: stream.tag)
    }

    /// The header of a data frame has been read, its padding's length too.
    ///
    /// `overhead` is what its padding takes of the windows.
    mutating func beginData(overhead: Int) throws(HTTP2ErrorCode) -> HTTP2Event? {
        let id = frame.stream
        let length = Int32(frame.length)
        guard !isIdle(id) else { throw .protocolError }
        guard length <= receiveWindow else { throw .flowControl }
        receiveWindow -= length
        guard let place = streams.find(id) else {
            guard closed.ending(of: id) == .byUs else { throw .streamClosed }
            discardData(length)
            return nil
        }
        if let code = dataError(streams[place], length) {
            discardData(length)
            return try breakStream(id, code)
        }
        let count = Int32(payloadLeft)
        let ends = frame.has(FrameFlag.endStream)
        streams[place].receiveWindow -= length
        streams[place].untaken += length
        if streams[place].bodyLeft >= 0 { streams[place].bodyLeft -= Int64(count) }
        if count > 0 || ends { budget.earnBytes(payloadLeft) } else { try budget.chargeFrame() }
        phase = .data
        if overhead > 0 { took(stream: id, count: overhead) }
        return nil
    }

    /// Why a data frame breaks its stream.
    private func dataError(_ stream: HTTP2Stream, _ length: Int32) -> HTTP2ErrorCode? {
        if stream.remoteEnded { return .streamClosed }
        if !stream.hasHead { return .protocolError }
        if length > stream.receiveWindow { return .flowControl }
        guard stream.bodyLeft >= 0 else { return nil }
        let left = stream.bodyLeft - Int64(payloadLeft)
        return left < 0 || (frame.has(FrameFlag.endStream) && left > 0) ? .protocolError : nil
    }

    /// Nobody gets what comes, but the connection's window has to be given back.
    private mutating func discardData(_ length: Int32) {
        returnToConnection(length)
        payloadLeft += paddingLeft
        paddingLeft = 0
        phase = .skip
    }

    mutating func readData(_ bytes: Span<UInt8>, _ offset: inout Int) -> HTTP2Event? {
        let count = min(payloadLeft, bytes.count - offset)
        if count == 0, payloadLeft > 0 { return .needsMore }
        let range = offset..<offset + count
        offset += count
        payloadLeft -= count
        let isLast = payloadLeft == 0
        if isLast {
            payloadLeft = paddingLeft
            paddingLeft = 0
            phase = .skip
        }
        // When the stream was reset in the middle of a frame, its window has been given back with it.
        guard let place = streams.find(frame.stream) else { return nil }
        let ends = isLast && frame.has(FrameFlag.endStream)
        let tag = streams[place].tag
        if ends { endRemote(place) }
        guard count > 0 || ends else { return nil }
        return .data(stream: frame.stream, tag: tag, range: range, ends: ends)
    }

    /// The engine has passed on, or dropped, bytes of a body: the peer may send as many more.
    ///
    /// The peer is told when half of a window is used up.
    mutating func took(stream id: UInt32, count: Int) {
        guard let place = streams.find(id) else { return }
        let count = min(Int32(count), streams[place].untaken)
        streams[place].untaken -= count
        returnToConnection(count)
        guard !streams[place].remoteEnded else { return }
        streams[place].unreturned += count
        let unreturned = streams[place].unreturned
        guard Int(unreturned) >= Limits.http2StreamWindowBytes / 2 else { return }
        streams[place].receiveWindow += unreturned
        streams[place].unreturned = 0
        appendWindowUpdate(id, Int(unreturned))
    }

    private mutating func returnToConnection(_ count: Int32) {
        unreturned += count
        guard Int(unreturned) >= Limits.http2ConnectionWindowBytes / 2 else { return }
        receiveWindow += unreturned
        appendWindowUpdate(0, Int(unreturned))
        unreturned = 0
    }

    /// Ends a stream for what the peer did to it; the event is nil when the engine does not know of it.
    mutating func breakStream(
        _ id: UInt32, _ code: HTTP2ErrorCode, isCharged: Bool = true,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        if isCharged { try chargeReset() }
        appendReset(id, code)
        guard let place = streams.find(id) else {
            closed.note(id, .byUs)
            return nil
        }
        let stream = streams[place]
        forget(place, .byUs)
        guard stream.isAnnounced else { return nil }
        return .reset(stream: id, tag: stream.tag, code: code, byPeer: false)
    }

    /// Instances are trusted not to wear us down.
    mutating func chargeReset() throws(HTTP2ErrorCode) {
        if role == .server { try budget.chargeReset() }
    }

    mutating func appendReset(_ id: UInt32, _ code: HTTP2ErrorCode) {
        output.append(frame: .reset, length: 4, flags: 0, stream: id)
        output.append(bigEndian: code.rawValue)
    }

    /// The peer has sent its last frame of a stream.
    private mutating func endRemote(_ place: Int) {
        streams[place].remoteEnded = true
        if streams[place].localEnded { finish(place) }
    }

    /// Both sides have sent all.
    mutating func finish(_ place: Int) {
        budget.earnAnswer()
        forget(place, .byPeer)
    }

    /// Takes a stream out of the table and gives its part of the connection's window back.
    mutating func forget(_ place: Int, _ ending: ClosedStreams.Ending) {
        let stream = streams[place]
        if stream.isBlocked { blockedCount -= 1 }
        closed.note(stream.id, ending)
        streams.remove(at: place)
        returnToConnection(stream.untaken)
    }
}
