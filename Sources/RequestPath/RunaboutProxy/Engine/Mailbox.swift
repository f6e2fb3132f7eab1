import CEpoll
import Glibc
import RunaboutLink
import Synchronization

/// What other threads ask of the loop.
enum LoopCommand: Sendable {
    case link(LinkClientEvent)
    /// Says that all that came before has been done.
    case settle(CheckedContinuation<Void, Never>)
    /// Finish what runs, for at most so long, then stop.
    case drain(Duration)
}

/// Carries commands from other threads to the loop and wakes it.
final class Mailbox: Sendable {
    private struct State {
        var commands: [LoopCommand] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    let descriptor: Int32

    init() throws(EngineError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw EngineError("Making an eventfd", code: errno) }
    }

    /// Adds a command.
    ///
    /// False when the loop has stopped, and nobody will ever read it.
    @discardableResult
    func post(_ command: LoopCommand) -> Bool {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.commands.append(command) }
            return !state.isClosed
        }
        var one: UInt64 = 1
        if isOpen { _ = write(descriptor, &one, 8) }
        return isOpen
    }

    func take() -> [LoopCommand] {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        return state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Takes nothing more; gives what nobody has read.
    func shut() -> [LoopCommand] {
        state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
    }

    deinit { close(descriptor) }
}

/// Reads the mailbox when the loop is woken.
final class MailboxEndpoint: Endpoint {
    private let mailbox: Mailbox
    private let onCommand: (LoopCommand) -> Void

    init(_ mailbox: Mailbox, loop: EventLoop, onCommand: @escaping (LoopCommand) -> Void) {
        self.mailbox = mailbox
        self.onCommand = onCommand
        // Its own descriptor, so that closing the endpoint leaves the mailbox usable.
        super.init(descriptor: dup(mailbox.descriptor), loop: loop)
    }

    override func handle(_ events: UInt32) {
        for command in mailbox.take() { onCommand(command) }
    }
}
