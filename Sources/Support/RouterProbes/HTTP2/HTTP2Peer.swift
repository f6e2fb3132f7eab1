/// The client of one connection: sends any frames, follows what the server sends, and notes where the server itself
/// breaks the protocol.
///
/// Used by one thread.
package final class HTTP2Peer {
    /// What the server has sent on a stream.
    struct Stream {
        /// The header sections in order: informational ones, the final one, trailers.
        var sections: [[HTTP2Field]] = []
        var body: [UInt8] = []
        var isEnded = false
        /// The code of a RST_STREAM.
        var reset: UInt32?
        /// Bytes the server may still send.
        var receiveWindow: Int
        /// Bytes the server takes.
        var sendWindow: Int

        /// The status of the final section.
        var status: Int? { sections.lazy.compactMap(HTTP2Peer.status).first { $0 >= 200 } }

        var isOver: Bool { isEnded || reset != nil }
    }

    /// A GOAWAY of the server.
    struct Farewell {
        let last: UInt32
        let code: UInt32
    }

    /// An event did not come in time, or the connection ended before it.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    let target: HTTP2Target
    let channel: ProbeChannel
    /// Goes into the path of each request, so that the instance can tell whose it was.
    let token: String
    /// Every frame of the server in order.
    private(set) var frames: [HTTP2Frame] = []
    private(set) var streams: [UInt32: Stream] = [:]
    private(set) var farewell: Farewell?
    /// Whether the server has ended the connection.
    private(set) var isEnded = false
    /// Where the server breaks the protocol by itself.
    private(set) var breaches: [String] = []
    /// Every byte received, in case the answer was not HTTP/2.
    private(set) var received: [UInt8] = []
    /// The server's settings.
    private(set) var settings: [UInt16: UInt32] = [:]
    private(set) var settingsAcknowledged = 0
    private(set) var pingAnswers: [[UInt8]] = []
    /// Bytes of DATA the server takes on the connection.
    private(set) var sendWindow = 65_535
    private(set) var receiveWindow = 65_535
    /// Whether windows are given back as bytes arrive.
    var givesCredit = true
    /// Whether SETTINGS and PING of the server are answered.
    var acknowledges = true
    /// The greatest stream used so far.
    var lastStream: UInt32 = 0
    /// Whether the server did not take in time what was sent.
    private(set) var hasStoppedReading = false
    private var reader = FieldBlockReader()
    private(set) var ownInitialWindow = 65_535
    /// Settings of ours that wait for their acknowledgement.
    private var unacknowledged: [[(UInt16, UInt32)]] = []
    private var parsed = 0
    private var block: (stream: UInt32, bytes: [UInt8], ends: Bool)?

    init(_ target: HTTP2Target, token: String = "none", receiveBuffer: Int32? = nil) throws(ProbeFailure) {
        self.target = target
        self.token = token
        channel = try ProbeChannel(target, receiveBuffer: receiveBuffer)
    }

    // What is sent.

    /// Sends raw bytes; that the connection ends meanwhile is noted and no failure.
    func send(raw bytes: [UInt8]) {
        let deadline = ContinuousClock.now + target.patience
        var rest = bytes
        while !isEnded, !rest.isEmpty {
            switch channel.write(rest, by: min(deadline, .now + .milliseconds(20))) {
            case .all: return
            case .end:
                drain()
                return
            case .part(let count):
                rest.removeFirst(count)
                // The server may not take more before somebody reads what it has sent.
                _ = pump(by: .now)
                if ContinuousClock.now > deadline {
                    hasStoppedReading = true
                    return
                }
            }
        }
    }

    func send(_ frames: HTTP2Frame...) { send(frames) }

    /// Sends frames in one write.
    func send(_ frames: [HTTP2Frame]) {
        for frame in frames { note(frame) }
        send(raw: frames.flatMap(\.bytes))
    }

    /// Keeps count of what a frame of ours changes.
    func note(_ frame: HTTP2Frame) {
        let number = frame.stream & 0x7FFF_FFFF
        switch frame.kind {
        case .headers:
            lastStream = max(lastStream, number)
            if streams[number] == nil { streams[number] = makeStream() }
        case .data:
            sendWindow -= frame.payload.count
            streams[number]?.sendWindow -= frame.payload.count
        case .windowUpdate where frame.payload.count == 4:
            let increment = Int(UInt32(bigEndianBytes: frame.payload) & 0x7FFF_FFFF)
            if number == 0 { receiveWindow += increment } else { streams[number]?.receiveWindow += increment }
        case .settings where !frame.has(.acknowledges):
            let values = Self.values(frame.payload)
            unacknowledged.append(values)
        default: break
        }
    }

    private func makeStream() -> Stream {
        Stream(
            receiveWindow: ownInitialWindow,
            sendWindow: Int(settings[HTTP2Setting.initialWindowSize.rawValue] ?? 65_535))
    }

    // What is received.

    /// Takes what has come, waiting for it until the deadline; false when nothing came or the connection has ended.
    func pump(by deadline: ContinuousClock.Instant) -> Bool {
        guard !isEnded else { return false }
        switch channel.read(by: deadline) {
        case .silence: return false
        case .end:
            isEnded = true
            if block != nil { breaches.append("the connection ended inside of a field block") }
            return false
        case .bytes(let bytes):
            received += bytes
            while let frame = nextFrame() { take(frame) }
            return true
        }
    }

    /// Takes everything up to the end of the connection.
    func drain() {
        let deadline = ContinuousClock.now + target.patience
        while pump(by: deadline) {}
    }

    /// Waits until a condition holds.
    /// - Throws: `Missing` when it does not in time, or when the connection ends first.
    func wait(for what: String, _ condition: (HTTP2Peer) -> Bool) throws {
        let deadline = ContinuousClock.now + target.patience
        while !condition(self) {
            guard !pump(by: deadline) else { continue }
            if condition(self) { return }
            let state = isEnded ? "the connection ended" : "it did not come within \(target.patience)"
            throw Missing(description: "\(what): \(state); seen: \(seen)")
        }
    }

    /// What the server has sent, in short.
    var seen: String {
        if let first = frames.first, first.kind != .settings || frames.isEmpty,
            received.starts(with: Array("HTTP".utf8))
        {
            return String(decoding: received.prefix(40), as: UTF8.self)
        }
        var words = frames.suffix(8).map(\.description)
        if let farewell { words.append("GOAWAY \(HTTP2Code.name(farewell.code)), last stream \(farewell.last)") }
        for (number, stream) in streams.sorted(by: { $0.key < $1.key }).suffix(4) {
            if let status = stream.status { words.append("status \(status) on \(number)") }
            if let code = stream.reset { words.append("RST_STREAM \(HTTP2Code.name(code)) on \(number)") }
        }
        return words.joined(separator: ", ")
    }

    private func nextFrame() -> HTTP2Frame? {
        guard received.count - parsed >= 9 else { return nil }
        let head = received[parsed..<parsed + 9]
        let length = Int(UInt32(bigEndianBytes: head.prefix(3)))
        if length > 16_384, frames.isEmpty { return nil }
        guard received.count - parsed >= 9 + length else { return nil }
        let payload = Array(received[parsed + 9..<parsed + 9 + length])
        parsed += 9 + length
        return HTTP2Frame(
            type: head[head.startIndex + 3], flags: head[head.startIndex + 4],
            stream: UInt32(bigEndianBytes: head.suffix(4)), payload: payload)
    }

    private func take(_ frame: HTTP2Frame) {
        if frames.isEmpty, frame.kind != .settings || frame.has(.acknowledges) {
            breaches.append("the first frame is \(frame), not SETTINGS")
        }
        frames.append(frame)
        if frame.payload.count > 16_384 { breaches.append("\(frame) is longer than was allowed") }
        if let block, frame.kind != .continuation || frame.stream != block.stream {
            breaches.append("\(frame) inside of a field block")
        }
        switch frame.kind {
        case .data: takeData(frame)
        case .headers, .continuation: takeBlock(frame)
        case .resetStream: takeReset(frame)
        case .settings: takeSettings(frame)
        case .ping: takePing(frame)
        case .goAway: takeFarewell(frame)
        case .windowUpdate: takeWindow(frame)
        case .pushPromise: breaches.append("the server pushes")
        case .priority, nil: break
        }
    }

    private func takeData(_ frame: HTTP2Frame) {
        receiveWindow -= frame.payload.count
        if receiveWindow < 0 { breaches.append("more DATA than the connection's window allows") }
        guard var stream = streams[frame.stream] else {
            breaches.append("\(frame) on a stream that was never opened")
            return
        }
        stream.receiveWindow -= frame.payload.count
        if stream.receiveWindow < 0, !frame.payload.isEmpty {
            breaches.append("more DATA than the window of stream \(frame.stream) allows")
        }
        if stream.isOver { breaches.append("\(frame) on a stream that was over") }
        if stream.status == nil { breaches.append("\(frame) before the header section") }
        stream.body += Self.withoutPadding(frame)
        stream.isEnded = stream.isEnded || frame.has(.endStream)
        streams[frame.stream] = stream
        guard givesCredit, !frame.payload.isEmpty else { return }
        send(.windowUpdate(0, UInt32(frame.payload.count)))
        if !stream.isOver { send(.windowUpdate(frame.stream, UInt32(frame.payload.count))) }
    }

    private static func withoutPadding(_ frame: HTTP2Frame) -> ArraySlice<UInt8> {
        guard frame.has(.padded), let padding = frame.payload.first else { return frame.payload[...] }
        return frame.payload.dropFirst().dropLast(Int(padding))
    }

    private func takeBlock(_ frame: HTTP2Frame) {
        if frame.kind == .headers {
            var bytes = Self.withoutPadding(frame)
            if frame.has(.priority) { bytes = bytes.dropFirst(5) }
            block = (frame.stream, Array(bytes), frame.has(.endStream))
        } else {
            guard block != nil else {
                breaches.append("CONTINUATION without HEADERS")
                return
            }
            block?.bytes += frame.payload
        }
        guard frame.has(.endHeaders), let whole = block else { return }
        block = nil
        let fields: [HTTP2Field]
        do {
            fields = try reader.fields(of: whole.bytes)
        } catch {
            breaches.append("a field block on stream \(whole.stream) can't be read: \(error)")
            return
        }
        guard var stream = streams[whole.stream] else {
            breaches.append("HEADERS on stream \(whole.stream), which was never opened")
            return
        }
        if stream.isOver { breaches.append("HEADERS on stream \(whole.stream), which was over") }
        breaches += Self.breaches(of: fields, isTrailers: stream.status != nil, ends: whole.ends)
        stream.sections.append(fields)
        stream.isEnded = stream.isEnded || whole.ends
        streams[whole.stream] = stream
    }

    private func takeReset(_ frame: HTTP2Frame) {
        guard frame.payload.count == 4, streams[frame.stream] != nil else {
            breaches.append("\(frame) is wrong or names a stream that was never opened")
            return
        }
        if streams[frame.stream]?.reset != nil { breaches.append("a second RST_STREAM on stream \(frame.stream)") }
        streams[frame.stream]?.reset = UInt32(bigEndianBytes: frame.payload)
    }

    private func takeSettings(_ frame: HTTP2Frame) {
        if frame.has(.acknowledges) {
            settingsAcknowledged += 1
            guard !unacknowledged.isEmpty else {
                breaches.append("SETTINGS acknowledged that were never sent")
                return
            }
            for (name, value) in unacknowledged.removeFirst() { applyOwn(name, value) }
            return
        }
        if frame.payload.count % 6 != 0 || frame.stream != 0 { breaches.append("\(frame) is malformed") }
        for (name, value) in Self.values(frame.payload) {
            if name == HTTP2Setting.initialWindowSize.rawValue {
                let change = Int(value) - Int(settings[name] ?? 65_535)
                for number in streams.keys { streams[number]?.sendWindow += change }
            }
            settings[name] = value
        }
        if acknowledges { send(.settingsAcknowledgement) }
    }

    private func applyOwn(_ name: UInt16, _ value: UInt32) {
        switch HTTP2Setting(rawValue: name) {
        case .initialWindowSize:
            for number in streams.keys { streams[number]?.receiveWindow += Int(value) - ownInitialWindow }
            ownInitialWindow = Int(value)
        case .headerTableSize: reader.allow(Int(value))
        default: break
        }
    }

    private func takePing(_ frame: HTTP2Frame) {
        if frame.payload.count != 8 || frame.stream != 0 { breaches.append("\(frame) is malformed") }
        if frame.has(.acknowledges) {
            pingAnswers.append(frame.payload)
        } else if acknowledges {
            send(HTTP2Frame(.ping, flags: .acknowledges, payload: frame.payload))
        }
    }

    private func takeFarewell(_ frame: HTTP2Frame) {
        guard frame.payload.count >= 8, frame.stream == 0 else {
            breaches.append("\(frame) is malformed")
            return
        }
        let last = UInt32(bigEndianBytes: frame.payload[0..<4])
        if let before = farewell, last > before.last { breaches.append("a GOAWAY with a greater last stream") }
        farewell = Farewell(last: last, code: UInt32(bigEndianBytes: frame.payload[4..<8]))
    }

    private func takeWindow(_ frame: HTTP2Frame) {
        let increment = frame.payload.count == 4 ? Int(UInt32(bigEndianBytes: frame.payload) & 0x7FFF_FFFF) : 0
        if increment == 0 { breaches.append("\(frame) increases by nothing") }
        if frame.stream == 0 { sendWindow += increment } else { streams[frame.stream]?.sendWindow += increment }
    }
}

extension HTTP2Peer {
    /// The parameters in the payload of a SETTINGS frame.
    private static func values(_ payload: [UInt8]) -> [(UInt16, UInt32)] {
        stride(from: 0, to: payload.count - 5, by: 6).map { start in
            (
                UInt16(bigEndianBytes: payload[start..<start + 2]),
                UInt32(bigEndianBytes: payload[start + 2..<start + 6])
            )
        }
    }

    /// The status in a header section.
    fileprivate static func status(_ fields: [HTTP2Field]) -> Int? {
        fields.first { $0.nameText == ":status" }.flatMap { Int($0.valueText) }
    }

    /// Where a header section of an answer breaks the protocol.
    ///
    /// Source: RFC 9113, 8.2 and 8.3.2.
    private static func breaches(of fields: [HTTP2Field], isTrailers: Bool, ends: Bool) -> [String] {
        var breaches: [String] = []
        let pseudo = fields.filter { $0.name.first == UInt8(ascii: ":") }.map(\.nameText)
        if isTrailers {
            if !pseudo.isEmpty { breaches.append("trailers with \(pseudo)") }
            if !ends { breaches.append("trailers that do not end the stream") }
        } else {
            if pseudo != [":status"] || fields.first?.nameText != ":status" {
                breaches.append("an answer's pseudo-header fields are \(pseudo)")
            }
            if let status = status(fields), status < 200, ends {
                breaches.append("a status of \(status) ends the stream")
            }
        }
        let forbidden: Set<String> = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]
        for field in fields {
            let name = field.nameText
            if name != name.lowercased() { breaches.append("the field name \(name) has capitals") }
            if forbidden.contains(name) { breaches.append("the field \(name) in an answer") }
            if field.value.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) {
                breaches.append("the value of \(name) has characters that no value may have")
            }
        }
        return breaches
    }
}
