import RunaboutModel

extension HTTP2Session {
    /// Bytes that the output takes before it is full.
    var outputRoom: Int { max(0, Limits.http2OutputBytesMax - output.count) }

    /// Says what the engine knows a stream by.
    mutating func setTag(_ tag: UInt, ofStream id: UInt32) {
        if let place = streams.find(id) { streams[place].tag = tag }
    }

    /// Whether a stream is in the table still.
    func isOpen(_ id: UInt32) -> Bool { streams.find(id) != nil }

    // MARK: Heads

    /// Begins a head, or trailers; fields follow, then ``endHead(_:ends:)``.
    mutating func beginHead(_ id: UInt32) {
        precondition(openHead < 0, "a head is being written")
        openHead = output.count
        output.append(frame: .headers, length: 0, flags: 0, stream: id)
        encoder.beginSection(to: &output)
    }

    mutating func appendStatus(_ status: Int) { encoder.appendStatus(status, to: &output) }

    /// Appends a field of a head that has begun, its name in lower case.
    mutating func appendField(_ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>) {
        encoder.append(bytes, name: name, value: value, to: &output)
    }

    mutating func appendField(_ name: StaticName, _ bytes: Span<UInt8>, _ value: Range<Int>) {
        encoder.append(name, bytes, value, to: &output)
    }

    mutating func appendField(_ name: StaticString, _ value: StaticString) {
        encoder.append(name, value, to: &output)
    }

    mutating func appendField(_ name: StaticString, _ bytes: Span<UInt8>, _ value: Range<Int>) {
        encoder.append(name, bytes, value, to: &output)
    }

    mutating func appendField(_ field: StaticField) { encoder.append(field, to: &output) }

    /// Ends a head; with `ends` the stream's last frame is out.
    mutating func endHead(_ id: UInt32, ends: Bool) {
        precondition(openHead >= 0, "no head is being written")
        let end = ends ? FrameFlag.endStream : 0
        let length = output.count - openHead - FrameHeader.byteCount
        if length <= peer.maxFrameSize {
            output.setFrame(at: openHead, length: length, flags: FrameFlag.endHeaders | end)
        } else {
            splitHead(id, length: length, end: end)
        }
        openHead = -1
        if ends, let place = streams.find(id) { endLocal(place) }
    }

    /// Cuts a section that is larger than the peer's frames into several.
    private mutating func splitHead(_ id: UInt32, length: Int, end: UInt8) {
        output.setFrame(at: openHead, length: peer.maxFrameSize, flags: end)
        var left = length - peer.maxFrameSize
        var position = openHead + FrameHeader.byteCount + peer.maxFrameSize
        while left > 0 {
            let count = min(left, peer.maxFrameSize)
            left -= count
            let total = output.count
            // The header is written behind all and then moved to its place.
            output.append(
                frame: .continuation, length: count, flags: left == 0 ? FrameFlag.endHeaders : 0, stream: id)
            output.openGap(at: position, length: FrameHeader.byteCount)
            for offset in 0..<FrameHeader.byteCount {
                output[position + offset] = output[total + FrameHeader.byteCount + offset]
            }
            output.truncate(to: total + FrameHeader.byteCount)
            position += FrameHeader.byteCount + count
        }
    }

    // MARK: Bodies

    /// Sends as much of a body as both windows and the output take, and gives how much that was.
    ///
    /// With all of it taken and `ends`, the stream's last frame is out. Otherwise the stream is blocked until
    /// ``nextWritable()`` names it.
    mutating func writeData(_ id: UInt32, _ bytes: Span<UInt8>, _ range: Range<Int>, ends: Bool) -> Int {
        guard let place = streams.find(id), !streams[place].localEnded else { return range.count }
        let window = max(0, Int(min(streams[place].sendWindow, sendWindow)))
        let taken = min(range.count, window, outputRoom)
        let isAll = taken == range.count
        var start = range.lowerBound
        let stop = start + taken
        while start < stop {
            let count = min(stop - start, peer.maxFrameSize, Self.frameBytesMax)
            let isLast = ends && isAll && start + count == stop
            output.append(frame: .data, length: count, flags: isLast ? FrameFlag.endStream : 0, stream: id)
            output.append(bytes, start..<start + count)
            start += count
        }
        if range.isEmpty, ends { output.append(frame: .data, length: 0, flags: FrameFlag.endStream, stream: id) }
        streams[place].sendWindow -= Int32(taken)
        sendWindow -= Int32(taken)
        // A few bytes that used up a window are no progress: the peer opens it in steps as small.
        let isDrip = taken < Limits.http2DripBytesMax && min(streams[place].sendWindow, sendWindow) <= 0
        if taken > 0, !isDrip { budget.earnBytes(taken + 1_024) }
        if !isAll {
            block(place)
        } else if ends {
            endLocal(place)
        }
        return taken
    }

    /// How much of a body ``writeData(_:_:_:ends:)`` would take now.
    func room(ofStream id: UInt32) -> Int {
        guard let place = streams.find(id) else { return 0 }
        return max(0, min(Int(min(streams[place].sendWindow, sendWindow)), outputRoom))
    }

    /// Says that there is more to send on a stream than it has room for.
    mutating func waitForRoom(ofStream id: UInt32) {
        if let place = streams.find(id) { block(place) }
    }

    private mutating func block(_ place: Int) {
        guard !streams[place].isBlocked else { return }
        streams[place].isBlocked = true
        blockedCount += 1
    }

    /// The next blocked stream that may send now, all in turn; it counts as blocked no longer.
    mutating func nextWritable() -> (stream: UInt32, tag: UInt)? {
        guard blockedCount > 0, sendWindow > 0, outputRoom > 0 else { return nil }
        let mask = streams.capacity - 1
        for step in 0..<streams.capacity {
            let place = (writableCursor + step) & mask
            guard streams[place].isBlocked, streams[place].sendWindow > 0 else { continue }
            writableCursor = place + 1
            streams[place].isBlocked = false
            blockedCount -= 1
            return (streams[place].id, streams[place].tag)
        }
        return nil
    }

    private mutating func endLocal(_ place: Int) {
        streams[place].localEnded = true
        if streams[place].remoteEnded { finish(place) }
    }

    /// Ends a stream before its end, from our side; nothing more is said of it.
    mutating func reset(_ id: UInt32, _ code: HTTP2ErrorCode) {
        guard let place = streams.find(id) else { return }
        appendReset(id, code)
        if streams[place].localEnded, code == .none { budget.earnAnswer() }
        forget(place, .byUs)
    }

    // MARK: Client

    /// Opens a stream; nil when the peer takes no more now.
    ///
    /// `answersHEAD` is whether the answer has no body whatever its head says, `connects` whether a success opens a tunnel.
    mutating func openStream(tag: UInt, answersHEAD: Bool, connects: Bool = false) -> UInt32? {
        precondition(role == .client, "a server opens no streams")
        if case .failed = phase { return nil }
        guard !peerIsLeaving, drain == .none, nextOwnStream <= 0x7FFF_FFFF,
            streams.count < min(peer.maxConcurrentStreams, Limits.http2InstanceStreamsMax)
        else { return nil }
        var stream = HTTP2Stream()
        stream.id = nextOwnStream
        stream.tag = tag
        stream.sendWindow = peer.initialWindowSize
        stream.receiveWindow = Int32(Limits.http2StreamWindowBytes)
        stream.answersHEAD = answersHEAD
        stream.connects = connects
        stream.isAnnounced = true
        nextOwnStream += 2
        _ = streams.insert(stream)
        return stream.id
    }

    // MARK: Ends

    /// Any stream above a number, so that each can be ended when the peer leaves; nil when there is none.
    func anyStream(above last: UInt32) -> (stream: UInt32, tag: UInt)? {
        for place in 0..<streams.capacity where streams[place].id > last {
            return (streams[place].id, streams[place].tag)
        }
        return nil
    }

    /// Takes a stream out of the table without a word to the peer, which does not know it or is gone.
    mutating func drop(_ id: UInt32) {
        if let place = streams.find(id) { forget(place, .byUs) }
    }
}
