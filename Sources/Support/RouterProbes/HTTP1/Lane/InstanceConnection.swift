/// What an instance does on a connection, one step after the other.
package enum InstanceStep: Sendable {
    /// Sends bytes.
    case send([UInt8])
    /// Waits before the next step; a real instance that is slow, not a test that is.
    case pause(Duration)
    /// Ends the connection in order.
    case close
    /// Ends the connection with a reset.
    case reset
}

/// A connection that a proxy made to an instance: every byte is kept, every whole request is answered.
final class InstanceConnection {
    /// What follows from a request, and from bytes that are none (given as nil).
    typealias Script = (ReadRequest?) -> [InstanceStep]

    let socket: ProbeSocket
    /// What was understood so far.
    private(set) var requests: [ReadRequest] = []
    /// Why the bytes behind the last request are none.
    private(set) var malformation: String?
    /// What was being read when the bytes ran out.
    private(set) var unfinished: String?
    private var offset = 0
    private var readBytes = 0
    private var steps: ArraySlice<InstanceStep> = []
    private var waitsUntil: ContinuousClock.Instant?

    init(descriptor: Int32) { socket = ProbeSocket(descriptor: descriptor) }

    /// Whether it is of no more use.
    var isOver: Bool { socket.isClosed || (socket.end != .open && steps.isEmpty) }

    /// Whether every step was taken and sent.
    var hasSaidAll: Bool { steps.isEmpty && socket.isSent }

    /// When the next step is due, if there is one.
    var nextStepAt: ContinuousClock.Instant? {
        socket.isClosed || steps.isEmpty ? nil : waitsUntil ?? ContinuousClock.now
    }

    /// Forgets the requests that were understood.
    func forget() { requests = [] }

    /// Takes more steps behind those that are left.
    func add(_ more: [InstanceStep]) { steps += more }

    /// Reads requests out of what has come and takes the steps that are due.
    func advance(_ script: Script) {
        understand(script)
        while let step = steps.first, !socket.isClosed {
            if let due = waitsUntil {
                guard ContinuousClock.now >= due else { return }
                waitsUntil = nil
                steps.removeFirst()
                continue
            }
            switch step {
            case .send(let bytes): socket.send(bytes)
            case .close: socket.closeWhenSent()
            case .reset: socket.reset()
            case .pause(let duration):
                waitsUntil = ContinuousClock.now + duration
                continue
            }
            steps.removeFirst()
        }
    }

    private func understand(_ script: Script) {
        guard malformation == nil, socket.received.count > readBytes else { return }
        readBytes = socket.received.count
        while offset < socket.received.count {
            switch StrictReader.readRequest(socket.received, from: offset) {
            case .request(let request, let end):
                requests.append(request)
                offset = end
                unfinished = nil
                steps += script(request)
            case .incomplete(let what):
                unfinished = what
                return
            case .malformed(let why):
                malformation = why
                unfinished = nil
                steps += script(nil)
                return
            }
        }
        unfinished = nil
    }
}
