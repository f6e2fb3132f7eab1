import CEpoll
import Glibc
import Synchronization

/// A client that has nothing to do with an attack, and wants its answers all the same.
package final class Bystander: Sendable {
    /// On which connections it asks.
    package enum Habit: Sendable {
        /// In turn on one that it keeps and on a new one.
        case both
        /// On one that it keeps as long as the proxy lets it.
        case kept
        /// On a new one each time.
        case new
    }

    /// What it got.
    package struct Tally: Hashable, Sendable {
        /// Requests that were answered with 200 and the whole body.
        package var answered = 0
        /// Requests that were sent on a kept connection just when the proxy closed it, and sent again on a new one.
        ///
        /// As every client does; such a request was never begun. Source: RFC 9112 §9.3.1.
        package var repeated = 0
        /// What went wrong with others, a sentence each.
        package var failures: [String] = []
        /// The longest that an answer took.
        package var slowest = Duration.zero

        /// Nothing yet.
        package init() {}

        /// Adds what another got.
        package static func += (left: inout Tally, right: Tally) {
            left.answered += right.answered
            left.repeated += right.repeated
            left.failures += right.failures
            left.slowest = max(left.slowest, right.slowest)
        }
    }

    /// A kept connection was closed before anything of an answer came.
    private struct Idle: Error {}

    private let port: Int
    private let host: String
    private let path: String
    private let habit: Habit
    private let pause: Int32
    private let tally = Mutex(Tally())
    private let wake: Int32

    /// Prepares; nothing is asked yet.
    ///
    /// It pauses from an answer to the next request.
    package init(port: Int, host: String, path: String = "/", habit: Habit = .both, pauseMilliseconds: Int = 50) {
        self.port = port
        self.host = host
        self.path = path
        self.habit = habit
        pause = Int32(pauseMilliseconds)
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit { close(wake) }

    /// What it got so far.
    package var soFar: Tally { tally.withLock { $0 } }

    /// Asks while the body runs; gives what the body gave, and what the bystander got.
    package func watch<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result,
    ) async throws -> (result: Result, tally: Tally) {
        async let asking: Void = onThread(name: "bystander") { [self] in run() }
        let result = await onThread(name: "attack") { Swift.Result { try body() } }
        stop()
        await asking
        return (try result.get(), soFar)
    }

    /// Ends ``run()`` after the answer that it waits for.
    package func stop() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    /// Asks until ``stop()``; blocks.
    package func run() {
        var kept: Int32 = -1
        var isNew = habit == .new
        var isOver = false
        while !isOver {
            let began = ProbeClock.now
            do {
                if isNew {
                    try askAnew()
                } else {
                    try ask(onKept: &kept)
                }
                let took = ProbeClock.now - began
                tally.withLock { tally in
                    tally.answered += 1
                    tally.slowest = max(tally.slowest, took)
                }
            } catch {
                if !isNew, kept >= 0 {
                    close(kept)
                    kept = -1
                }
                tally.withLock { $0.failures.append("\(isNew ? "new" : "kept") connection: \(error)") }
            }
            if habit == .both { isNew.toggle() }
            var events = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            isOver = poll(&events, 1, pause) > 0
        }
        if kept >= 0 { close(kept) }
    }

    private func askAnew() throws {
        let fresh = try Crowd.connect(port: port)
        defer { close(fresh) }
        _ = try ask(fresh)
    }

    private func ask(onKept kept: inout Int32) throws {
        let isUsed = kept >= 0
        if !isUsed { kept = try Crowd.connect(port: port) }
        do {
            let staysOpen = try ask(kept)
            if !staysOpen {
                close(kept)
                kept = -1
            }
        } catch is Idle where isUsed {
            close(kept)
            kept = -1
            tally.withLock { $0.repeated += 1 }
            try askAnew()
        }
    }

    /// Whether the connection stays open after the answer.
    private func ask(_ descriptor: Int32) throws -> Bool {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw Idle() }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || count < 0 && errno == ECONNRESET, answer.isEmpty { throw Idle() }
            guard count > 0 else { throw ProbeFailure("the answer ended after \(answer.count) bytes") }
            answer += buffer[0..<count]
            if let length = try Self.length(of: answer), answer.count >= length {
                return !String(decoding: answer, as: UTF8.self).lowercased().contains("connection: close")
            }
        }
    }

    /// Bytes of the whole answer, once its head is there.
    static func length(of answer: [UInt8]) throws(ProbeFailure) -> Int? {
        let text = String(decoding: answer, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1.1 200") else {
            throw ProbeFailure("the answer is \(lines.first ?? "")")
        }
        let length = lines.dropFirst().first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].drop { $0 == " " }) }
        guard let length else { throw ProbeFailure("the answer has no length") }
        return text[..<end.upperBound].utf8.count + length
    }
}
