import RunaboutModel

extension HTTP2Session {
    /// A whole frame that carries neither fields nor a body.
    mutating func takeControl(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTP2ErrorCode) -> HTTP2Event? {
        switch frame.type {
        case .settings: return try takeSettings(bytes, range)
        case .ping:
            try budget.chargeFrame()
            takePing(bytes, range)
            return nil
        case .priority:
            // The scheme is gone, but a stream that depends on itself was never allowed. Source: RFC 7540 §5.3.1.
            guard Self.number(bytes, range.lowerBound) & 0x7FFF_FFFF != frame.stream else { throw .protocolError }
            try budget.chargeFrame()
            return nil
        case .windowUpdate: return try takeWindowUpdate(Self.number(bytes, range.lowerBound) & 0x7FFF_FFFF)
        case .reset: return try takeReset(HTTP2ErrorCode(rawValue: Self.number(bytes, range.lowerBound)))
        case .goAway:
            try budget.chargeFrame()
            peerIsLeaving = true
            return .goAway(
                last: Self.number(bytes, range.lowerBound) & 0x7FFF_FFFF,
                code: HTTP2ErrorCode(rawValue: Self.number(bytes, range.lowerBound + 4)))
        default: preconditionFailure("frames of type \(frame.type.rawValue) have no payload to take")
        }
    }

    private mutating func takeSettings(
        _ bytes: Span<UInt8>, _ range: Range<Int>,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        if frame.has(FrameFlag.acknowledgement) {
            try budget.chargeFrame()
            return nil
        }
        // The first ones are part of the greeting.
        if hasSettings { try budget.chargeFrame() }
        hasSettings = true
        let window = peer.initialWindowSize
        var index = range.lowerBound
        while index < range.upperBound {
            let identifier = UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
            try peer.take(identifier, Self.number(bytes, index + 2), isFromServer: role == .client)
            if identifier == PeerSettings.Identifier.headerTableSize { encoder.allow(tableSize: peer.headerTableSize) }
            index += 6
            // Nobody has so much to say that one frame would not be enough; more is paid for as more frames.
            if (index - range.lowerBound) % 192 == 0 { try budget.chargeFrame() }
        }
        if peer.initialWindowSize != window { try moveWindows(by: Int64(peer.initialWindowSize) - Int64(window)) }
        output.append(frame: .settings, length: 0, flags: FrameFlag.acknowledgement, stream: 0)
        return .settings
    }

    /// A new initial window counts for the streams that are open too.
    ///
    /// Source: RFC 9113 §6.9.2.
    private mutating func moveWindows(by difference: Int64) throws(HTTP2ErrorCode) {
        for place in 0..<streams.capacity where streams[place].id != 0 {
            guard let window = Int32(exactly: Int64(streams[place].sendWindow) + difference) else { throw .flowControl }
            streams[place].sendWindow = window
            if streams[place].isBlocked, window > 0 { isWindowOpen = true }
        }
    }

    private mutating func takePing(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        if frame.has(FrameFlag.acknowledgement) {
            if drain == .announced, bytes.isEqual(range, ignoringCase: Self.drainPing) { finishDrain() }
            return
        }
        output.append(frame: .ping, length: 8, flags: FrameFlag.acknowledgement, stream: 0)
        output.append(bytes, range)
    }

    private mutating func takeWindowUpdate(_ increment: UInt32) throws(HTTP2ErrorCode) -> HTTP2Event? {
        let id = frame.stream
        try budget.chargeFrame()
        if id == 0 {
            guard increment > 0 else { throw .protocolError }
            guard let window = Int32(exactly: Int64(sendWindow) + Int64(increment)) else { throw .flowControl }
            if sendWindow <= 0, blockedCount > 0 { isWindowOpen = true }
            sendWindow = window
            return nil
        }
        guard !isIdle(id) else { throw .protocolError }
        guard let place = streams.find(id) else { return nil }
        guard increment > 0 else { return try breakStream(id, .protocolError) }
        guard let window = Int32(exactly: Int64(streams[place].sendWindow) + Int64(increment)) else {
            return try breakStream(id, .flowControl)
        }
        streams[place].sendWindow = window
        if streams[place].isBlocked, window > 0 { isWindowOpen = true }
        return nil
    }

    private mutating func takeReset(_ code: HTTP2ErrorCode) throws(HTTP2ErrorCode) -> HTTP2Event? {
        let id = frame.stream
        guard !isIdle(id) else { throw .protocolError }
        guard let place = streams.find(id) else {
            try budget.chargeFrame()
            return nil
        }
        try chargeReset()
        let stream = streams[place]
        forget(place, .byPeer)
        return .reset(stream: id, tag: stream.tag, code: code, byPeer: true)
    }
}
