import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutStore

@Suite struct EventBroadcastTests {
    @Test func aCommitWithEventsWakesWhoWatchesThatServiceAndWhoWatchesAll() async throws {
        let store = try Store.temporary()
        let all = try store.eventSignals(of: nil)
        let one = try store.eventSignals(of: .number(1))
        let other = try store.eventSignals(of: .number(2))
        try await append(to: store, service: .number(1))
        #expect(try await isSignalled(all))
        #expect(try await isSignalled(one))
        try store.close()
        // The other one has no signal, so the end of the store is the first thing it hears of.
        #expect(try await !isSignalled(other))
    }

    @Test func signalsThatNobodyTookAreOne() async throws {
        let store = try Store.temporary()
        let signals = try store.eventSignals(of: nil)
        for _ in 1...5 { try await append(to: store, service: nil) }
        try store.close()
        var count = 0
        for await _ in signals { count += 1 }
        #expect(count == 1)
    }

    @Test func neitherARollbackNorACommitWithoutEventsSignals() async throws {
        struct Refusal: Error {}
        let store = try Store.temporary()
        let signals = try store.eventSignals(of: nil)
        await #expect(throws: Refusal.self) {
            try await store.write { transaction in
                try transaction.appendEvent(
                    kind: "test.event", principal: "system", service: nil, instance: nil, operation: nil, message: "m",
                    now: .at(1))
                throw Refusal()
            }
        }
        try await store.write { try $0.insertRepository("web") }
        try store.close()
        #expect(try await !isSignalled(signals))
    }

    @Test func onlySoManyWatchAndAPlaceIsFreeWhenOneLeaves() async throws {
        let broadcast = EventBroadcast()
        var streams = try (0..<Limits.eventStreamsMax).map { _ in try broadcast.subscribe(to: nil) }
        let refusal = #expect(throws: StoreError.self) { _ = try broadcast.subscribe(to: nil) }
        #expect(refusal?.code == .limitExceeded)
        streams.removeLast()
        #expect(broadcast.watcherCount == Limits.eventStreamsMax - 1)
        streams.append(try broadcast.subscribe(to: nil))
        #expect(broadcast.watcherCount == Limits.eventStreamsMax)
        streams = []
        #expect(broadcast.watcherCount == 0)
    }

    @Test func aClosedStoreEndsWatchingAtOnce() async throws {
        let store = try Store.temporary()
        let before = try store.eventSignals(of: nil)
        try store.close()
        let after = try store.eventSignals(of: nil)
        #expect(try await !isSignalled(before))
        #expect(try await !isSignalled(after))
    }

    private func append(to store: Store, service: ServiceID?) async throws {
        try await store.write { transaction in
            _ = try transaction.appendEvent(
                kind: "test.event", principal: "system", service: service, instance: nil, operation: nil, message: "m",
                now: .at(1))
        }
    }

    private func isSignalled(_ signals: AsyncStream<Void>) async throws -> Bool {
        try await within(.seconds(20), "a signal or the end of the stream") {
            for await _ in signals { return true }
            return false
        }
    }
}
