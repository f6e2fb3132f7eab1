import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization

/// What other threads ask of a loop.
enum LoopCommand: Sendable {
    /// A route is new, or gone.
    case update(RouteUpdate)
    /// What the operator decided for the router as a whole.
    case settings(RouterSettings)
    /// The certificates for connections to come. The loop frees the table that they take the place of.
    case certificates(TLSTable)
    /// The whole route table has been taken; what had waited for it may begin.
    case snapshotTaken
    /// A waiting request of this loop goes to an instance, where it is counted already.
    case dispatch(SharedDispatch)
    /// A waiting request of this loop may wait no longer.
    case refuse(Refusal)
    /// A connection to the control plane stands: say what has not been said.
    case report
    /// Says that all that came before has been done.
    case settle(CheckedContinuation<Void, Never>)
    /// Finish what runs, for at most so long, then stop.
    case drain(Duration)
}

/// Carries commands from other threads to a loop and wakes it.
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
        if isOpen { wake() }
        return isOpen
    }

    /// Makes the loop look.
    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
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

/// The machine refused something that the engine can't go without.
public struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted and why it failed, one sentence.
    public let description: String

    init(_ attempt: String, code: Int32) {
        description = "\(attempt) failed: \(String(cString: strerror(code)))."
    }
}
