import RunaboutModel
import RunaboutStore
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

@Suite struct EventReadingTests {
    @Test func aWatcherGetsWhatWasAndWhatComes() async throws {
        try await World.run { world in
            try await world.running()
            let past = try await world.plane.events(of: nil, after: 0, limit: 100).map(\.kind)
            let events = try await world.plane.watchEvents(of: nil, after: 0)
            async let seen = take(past.count + 2, from: events)
            _ = try await world.plane.pauseService("hello", by: World.someone)
            try await world.push("other")
            #expect(try await seen.map(\.kind) == past + ["service.pauseStarted", "image.pushed"])
        }
    }

    @Test func aWatcherWithoutAPositionGetsOnlyWhatComes() async throws {
        try await World.run { world in
            try await world.running()
            let events = try await world.plane.watchEvents(of: nil, after: nil)
            async let seen = take(1, from: events)
            _ = try await world.plane.pauseService("hello", by: World.someone)
            #expect(try await seen.map(\.kind) == ["service.pauseStarted"])
        }
    }

    @Test func aWatcherOfOneServiceIsToldOfNoOther() async throws {
        try await World.run { world in
            try await world.running("hello")
            try await world.running("other")
            let events = try await world.plane.watchEvents(of: "other", after: nil)
            async let seen = take(1, from: events)
            _ = try await world.plane.pauseService("hello", by: World.someone)
            _ = try await world.plane.deleteService("other", ifMatch: nil, by: World.someone)
            #expect(try await seen.map(\.kind) == ["service.deletionStarted"])
        }
    }

    @Test func aPositionFromBeforeTheDatabaseWasLostCountsAsTheNewest() async throws {
        try await World.run { world in
            try await world.running()
            let events = try await world.plane.watchEvents(of: nil, after: 1_000_000)
            async let seen = take(1, from: events)
            _ = try await world.plane.pauseService("hello", by: World.someone)
            #expect(try await seen.map(\.kind) == ["service.pauseStarted"])
        }
    }

    @Test func aSlowWatcherMissesNothing() async throws {
        try await World.run { world in
            let events = try await world.plane.watchEvents(of: nil, after: nil)
            let count = Limits.pageSizeDefault * 2 + 5
            for number in 1...count { try await append(world, "Event \(number).") }
            let seen = try await take(count, from: events)
            #expect(seen.map(\.sequence) == Array(1...Int64(count)))
        }
    }

    @Test func closingTheStoreEndsTheStream() async throws {
        try await withTemporaryDirectory { directory in
            let world = try World(directory: directory, seed: 1)
            let events = try await world.plane.watchEvents(of: nil, after: nil)
            try await append(world, "The last one.")
            #expect(try await take(1, from: events).count == 1)
            async let rest = take(1, from: events)
            try world.store.close()
            #expect(try await rest == [])
        }
    }

    @Test func aPlaceIsFreeAgainWhenItsConsumerIsGone() async throws {
        try await World.run { world in
            for _ in 1...(Limits.eventStreamsMax * 2) {
                let events = try await world.plane.watchEvents(of: nil, after: 0)
                try await append(world, "Something.")
                #expect(try await take(1, from: events).count == 1)
            }
            var streams: [AsyncThrowingStream<Event, any Error>] = []
            for _ in 1...Limits.eventStreamsMax {
                streams.append(try await world.plane.watchEvents(of: nil, after: nil))
            }
            let refusal = await #expect(throws: ControlPlaneError.self) {
                _ = try await world.plane.watchEvents(of: nil, after: nil)
            }
            #expect(refusal?.code == .limitExceeded)
            #expect(streams.count == Limits.eventStreamsMax)
        }
    }

    private func take(
        _ count: Int, from events: AsyncThrowingStream<Event, any Error>,
    ) async throws -> [Event] {
        try await within(.seconds(30), "\(count) events") {
            var seen: [Event] = []
            for try await event in events {
                seen.append(event)
                if seen.count == count { break }
            }
            return seen
        }
    }

    private func append(_ world: World, _ message: String) async throws {
        let now = world.clock.now
        try await world.store.write { transaction in
            _ = try transaction.appendEvent(
                kind: "test.event", principal: "system", service: nil, instance: nil, operation: nil, message: message,
                now: now)
        }
    }
}
