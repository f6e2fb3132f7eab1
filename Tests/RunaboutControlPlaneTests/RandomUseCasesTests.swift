import Foundation
import RunaboutModel
import RunaboutStore
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

/// Random use cases, side by side with a naive model of the rules.
///
/// `SEED=n swift test` runs one seed again.
@Suite struct RandomUseCasesTests {
    static let seeds: [UInt64] =
        if let seed = ProcessInfo.processInfo.environment["SEED"].flatMap({ UInt64($0) }) {
            [seed]
        } else {
            (0..<8).map { _ in UInt64.random(in: 0..<1 << 32) }
        }

    @Test(arguments: seeds)
    func everyAnswerIsTheModelsAndEveryInvariantHolds(seed: UInt64) async throws {
        try await withTemporaryDirectory { directory in
            var run = try Run(directory: directory, seed: seed)
            try await run.world.push("web")
            for step in 1...150 {
                let deed = run.nextDeed()
                try await run.perform(deed, note: "SEED=\(seed) step \(step): \(deed)")
            }
            try run.world.store.close()
        }
    }
}

/// One sequence of deeds.
private struct Run {
    let directory: URL
    let seed: UInt64
    var world: World
    var model = UseCaseModel()
    var generator: SeededGenerator
    var generations: [ServiceID: Int64] = [:]

    private static let names = ["alpha", "Alpha", "beta_1", "beta-1", "gamma", "delta"]
    private static let scalings = ["DefaultConfiguration", "wide", "thin"]

    init(directory: URL, seed: UInt64) throws {
        self.directory = directory
        self.seed = seed
        self.world = try World(directory: directory, seed: seed)
        self.generator = SeededGenerator(seed: seed)
    }

    mutating func nextDeed() -> Deed {
        let name = Self.names[Int.random(in: 0..<Self.names.count, using: &generator)]
        let scaling = Self.scalings[Int.random(in: 0..<Self.scalings.count, using: &generator)]
        let isOdd = Bool.random(using: &generator)
        let seen = (model.services[name]?.generation ?? 1) + (Int.random(in: 0..<4, using: &generator) == 0 ? 1 : 0)
        let ifMatch = Bool.random(using: &generator) ? seen : nil
        switch Int.random(in: 0..<30, using: &generator) {
        case 0..<6: return .create(name, autoScaling: isOdd ? scaling : nil)
        case 6..<10:
            return .update(
                name, image: isOdd, configuration: Bool.random(using: &generator),
                autoScaling: Bool.random(using: &generator) ? scaling : nil, ifMatch: ifMatch)
        case 10: return .deploy(name)
        case 11..<13: return .pause(name)
        case 13..<15: return .resume(name)
        case 15..<17: return .delete(name, ifMatch: ifMatch)
        case 17: return .makeScaling(scaling)
        case 18: return .deleteScaling(scaling)
        case 19: return .reopen
        default: return .finish(name, isSuccess: Int.random(in: 0..<3, using: &generator) > 0)
        }
    }

    mutating func perform(_ deed: Deed, note: String) async throws {
        world.clock.advance(seconds: 1)
        let before = try await world.store.read { try $0.lastEventSequence() }
        _ = world.live.takePokes()
        let statusBefore = try await dump()
        let expected = model.apply(deed)
        var refusal: ControlPlaneError?
        do throws(ControlPlaneError) {
            try await act(deed)
        } catch {
            refusal = error
        }
        let after = try await world.store.read { try $0.lastEventSequence() }
        switch expected {
        case .refused(let code):
            #expect(refusal?.code == code, "\(note): \(String(describing: refusal))")
            #expect(after == before, "\(note)")
            #expect(world.live.takePokes() == [], "\(note)")
            #expect(try await dump() == statusBefore, "\(note)")
        case .done(let events, let pokes):
            #expect(refusal == nil, "\(note)")
            #expect(after - before == Int64(events), "\(note)")
            #expect(world.live.takePokes().count == (pokes ? 1 : 0), "\(note)")
        }
        try await compare(note)
        try await checkInvariants(note)
    }

    private mutating func act(_ deed: Deed) async throws(ControlPlaneError) {
        let plane = world.plane
        switch deed {
        case .create(let name, let scaling): try await world.create(name, autoScaling: scaling)
        case .update(let name, let image, let configuration, let scaling, let ifMatch):
            _ = try await plane.updateService(
                name,
                UpdateServiceRequest(
                    image: image ? "web" : nil, configuration: configuration ? InstanceConfiguration(port: 99) : nil,
                    autoScaling: scaling), ifMatch: ifMatch, by: World.someone)
        case .deploy(let name): _ = try await plane.startDeployment(name, by: World.someone)
        case .pause(let name): _ = try await plane.pauseService(name, by: World.someone)
        case .resume(let name): _ = try await plane.resumeService(name, by: World.someone)
        case .delete(let name, let ifMatch):
            _ = try await plane.deleteService(name, ifMatch: ifMatch, by: World.someone)
        case .makeScaling(let name):
            _ = try await plane.createAutoScalingConfiguration(
                CreateAutoScalingConfigurationRequest(
                    name: name, maxConcurrency: 30, minSize: 0, maxSize: 10, stabilizationSeconds: 5), by: World.someone
            )
        case .deleteScaling(let name): try await plane.deleteAutoScalingConfiguration(name, by: World.someone)
        case .finish(let name, let isSuccess):
            await finish(name, isSuccess: isSuccess)
        case .reopen:
            do {
                try world.store.close()
                world = try World(directory: directory, seed: generator.next())
            } catch {
                Issue.record(error)
            }
        }
    }

    private func finish(_ name: String, isSuccess: Bool) async {
        do {
            let found = try await world.store.read { transaction in
                try transaction.service(named: name).flatMap { try transaction.snapshot(of: $0.id) }
            }
            guard let snapshot = found, let operation = snapshot.operation else { return }
            if isSuccess { return try await world.succeed(operation) }
            let leaving: ServiceStatus =
                switch operation.type {
                case .createService: .createFailed
                case .updateService, .startDeployment: snapshot.active == nil ? .createFailed : .running
                case .pauseService: .running
                case .resumeService: .paused
                case .deleteService: .deleteFailed
                }
            try await world.fail(operation, leaving: leaving)
        } catch {
            Issue.record(error)
        }
    }

    private func dump() async throws -> [ServiceDetail] {
        try await world.plane.services(after: nil, limit: 100).items
    }

    private func compare(_ note: String) async throws {
        let found = try await world.store.read { transaction in
            try transaction.services(after: nil, limit: 100).map { service in
                let scaling = try transaction.autoScalingConfiguration(service.autoScaling)
                return (
                    service,
                    UseCaseModel.ServiceState(
                        status: service.status, desired: service.desired, generation: service.generation,
                        running: try transaction.runningOperation(of: service.id)?.type,
                        revisionCount: try transaction.newestRevision(of: service.id)?.number ?? 0,
                        active: try service.activeRevision.flatMap { try transaction.revision($0)?.number },
                        target: try service.targetRevision.flatMap { try transaction.revision($0)?.number },
                        scaling: scaling.map { "\($0.name)/\($0.revision)" } ?? "none")
                )
            }
        }
        let actual = Dictionary(uniqueKeysWithValues: found.map { ($0.0.name, $0.1) })
        #expect(actual == model.services, "\(note)")
    }

    private mutating func checkInvariants(_ note: String) async throws {
        let services = try await dump().map(\.service)
        #expect(Set(services.map(\.host)).count == services.count, "\(note)")
        for service in services {
            #expect(service.generation >= generations[service.id] ?? 0, "\(note)")
            generations[service.id] = service.generation
            let operations = try await world.plane.operations(of: service.name, after: nil, limit: 1_000).items
            let running = operations.filter { !$0.status.isEnded }
            #expect(running.count <= 1, "\(note)")
            #expect((service.status == .operationInProgress) == (running.count == 1), "\(note)")
            #expect(operations.allSatisfy { ($0.endedAt != nil) == $0.status.isEnded }, "\(note)")
            #expect(service.targetRevision == nil || running.count == 1, "\(note)")
        }
    }
}
