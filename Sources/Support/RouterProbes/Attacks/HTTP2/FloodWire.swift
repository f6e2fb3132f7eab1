/// The attacker's connection: sends as fast as the server takes, and only looks at how the server ends it.
final class FloodWire {
    private let channel: ProbeChannel
    /// Whether what the server sends is taken; an attacker that does not read makes the server keep it.
    private let reads: Bool
    /// Bytes of answers to pass over before the next frame's head.
    private var skip = 0
    private var head: [UInt8] = []
    /// Whether the server has ended the connection.
    private(set) var isEnded = false
    /// The code of the server's GOAWAY.
    private(set) var code: UInt32?
    /// How many streams the server has reset.
    private(set) var resets = 0
    /// Bytes the server has taken.
    private(set) var sent = 0

    init(_ target: HTTP2Target, reads: Bool) throws(ProbeFailure) {
        self.reads = reads
        // A small buffer, so that what is not read has to stay with the server.
        channel = try ProbeChannel(target, receiveBuffer: reads ? nil : 4_096)
    }

    /// Sends until the deadline; false when the server has ended the connection or takes nothing more.
    func send(_ bytes: [UInt8], by deadline: ContinuousClock.Instant) -> Bool {
        var rest = bytes[...]
        while !isEnded, !rest.isEmpty {
            let step = reads ? min(deadline, .now + .milliseconds(5)) : deadline
            switch channel.write(Array(rest), by: step) {
            case .all:
                sent += rest.count
                rest = []
            case .part(let count):
                sent += count
                rest = rest.dropFirst(count)
            case .end:
                takeRest()
                return false
            }
            if reads { take(by: .now) }
            if !rest.isEmpty, ContinuousClock.now >= deadline { return false }
        }
        return !isEnded
    }

    /// Waits for the end of the connection.
    ///
    /// An attacker that does not read goes on not to; only past the deadline it looks whether an end lies behind all that
    /// it did not read.
    func awaitEnd(by deadline: ContinuousClock.Instant) {
        if !reads, !isEnded {
            isEnded = channel.isCut(by: deadline)
            take(by: .now + .seconds(1))
            return
        }
        while !isEnded, ContinuousClock.now < deadline { take(by: deadline) }
    }

    private func takeRest() {
        take(by: .now + .seconds(1))
        isEnded = true
    }

    private func take(by deadline: ContinuousClock.Instant) {
        while true {
            switch channel.read(by: deadline) {
            case .silence: return
            case .end:
                isEnded = true
                return
            case .bytes(let bytes):
                scan(bytes)
                if deadline <= .now { return }
            }
        }
    }

    /// Walks over the server's frames; keeps of each only what the count needs.
    private func scan(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if skip > 0 {
                let count = min(skip, rest.count)
                rest = rest.dropFirst(count)
                skip -= count
                continue
            }
            // A GOAWAY is kept whole, for its code.
            let wanted = head.count >= 9 && head[3] == HTTP2FrameType.goAway.rawValue ? 17 : 9
            let part = rest.prefix(wanted - head.count)
            head += part
            rest = rest.dropFirst(part.count)
            guard head.count == wanted else { continue }
            if wanted == 9, head[3] == HTTP2FrameType.goAway.rawValue { continue }
            if wanted == 17 { code = UInt32(bigEndianBytes: head[13..<17]) }
            if head[3] == HTTP2FrameType.resetStream.rawValue { resets += 1 }
            skip = max(0, Int(UInt32(bigEndianBytes: head[0..<3])) - (wanted - 9))
            head = []
        }
    }
}
