import CEpoll
import Glibc
import RunaboutLink

/// One connection of a router, from its hello to its end.
struct StandSession {
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

    /// Says what is to be said and delivers what comes, until the router closes or there is nothing more to take.
    ///
    /// - Throws: when the router breaks the link's rules, so that going on makes no sense.
    mutating func run(take: () -> [ControlMessage]?, deliver: (RouterMessage) -> Void) throws {
        while true {
            if sent == unsent.count {
                guard let messages = take() else { return }
                unsent = []
                sent = 0
                for message in messages { unsent += try LinkCodec.frame(message) }
                guard sendSome() else { return }
            }
            let interest = Int16(POLLIN) | (sent < unsent.count ? Int16(POLLOUT) : 0)
            var events = [
                pollfd(fd: socket, events: interest, revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&events, 2, -1) > 0 else { continue }
            if events[1].revents != 0 {
                var count: UInt64 = 0
                _ = read(wake, &count, 8)
            }
            if events[0].revents & Int16(POLLOUT) != 0, !sendSome() { return }
            if events[0].revents & ~Int16(POLLOUT) != 0, try !receive(deliver) { return }
        }
    }

    /// Sends what the socket takes; false when the router is gone.
    private mutating func sendSome() -> Bool {
        while sent < unsent.count {
            let count = unsent.withUnsafeBytes { bytes in
                send(socket, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                return true
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Takes what has come; false when the router is gone.
    private mutating func receive(_ deliver: (RouterMessage) -> Void) throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(socket, &bytes, bytes.count)
        if count == 0 { return false }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        decoder.append(bytes[0..<count])
        while let json = try decoder.next() {
            let message = try LinkCodec.message(RouterMessage.self, from: json)
            if case .hello(let hello) = message {
                guard hello.version == linkVersion else {
                    throw StandError(
                        "The router speaks link version \(hello.version), this stand version \(linkVersion); "
                            + "build both from one state of the sources.")
                }
                heardHello = true
            }
            guard heardHello else { throw StandError("The router did not say hello first.") }
            deliver(message)
        }
        return true
    }
}
