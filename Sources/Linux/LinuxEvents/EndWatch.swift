import Synchronization

/// Joins two things that come in either order: the registration, known once made, and the one event it is for.
final class EndWatch: Sendable {
    private struct State {
        var registration: KernelEvents.Registration?
        var isOver = false
    }

    private let state = Mutex(State())

    func start(_ registration: KernelEvents.Registration, _ events: KernelEvents) {
        let isOver = state.withLock { state in
            state.registration = registration
            return state.isOver
        }
        if isOver { events.remove(registration) }
    }

    func finish(_ events: KernelEvents) {
        let registration = state.withLock { state in
            state.isOver = true
            return state.registration
        }
        if let registration { events.remove(registration) }
    }
}
