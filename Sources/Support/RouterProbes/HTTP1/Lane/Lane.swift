import CEpoll
import Glibc

/// A proxy with one instance behind it, which is played here, and the clients that ask it.
///
/// One thread plays all of them, so that what happens has an order: in each turn everything that has come is read before
/// anything is answered. Whatever a proxy sent to the instance before it answered a client is therefore known before the
/// client can go on.
final class Lane {
    private let listener: ProbeListener
    private let proxyPort: Int
    private let deadline: Duration
    private var clients: [ProbeSocket] = []
    private(set) var instances: [InstanceConnection] = []
    /// How many connections the proxy has made.
    private(set) var accepted = 0
    /// What the instance does about a request; nil stands for bytes that are none.
    var script: InstanceConnection.Script

    /// Takes the instance's listener, which stays with the caller, and the port where the proxy listens.
    ///
    /// `deadline` is how long anything may take before it counts as hanging.
    init(
        listener: ProbeListener, proxyPort: Int, deadline: Duration,
        script: @escaping InstanceConnection.Script = { InstanceAnswer.steps(for: $0) },
    ) {
        self.listener = listener
        self.proxyPort = proxyPort
        self.deadline = deadline
        self.script = script
    }

    func connect() throws(ProbeError) -> ProbeSocket {
        let client = try ProbeSocket(port: proxyPort)
        clients.append(client)
        return client
    }

    /// Forgets what was recorded and lets connections go that are over.
    func forget() {
        clients.removeAll { $0.isClosed }
        instances.removeAll { $0.isOver }
        for instance in instances { instance.forget() }
    }

    /// Ends all connections to the instance.
    func closeInstances() {
        for instance in instances { instance.socket.close() }
        instances = []
    }

    /// Plays until something is so; false when it was not so in time.
    func play(until condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now + deadline
        while !condition() {
            guard ContinuousClock.now < end else { return false }
            turn(until: end)
        }
        return true
    }

    private func turn(until end: ContinuousClock.Instant) {
        var watched = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
        for socket in clients + instances.map(\.socket) where socket.interest != 0 {
            watched.append(pollfd(fd: socket.descriptor, events: socket.interest, revents: 0))
        }
        let next = instances.compactMap(\.nextStepAt).reduce(end, min)
        let wait = ContinuousClock.now.duration(to: next)
        let milliseconds = wait.components.seconds * 1_000 + wait.components.attoseconds / 1_000_000_000_000_000
        _ = poll(&watched, nfds_t(watched.count), Int32(max(0, min(milliseconds + 1, 60_000))))
        for client in clients { client.read() }
        for instance in instances { instance.socket.read() }
        accept()
        for instance in instances { instance.advance(script) }
        for socket in clients + instances.map(\.socket) { socket.write() }
    }

    private func accept() {
        while true {
            let descriptor = cepoll_accept(listener.descriptor, nil, nil)
            guard descriptor >= 0 else { return }
            let instance = InstanceConnection(descriptor: descriptor)
            instance.socket.read()
            instances.append(instance)
            accepted += 1
        }
    }
}

/// What an instance that behaves says.
enum InstanceAnswer {
    /// The name of the field that says which request an answer belongs to.
    static let marker = "X-Probe"

    /// A well-formed answer that names the request; what is no request is refused and the connection ends.
    static func steps(for request: ReadRequest?) -> [InstanceStep] {
        guard let request else {
            return [
                .send(rawBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")), .close,
            ]
        }
        let closes = request.closes ? "Connection: close\r\n" : ""
        let body = request.method == "HEAD" ? "" : "answered"
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\(marker): \(text(of: request))\r\n\(closes)\r\n\(body)"
        return [.send(rawBytes(answer))] + (request.closes ? [.close] : [])
    }

    /// The request as the marker names it.
    static func text(of request: ReadRequest) -> String {
        shown("\(request.method) \(request.originTarget)", lettersMax: 200)
    }
}
