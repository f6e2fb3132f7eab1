import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct InstanceStatementsTests {
    @Test func whatIsWrittenOfAnInstanceIsReadAgain() async throws {
        let store = try Store.temporary()
        let found = try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance())
            try transaction.updateInstance(
                .number(1), state: .starting, address: InstanceAddress(host: "10.1.2.3", port: 8080),
                timings: StartTimings(createMilliseconds: 12, startMilliseconds: 3), now: .at(2))
            try transaction.updateInstance(
                .number(1), state: .failed, reason: "It ended by itself.",
                exit: InstanceExit(status: 137, isOutOfMemory: true),
                timings: StartTimings(healthyMilliseconds: 40), now: .at(3))
            return try transaction.instance(.number(1))
        }
        let expected = Instance(
            id: .number(1), service: .number(1), revision: .number(1), state: .failed,
            address: InstanceAddress(host: "10.1.2.3", port: 8080),
            exit: InstanceExit(status: 137, isOutOfMemory: true),
            reason: "It ended by itself.",
            timings: StartTimings(createMilliseconds: 12, startMilliseconds: 3, healthyMilliseconds: 40),
            createdAt: .at(1), updatedAt: .at(3))
        #expect(found == expected)
    }

    @Test func eachChangeOfStateIsAnEvent() async throws {
        let store = try Store.temporary()
        let events = try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance())
            try transaction.updateInstance(.number(1), state: .creating, now: .at(2))
            try transaction.updateInstance(.number(1), state: .creating, now: .at(2))
            try transaction.updateInstance(.number(1), state: nil, reason: "Noted.", now: .at(2))
            try transaction.updateInstance(
                .number(1), state: .failed, reason: "It ended.", exit: InstanceExit(status: 3, isOutOfMemory: false),
                now: .at(3))
            _ = try transaction.releaseInstance(.number(1), now: .at(4))
            return try transaction.events(of: .number(1), after: 0, limit: 10)
        }
        #expect(
            events.map(\.kind) == ["instance.created", "instance.creating", "instance.failed", "instance.released"])
        #expect(events.allSatisfy { $0.instance == .number(1) && $0.principal == "system" })
        #expect(events.first?.operation == .number(1))
        #expect(events[2].message.contains("exit status 3: It ended."))
    }

    @Test func anInstanceThatHasEndedStaysEnded() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance())
            try transaction.updateInstance(.number(1), state: .stopped, now: .at(2))
        }
        for state in InstanceState.allCases where !state.isEnded {
            let error = await #expect(throws: StoreError.self) {
                try await store.write { try $0.updateInstance(.number(1), state: state, now: .at(3)) }
            }
            #expect(error?.code == .stale)
        }
    }

    @Test func onlyAnEndedInstanceIsReleased() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance())
        }
        let early = await #expect(throws: StoreError.self) {
            _ = try await store.write { try $0.releaseInstance(.number(1), now: .at(2)) }
        }
        #expect(early?.code == .stale)
        let missing = await #expect(throws: StoreError.self) {
            _ = try await store.write { try $0.releaseInstance(.number(9), now: .at(2)) }
        }
        #expect(missing?.code == .notFound)
        let unknown = await #expect(throws: StoreError.self) {
            try await store.write { try $0.updateInstance(.number(9), state: .ready, now: .at(2)) }
        }
        #expect(unknown?.code == .notFound)
    }

    @Test func theOldestReleasedInstancesAreDroppedAndNamed() async throws {
        let store = try Store.temporary()
        let dropped = try await store.write { transaction in
            try Rows.insertService(transaction)
            var dropped: [InstanceID] = []
            for number in 1...UInt64(Limits.endedInstancesKeptMax + 3) {
                try transaction.insertInstance(Rows.instance(number))
                try transaction.updateInstance(.number(number), state: .stopped, now: .at(Int64(number)))
                dropped += try transaction.releaseInstance(.number(number), now: .at(Int64(number)))
                // Releasing it again drops nothing more.
                #expect(try transaction.releaseInstance(.number(number), now: .at(Int64(number))) == [])
            }
            #expect(
                try transaction.instances(of: .number(1), includesEnded: true).count == Limits.endedInstancesKeptMax)
            return dropped
        }
        #expect(dropped == [.number(1), .number(2), .number(3)])
    }

    @Test func runningInstancesAreListedFirstAndTheNewestOfEach() async throws {
        let store = try Store.temporary()
        let listed = try await store.write { transaction in
            try Rows.insertService(transaction)
            for number in 1...4 as ClosedRange<UInt64> { try transaction.insertInstance(Rows.instance(number)) }
            try transaction.updateInstance(.number(4), state: .failed, now: .at(9))
            try transaction.updateInstance(.number(2), state: .stopped, now: .at(9))
            return (
                try transaction.instances(of: .number(1), includesEnded: true).map(\.id),
                try transaction.instances(of: .number(1), includesEnded: false).map(\.id)
            )
        }
        #expect(listed.0 == [.number(3), .number(1), .number(4), .number(2)])
        #expect(listed.1 == [.number(3), .number(1)])
    }

    @Test func instancesAreFoundByTheBeginningOfTheirIds() async throws {
        let store = try Store.temporary()
        let found = try await store.write { transaction in
            try Rows.insertService(transaction)
            for high in [0xAB00, 0xAB01, 0xFFFF] as [UInt64] {
                let id = InstanceID(high: high << 48, low: 0)
                try transaction.insertInstance(
                    Instance(
                        id: id, service: .number(1), revision: .number(1), state: .pending, createdAt: .at(1),
                        updatedAt: .at(1)))
            }
            return [
                try transaction.instances(idPrefix: "ab0", limit: 5).count,
                try transaction.instances(idPrefix: "ab01", limit: 5).count,
                try transaction.instances(idPrefix: "ffff", limit: 5).count,
                try transaction.instances(idPrefix: "ac", limit: 5).count,
            ]
        }
        #expect(found == [2, 1, 1, 0])
    }
}
