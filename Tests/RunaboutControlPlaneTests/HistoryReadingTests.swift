import RunaboutAutoscaling
import RunaboutModel
import RunaboutRouting
import RunaboutStore
import Testing

@testable import RunaboutControlPlane

@Suite struct HistoryReadingTests {
    @Test func operationsArePagedNewestFirst() async throws {
        try await World.run { world in
            try await world.running()
            for _ in 1...4 {
                try await world.succeed(try await world.plane.startDeployment("hello", by: World.someone).operation)
            }
            try await world.running("other")
            var token: String?
            var types: [OperationType] = []
            repeat {
                let page = try await world.plane.operations(of: "hello", after: token, limit: 2)
                types += page.items.map(\.type)
                token = page.nextToken
            } while token != nil
            #expect(types == Array(repeating: .startDeployment, count: 4) + [.createService])
            let all = try await world.plane.operations(of: nil, after: nil, limit: 100)
            #expect(all.items.count == 6)
            #expect(all.nextToken == nil)
            let newest = try all.items.first.required()
            #expect(try await world.plane.operation(newest.id) == newest)
        }
    }

    @Test func instancesAreFoundByTheBeginningOfTheirIds() async throws {
        try await World.run { world in
            let detail = try await world.running()
            let ids = [
                InstanceID(high: 0xABCD_0000_0000_0000, low: 1), InstanceID(high: 0xABCD_1000_0000_0000, low: 2),
            ]
            try await world.store.write { transaction in
                for id in ids {
                    try transaction.insertInstance(try instance(id, of: detail))
                }
                try transaction.updateInstance(ids[0], state: .stopped, now: UnixTime(milliseconds: 2))
            }
            #expect(try await world.plane.instance("abcd1").id == ids[1])
            #expect(try await world.plane.instance(ids[0].rawValue).state == .stopped)
            #expect(try await world.plane.instances(of: "hello", includesEnded: false).map(\.id) == [ids[1]])
            #expect(try await world.plane.instances(of: "hello", includesEnded: true).map(\.id) == [ids[1], ids[0]])
            #expect(try await world.plane.service("hello").instances.map(\.id) == [ids[1]])
            let ambiguous = await #expect(throws: ControlPlaneError.self) { try await world.plane.instance("abcd") }
            #expect(ambiguous?.code == .invalidRequest)
            #expect(ambiguous?.fields.first?.message.contains(ids[0].rawValue) == true)
            for reference in ["abc", "ABCD", "wxyz", "", String(repeating: "a", count: 33)] {
                let malformed = await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.instance(reference)
                }
                #expect(malformed?.code == .invalidRequest)
            }
        }
    }

    @Test func anExplanationJoinsDecisionsWakesFailuresAndDemand() async throws {
        try await World.run { world in
            let detail = try await world.running()
            let id = detail.service.id
            let awake = try instance(InstanceID(high: 1, low: 1), of: detail)
            let decisions = (1...3).map { number in
                ScaleDecision(
                    at: MonotonicTime(nanoseconds: Int64(number)), inFlight: 100, queued: number, maxConcurrency: 30,
                    wanted: 4, windowMax: 4, current: 1, desired: 4, rule: .up, bound: .none)
            }
            let wakes = [awake.id, InstanceID(high: 9, low: 9)].map { instance in
                WakeReport(
                    at: world.clock.now, service: id, instance: instance, queueMilliseconds: 250,
                    firstByteMilliseconds: 3)
            }
            let failure = LedgerEntry(
                at: world.clock.now, service: id, instance: nil, requestID: "r1", outcome: .platformError(.queueFull),
                queueMilliseconds: 0, totalMilliseconds: 1)
            try await world.store.write { transaction in
                try transaction.insertInstance(awake)
                try transaction.updateInstance(
                    awake.id, state: .ready, timings: StartTimings(createMilliseconds: 90, startMilliseconds: 20),
                    now: UnixTime(milliseconds: 5))
                let records =
                    try decisions.map { try record(.scaleDecision, of: id, $0) }
                    + wakes.map { try record(.wake, of: id, $0) } + [try record(.ledgerEntry, of: id, failure)]
                let foreign = ServiceRecord(
                    service: id, kind: .scaleDecision, at: UnixTime(milliseconds: 7), body: #"{"of":"another version"}"#
                )
                try transaction.insertRecords(records + [foreign])
            }
            let demand = ServiceDemand(
                service: id, generation: 1, inFlight: 3, queued: 0, peak: 100, accepted: 100, instances: [])
            world.live.set(demand)
            let explanation = try await world.plane.explain("hello")
            #expect(explanation.decisions.map(\.decision) == decisions.reversed())
            #expect(explanation.decisions.map(\.at) == Array(repeating: UnixTime(milliseconds: 7), count: 3))
            #expect(explanation.wakes.map(\.report) == wakes.reversed())
            #expect(explanation.wakes.map { $0.instance?.timings.createMilliseconds } == [nil, 90])
            #expect(explanation.failures == [failure])
            #expect(explanation.demand == demand)
        }
    }

    private func record(
        _ kind: ServiceRecord.Kind, of service: ServiceID, _ value: some Encodable,
    ) throws -> ServiceRecord {
        ServiceRecord(
            service: service, kind: kind, at: UnixTime(milliseconds: 7),
            body: String(decoding: try JSON.encode(value), as: UTF8.self))
    }

    private func instance(_ id: InstanceID, of detail: ServiceDetail) throws -> Instance {
        Instance(
            id: id, service: detail.service.id, revision: try detail.revision.required().id, state: .pending,
            createdAt: UnixTime(milliseconds: 1), updatedAt: UnixTime(milliseconds: 1))
    }
}
