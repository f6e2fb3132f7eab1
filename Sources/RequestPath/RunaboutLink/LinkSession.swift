import Glibc
import RunaboutModel

/// One connection of the router's side: sends what is queued, delivers what comes, until it ends.
struct LinkSession {
    struct Outgoing {
        let messages: [RouterMessage]
        let isStopping: Bool
        let overflowed: Bool
    }

    struct End {
        let reason: String
        let heardHello: Bool
    }

    private let socket: Int32
    private let wake: Int32
    private var decoder = LinkFrameDecoder()
    private var heardHello = false
    private var unsent: [UInt8] = []
    private var sent = 0

    init(socket: Int32, wake: Int32) {
        self.socket = socket
        self.wake = wake
    }

    mutating func run(deliver: (LinkClientEvent) -> Void, outgoing: () -> Outgoing) -> End {
        do {
            while true {
                // The next messages are taken once the last are out, so that what waits is bounded where it is queued.
                if sent == unsent.count {
                    let next = outgoing()
                    if next.overflowed { throw LinkEnd("The control plane does not read what the router says.") }
                    unsent = []
                    sent = 0
                    for message in next.messages { unsent += try LinkCodec.frame(message) }
                    if next.isStopping, unsent.isEmpty { throw LinkEnd("The router stops.") }
                    try sendSome()
                    if next.isStopping, sent < unsent.count { throw LinkEnd("The router stops.") }
                    if sent == unsent.count, !next.messages.isEmpty { continue }
                }
                try wait(deliver)
            }
        } catch {
            return End(reason: "\(error)", heardHello: heardHello)
        }
    }

    private mutating func wait(_ deliver: (LinkClientEvent) -> Void) throws {
        let interest = Int16(POLLIN) | (sent < unsent.count ? Int16(POLLOUT) : 0)
        var events = [
            pollfd(fd: socket, events: interest, revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&events, 2, -1) > 0 else {
            guard errno == EINTR else { throw SocketError(attempt: "Waiting for the control plane", code: errno) }
            return
        }
        if events[1].revents != 0 {
            var count: UInt64 = 0
            _ = read(wake, &count, 8)
        }
        if events[0].revents & Int16(POLLOUT) != 0 { try sendSome() }
        if events[0].revents & ~Int16(POLLOUT) != 0 { try receive(deliver) }
    }

    private mutating func sendSome() throws {
        while sent < unsent.count {
            let count = unsent.withUnsafeBytes { bytes in
                send(socket, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                throw SocketError(attempt: "Writing to the control plane", code: errno)
            }
        }
    }

    private mutating func receive(_ deliver: (LinkClientEvent) -> Void) throws {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(socket, &bytes, bytes.count)
        if count == 0 { throw LinkEnd("The control plane closed the link.") }
        if count < 0 {
            guard errno == EAGAIN || errno == EINTR else {
                throw SocketError(attempt: "Reading from the control plane", code: errno)
            }
            return
        }
        decoder.append(bytes[0..<count])
        while let json = try decoder.next() {
            let message = try LinkCodec.message(ControlMessage.self, from: json)
            if case .hello(let version) = message {
                guard version == linkVersion else {
                    throw LinkEnd(
                        "The control plane speaks link version \(version), this router version \(linkVersion). "
                            + "The router goes on with the routes it has; install both programs from one release.")
                }
                heardHello = true
                continue
            }
            guard heardHello else { throw LinkEnd("The control plane did not say hello first.") }
            deliver(.received(message))
        }
    }
}

/// Why a connection of the link ends, in one sentence.
private struct LinkEnd: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
