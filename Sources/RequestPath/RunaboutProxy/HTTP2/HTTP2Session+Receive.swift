import RunaboutModel

extension HTTP2Session {
    /// Takes the next step and moves `offset` behind the bytes it used.
    ///
    /// Header sections are decoded into `block`, where they count until the next call.
    mutating func next(_ bytes: Span<UInt8>, _ offset: inout Int, _ block: inout FieldBlock) -> HTTP2Event {
        do throws(HTTP2ErrorCode) {
            while true {
                if let event = try step(bytes, &offset, &block) { return event }
            }
        } catch {
            offset = bytes.count
            return fail(error)
        }
    }

    /// One step; nil when it led to nothing that the engine has to know.
    private mutating func step(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ block: inout FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        if isWindowOpen {
            isWindowOpen = false
            return .windowOpened
        }
        switch phase {
        case .failed(let code):
            offset = bytes.count
            return .failed(code)
        case .preface(let count): return try readPreface(count, bytes, &offset)
        case .frameHeader:
            guard readHeader(bytes, &offset) else { return .needsMore }
            return try beginFrame()
        case .payload: return try readPayload(bytes, &offset, &block)
        case .paddingLength:
            guard offset < bytes.count else { return .needsMore }
            let padding = Int(bytes[offset])
            offset += 1
            guard padding < frame.length else { throw .protocolError }
            paddingLeft = padding
            payloadLeft = frame.length - 1 - padding
            return try beginData(overhead: padding + 1)
        case .data: return readData(bytes, &offset)
        case .skip:
            guard payloadLeft > 0 else {
                phase = .frameHeader
                return nil
            }
            guard offset < bytes.count else { return .needsMore }
            let count = min(payloadLeft, bytes.count - offset)
            offset += count
            payloadLeft -= count
            return nil
        }
    }

    private mutating func readPreface(
        _ count: Int, _ bytes: Span<UInt8>, _ offset: inout Int,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        var count = count
        let expected = UnsafeBufferPointer(start: Self.preface.utf8Start, count: Self.preface.utf8CodeUnitCount)
        while count < expected.count {
            guard offset < bytes.count else {
                phase = .preface(count)
                return .needsMore
            }
            guard bytes[offset] == expected[count] else { throw .protocolError }
            count += 1
            offset += 1
        }
        phase = .frameHeader
        return nil
    }

    /// False when the header is not whole.
    private mutating func readHeader(_ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        while headerBytes < FrameHeader.byteCount {
            guard offset < bytes.count else { return false }
            let byte = bytes[offset]
            offset += 1
            headerBytes += 1
            if headerBytes == FrameHeader.byteCount {
                frame = FrameHeader(headerBits, byte)
            } else {
                headerBits = headerBits << 8 | UInt64(byte)
            }
        }
        headerBits = 0
        headerBytes = 0
        return true
    }

    /// Judges a frame by its header and says how its payload is read.
    private mutating func beginFrame() throws(HTTP2ErrorCode) -> HTTP2Event? {
        guard hasSettings || (frame.type == .settings && !frame.has(FrameFlag.acknowledgement)) else {
            throw .protocolError
        }
        guard frame.length <= Self.frameBytesMax else { throw .frameSize }
        guard blockStream == 0 || (frame.type == .continuation && frame.stream == blockStream) else {
            throw .protocolError
        }
        payloadLeft = frame.length
        phase = .payload
        switch frame.type {
        case .data:
            guard frame.stream != 0 else { throw .protocolError }
            if frame.has(FrameFlag.padded) {
                guard frame.length > 0 else { throw .frameSize }
                phase = .paddingLength
                return nil
            }
            paddingLeft = 0
            return try beginData(overhead: 0)
        case .headers: try judgeHeaders()
        case .continuation:
            guard blockStream != 0 else { throw .protocolError }
            blockContinuations += 1
            guard blockContinuations <= Limits.http2ContinuationsMax,
                blockBytes + frame.length <= Limits.http2HeaderSectionBytesMax
            else { throw .enhanceYourCalm }
        case .priority: try expect(length: 5, onStream: true)
        case .reset: try expect(length: 4, onStream: true)
        case .windowUpdate:
            guard frame.length == 4 else { throw .frameSize }
        case .ping: try expect(length: 8, onStream: false)
        case .settings:
            guard frame.stream == 0 else { throw .protocolError }
            guard frame.length % 6 == 0, !frame.has(FrameFlag.acknowledgement) || frame.length == 0 else {
                throw .frameSize
            }
        case .goAway:
            guard frame.stream == 0 else { throw .protocolError }
            guard frame.length >= 8 else { throw .frameSize }
        case .pushPromise:
            // Clients never push, and we told servers not to.
            throw .protocolError
        default:
            try budget.chargeFrame()
            phase = .skip
        }
        return nil
    }

    private func expect(length: Int, onStream: Bool) throws(HTTP2ErrorCode) {
        guard (frame.stream != 0) == onStream else { throw .protocolError }
        guard frame.length == length else { throw .frameSize }
    }

    private func judgeHeaders() throws(HTTP2ErrorCode) {
        guard frame.stream & 1 == 1 else { throw .protocolError }
        if role == .client, frame.stream >= nextOwnStream { throw .protocolError }
        var least = 0
        if frame.has(FrameFlag.padded) { least += 1 }
        if frame.has(FrameFlag.priority) { least += 5 }
        guard frame.length >= least else { throw .frameSize }
    }

    /// Waits for the whole payload, out of the bytes themselves when they hold it.
    private mutating func readPayload(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ block: inout FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        let available = bytes.count - offset
        if payloadLeft == frame.length, available >= payloadLeft {
            let range = offset..<offset + payloadLeft
            offset += payloadLeft
            payloadLeft = 0
            phase = .frameHeader
            return try takePayload(bytes, range, isPending: false, &block)
        }
        guard available > 0 else { return .needsMore }
        let count = min(available, payloadLeft)
        pending.append(bytes, offset..<offset + count)
        offset += count
        payloadLeft -= count
        guard payloadLeft == 0 else { return .needsMore }
        phase = .frameHeader
        // The store is not changed before the payload is used.
        let buffer = pending.buffer
        let event = try takePayload(buffer.span, blockBytes..<buffer.count, isPending: true, &block)
        if blockStream == 0 { pending.removeAll() }
        return event
    }

    private mutating func takePayload(
        _ bytes: Span<UInt8>, _ range: Range<Int>, isPending: Bool, _ block: inout FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        switch frame.type {
        case .headers: return try takeHeaders(bytes, range, isPending: isPending, &block)
        case .continuation:
            if !isPending { pending.append(bytes, range) }
            blockBytes = pending.count
            guard frame.has(FrameFlag.endHeaders) else { return nil }
            return try finishGatheredBlock(&block)
        default: return try takeControl(bytes, range)
        }
    }

    /// Strips a `HEADERS` frame to the fragment it carries, and decodes it or waits for the rest.
    private mutating func takeHeaders(
        _ bytes: Span<UInt8>, _ range: Range<Int>, isPending: Bool, _ block: inout FieldBlock,
    ) throws(HTTP2ErrorCode) -> HTTP2Event? {
        var fragment = range
        if frame.has(FrameFlag.padded) {
            let padding = Int(bytes[range.lowerBound])
            let least = frame.has(FrameFlag.priority) ? 6 : 1
            guard padding <= range.count - least else { throw .protocolError }
            fragment = range.lowerBound + 1..<range.upperBound - padding
        }
        if frame.has(FrameFlag.priority) {
            let dependency = Self.number(bytes, fragment.lowerBound) & 0x7FFF_FFFF
            guard dependency != frame.stream else { throw .protocolError }
            fragment = fragment.lowerBound + 5..<fragment.upperBound
        }
        blockEndsStream = frame.has(FrameFlag.endStream)
        if frame.has(FrameFlag.endHeaders) { return try takeBlock(bytes, fragment, frame.stream, &block) }
        blockStream = frame.stream
        blockContinuations = 0
        if isPending {
            pending.truncate(to: fragment.upperBound)
            pending.remove(0..<fragment.lowerBound)
        } else {
            pending.append(bytes, fragment)
        }
        blockBytes = pending.count
        return nil
    }

    private mutating func finishGatheredBlock(_ block: inout FieldBlock) throws(HTTP2ErrorCode) -> HTTP2Event? {
        let stream = blockStream
        blockStream = 0
        blockBytes = 0
        let buffer = pending.buffer
        let event = try takeBlock(buffer.span, 0..<buffer.count, stream, &block)
        pending.removeAll()
        return event
    }

    /// A number of 32 bits, the highest byte first.
    static func number(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        UInt32(bytes[index]) << 24 | UInt32(bytes[index + 1]) << 16 | UInt32(bytes[index + 2]) << 8
            | UInt32(bytes[index + 3])
    }
}
