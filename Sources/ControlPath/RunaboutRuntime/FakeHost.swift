package import RunaboutModel
import Synchronization

/// What an instance of ``FakeInstanceRuntime`` does once it was started.
package struct FakeBehaviour: Sendable {
    /// Lines it writes at once.
    package var lines: [String]
    /// How it ends at once; nil when it runs until it is ended.
    package var immediateExit: InstanceExit?
    /// Whether SIGTERM does nothing, so that it ends by SIGKILL with status 137 instead of by 143.
    package var ignoresTermination: Bool
    /// Where it listens; nil takes the next address of 10.0.0.0/8.
    package var address: InstanceAddress?
    /// Why it can't be started; nil when it can.
    package var startFailure: RuntimeError?

    /// Takes all values; without any it runs quietly until it is stopped.
    package init(
        lines: [String] = [],
        immediateExit: InstanceExit? = nil,
        ignoresTermination: Bool = false,
        address: InstanceAddress? = nil,
        startFailure: RuntimeError? = nil,
    ) {
        self.lines = lines
        self.immediateExit = immediateExit
        self.ignoresTermination = ignoresTermination
        self.address = address
        self.startFailure = startFailure
    }
}

/// The machine below ``FakeInstanceRuntime``: what outlives the runtime object, as containers outlive a daemon.
package final class FakeHost: Sendable {
    /// One call made to a runtime on this host, in order.
    package enum Call: Hashable, Sendable {
        case start(InstanceID)
        case freeze(InstanceID)
        case thaw(InstanceID)
        case stop(InstanceID)
        case release(InstanceID)
        case forget(InstanceID)
        case observe
        case collectLeftovers
        case shutDown
    }

    struct Held: Sendable {
        var instance: RuntimeInstance
        var behaviour: FakeBehaviour
        var lines: [LogLine]
        var isReleased = false
    }

    struct State {
        var held: [InstanceID: Held] = [:]
        var calls: [Call] = []
        var leftovers: [String] = []
        var addressesGiven = 0
        var clock: Int64 = 0
        var followers: [InstanceID: [Int: AsyncThrowingStream<LogLine, any Error>.Continuation]] = [:]
        var followersGiven = 0
        var exits: [ObjectIdentifier: AsyncStream<InstanceExited>.Continuation] = [:]
        var behaviour: @Sendable (InstanceSpecification) -> FakeBehaviour
    }

    let state: Mutex<State>

    /// Takes what instances do, by their specification.
    package init(behaviour: @escaping @Sendable (InstanceSpecification) -> FakeBehaviour = { _ in FakeBehaviour() }) {
        self.state = Mutex(State(behaviour: behaviour))
    }

    /// Every call so far, in order.
    package var calls: [Call] { state.withLock { $0.calls } }

    /// Everything held, ended instances that were not released included.
    package var instances: [RuntimeInstance] {
        state.withLock { state in
            state.held.values.filter { !$0.isReleased }.map(\.instance).sorted { $0.id < $1.id }
        }
    }

    /// Changes what instances do that are started from now on.
    package func setBehaviour(_ behaviour: @escaping @Sendable (InstanceSpecification) -> FakeBehaviour) {
        state.withLock { $0.behaviour = behaviour }
    }

    /// Puts something there that no instance needs, for ``InstanceRuntime/collectLeftovers(known:)`` to find.
    package func leave(_ leftover: String) {
        state.withLock { $0.leftovers.append(leftover) }
    }

    /// Ends a running instance, as a crash or `kill -9` would; does nothing when it does not run.
    package func end(_ id: InstanceID, exit: InstanceExit) {
        state.withLock { state in
            guard let held = state.held[id], !held.isReleased else { return }
            if case .exited = held.instance.state { return }
            state.set(id, .exited(exit))
            for continuation in state.exits.values {
                continuation.yield(InstanceExited(id: id, exit: exit))
            }
        }
    }

    /// Ends everything and forgets addresses, as a reboot does; what was running is left as ended with status -1.
    package func reboot() {
        for instance in instances {
            end(instance.id, exit: InstanceExit(status: -1, isOutOfMemory: false))
        }
    }

    /// Writes a line into an instance's log.
    package func write(_ text: String, as id: InstanceID) {
        state.withLock { $0.write(text, as: id) }
    }
}

extension FakeHost.State {
    mutating func set(_ id: InstanceID, _ newState: RuntimeInstance.State) {
        guard var held = held[id] else { return }
        held.instance = RuntimeInstance(
            id: id, service: held.instance.service, revision: held.instance.revision, address: held.instance.address,
            state: newState)
        self.held[id] = held
    }

    mutating func write(_ text: String, as id: InstanceID) {
        guard held[id] != nil else { return }
        clock += 1
        let line = LogLine(at: UnixTime(milliseconds: clock), stream: .stdout, text: text)
        held[id]?.lines.append(line)
        for follower in (followers[id] ?? [:]).values {
            follower.yield(line)
        }
    }

    mutating func nextAddress(port: Int) -> InstanceAddress {
        addressesGiven += 1
        return InstanceAddress(
            host: "10.\(addressesGiven >> 16 & 255).\(addressesGiven >> 8 & 255).\(addressesGiven & 255)", port: port)
    }
}
