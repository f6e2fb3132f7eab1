package import RunaboutModel
import Synchronization

/// Runs nothing and behaves as if: the runtime for tests of what stands above a runtime.
///
/// Deterministic: every effect has happened when a call returns, and the same calls give the same answers. Several
/// objects over one ``FakeHost`` are several daemons over one machine, one after the other.
package final class FakeInstanceRuntime: InstanceRuntime {
    /// `fake`.
    package let name = "fake"
    /// All of it.
    package let missingIsolation = ["This runtime runs nothing: it is for tests."]
    /// Ends of instances on its host, from the making of this object.
    package let exits: AsyncStream<InstanceExited>
    /// The machine below.
    package let host: FakeHost

    /// Takes the machine to work on.
    package init(host: FakeHost = FakeHost()) {
        self.host = host
        // Unbounded: as many elements as instances that end, each once.
        let (stream, continuation) = AsyncStream.makeStream(of: InstanceExited.self)
        self.exits = stream
        host.state.withLock { $0.exits[ObjectIdentifier(self)] = continuation }
    }

    deinit {
        host.state.withLock { _ = $0.exits.removeValue(forKey: ObjectIdentifier(self)) }
    }

    /// Starts an instance as its behaviour says.
    package func start(_ specification: InstanceSpecification) async throws(RuntimeError) -> StartedInstance {
        let id = specification.id
        let outcome = host.state.withLock { state -> Result<(InstanceAddress, FakeBehaviour), RuntimeError> in
            state.calls.append(.start(id))
            if let held = state.held[id] {
                var quiet = held.behaviour
                quiet.immediateExit = nil
                quiet.lines = []
                return .success((held.instance.address, quiet))
            }
            let behaviour = state.behaviour(specification)
            if let failure = behaviour.startFailure { return .failure(failure) }
            let address = behaviour.address ?? state.nextAddress(port: specification.configuration.port)
            state.held[id] = FakeHost.Held(
                instance: RuntimeInstance(
                    id: id, service: specification.service, revision: specification.revision, address: address,
                    state: .running),
                behaviour: behaviour,
                lines: [])
            return .success((address, behaviour))
        }
        let (address, behaviour) = try outcome.get()
        for line in behaviour.lines {
            host.write(line, as: id)
        }
        if let exit = behaviour.immediateExit { host.end(id, exit: exit) }
        return StartedInstance(
            address: address, timings: StartTimings(createMilliseconds: 1, startMilliseconds: 1))
    }

    /// Notes that it is frozen.
    package func freeze(_ id: InstanceID) async throws(RuntimeError) {
        try change(id, call: .freeze(id), step: .freeze, from: .running, to: .frozen)
    }

    /// Notes that it runs again.
    package func thaw(_ id: InstanceID) async throws(RuntimeError) {
        try change(id, call: .thaw(id), step: .thaw, from: .frozen, to: .running)
    }

    /// Ends it at once, with the status of SIGTERM or, when it ignores that, of SIGKILL.
    package func stop(_ id: InstanceID, grace: Duration) async throws(RuntimeError) {
        let ignores = host.state.withLock { state in
            state.calls.append(.stop(id))
            return state.held[id]?.behaviour.ignoresTermination ?? false
        }
        host.end(id, exit: InstanceExit(status: ignores ? 137 : 143, isOutOfMemory: false))
    }

    /// Notes that it is released.
    package func release(_ id: InstanceID) async throws(RuntimeError) {
        typealias Followers = [Int: AsyncThrowingStream<LogLine, any Error>.Continuation]
        let (isRunning, followers) = host.state.withLock { state -> (Bool, Followers) in
            state.calls.append(.release(id))
            guard let held = state.held[id], !held.isReleased else { return (false, [:]) }
            guard case .exited = held.instance.state else { return (true, [:]) }
            state.held[id]?.isReleased = true
            return (false, state.followers.removeValue(forKey: id) ?? [:])
        }
        // Outside the lock: ending a stream runs its termination handler, which takes the lock.
        for follower in followers.values {
            follower.finish()
        }
        if isRunning {
            throw RuntimeError(
                step: .release, instance: id,
                message: "Instance \(id.short) still runs; stop it before releasing it.")
        }
    }

    /// Forgets a released one and its lines.
    package func forget(_ id: InstanceID) async {
        host.state.withLock { state in
            state.calls.append(.forget(id))
            if state.held[id]?.isReleased == true { state.held[id] = nil }
        }
    }

    /// Everything that is not released.
    package func observe() async throws(RuntimeError) -> [RuntimeInstance] {
        host.state.withLock { $0.calls.append(.observe) }
        return host.instances
    }

    /// Its lines.
    package func logs(_ id: InstanceID, tail: Int, follow: Bool) -> AsyncThrowingStream<LogLine, any Error> {
        // Unbounded: a test's log is as long as the test makes it.
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: LogLine.self)
        let follower = host.state.withLock { state -> Int? in
            guard let held = state.held[id] else {
                continuation.finish(
                    throwing: RuntimeError(step: .logs, instance: id, message: "Instance \(id.short) has no log."))
                return nil
            }
            for line in held.lines.suffix(tail) {
                continuation.yield(line)
            }
            guard follow, !held.isReleased else {
                continuation.finish()
                return nil
            }
            state.followersGiven += 1
            state.followers[id, default: [:]][state.followersGiven] = continuation
            return state.followersGiven
        }
        if let follower {
            continuation.onTermination = { [host] _ in
                host.state.withLock { _ = $0.followers[id]?.removeValue(forKey: follower) }
            }
        }
        return stream
    }

    /// The same small figures for all that runs.
    package func usage(_ id: InstanceID) async -> InstanceUsage? {
        host.state.withLock { state in
            guard let held = state.held[id], !held.isReleased else { return nil }
            if case .exited = held.instance.state { return nil }
            return InstanceUsage(cpuNanoseconds: 1_000_000, memory: .mebibytes(1), processes: 1)
        }
    }

    /// Gives what was left, and releases what ended and is not known.
    package func collectLeftovers(known: Set<InstanceID>) async -> [String] {
        host.state.withLock { state in
            state.calls.append(.collectLeftovers)
            var removed = state.leftovers
            state.leftovers = []
            for (id, held) in state.held.sorted(by: { $0.key < $1.key }) where !known.contains(id) && !held.isReleased {
                guard case .exited = held.instance.state else { continue }
                state.held[id]?.isReleased = true
                removed.append("instance \(id.short), which ended and is not known")
            }
            return removed
        }
    }

    /// Does nothing.
    package func shutDown() async {
        host.state.withLock { $0.calls.append(.shutDown) }
    }

    private func change(
        _ id: InstanceID,
        call: FakeHost.Call,
        step: RuntimeError.Step,
        from: RuntimeInstance.State,
        to: RuntimeInstance.State,
    ) throws(RuntimeError) {
        let isDone = host.state.withLock { state in
            state.calls.append(call)
            guard let held = state.held[id], !held.isReleased else { return false }
            if held.instance.state == from { state.set(id, to) }
            return held.instance.state == from || held.instance.state == to
        }
        guard isDone else {
            throw RuntimeError(step: step, instance: id, message: "Instance \(id.short) does not run.")
        }
    }
}
