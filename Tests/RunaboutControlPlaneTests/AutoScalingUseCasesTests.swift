import RunaboutModel
import Testing

@testable import RunaboutControlPlane

@Suite struct AutoScalingUseCasesTests {
    @Test func theSameNameMakesTheNextRevision() async throws {
        try await World.run { world in
            let first = try await create(world, "wide")
            let second = try await create(world, "wide", maxConcurrency: 50)
            #expect(first.revision == 1)
            #expect(second.revision == 2)
            #expect(second.maxConcurrency == 50)
            #expect(try await world.plane.autoScalingConfiguration("wide") == second)
            #expect(try await world.plane.autoScalingConfiguration("wide/1") == first)
            #expect(try await world.plane.autoScalingConfiguration(first.id.rawValue) == first)
            let events = try await world.plane.events(of: nil, after: 0, limit: 9)
            #expect(events.map(\.kind) == Array(repeating: "autoScalingConfiguration.created", count: 2))
        }
    }

    @Test func theDefaultIsThereAndItsFirstRevisionStays() async throws {
        try await World.run { world in
            let found = try await world.plane.autoScalingConfiguration("DefaultConfiguration")
            #expect(found == AutoScalingConfiguration.first(createdAt: world.clock.now))
            let refusal = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.deleteAutoScalingConfiguration("DefaultConfiguration/1", by: World.someone)
            }
            #expect(refusal?.code == .inUse)
            _ = try await create(world, "DefaultConfiguration")
            try await world.plane.deleteAutoScalingConfiguration("DefaultConfiguration", by: World.someone)
            #expect(try await world.plane.autoScalingConfiguration("DefaultConfiguration") == found)
        }
    }

    @Test func everyValueThatIsWrongIsSaidAtOnce() async throws {
        try await World.run { world in
            let refusal = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.createAutoScalingConfiguration(
                    CreateAutoScalingConfigurationRequest(
                        name: "no", maxConcurrency: 201, minSize: 26, maxSize: 2, stabilizationSeconds: 0),
                    by: World.someone)
            }
            #expect(refusal?.code == .invalidRequest)
            #expect(
                refusal?.fields.map(\.path) == ["name", "maxConcurrency", "minSize", "stabilizationSeconds", "maxSize"])
            #expect(refusal?.fields.last?.message == "has to be at least minSize, which is 26; it was 2")
        }
    }

    @Test func whatAServiceUsesCanNotGo() async throws {
        try await World.run { world in
            _ = try await create(world, "wide")
            try await world.push("web")
            for number in 1...7 { try await world.create("service-\(number)", autoScaling: "wide") }
            let refusal = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.deleteAutoScalingConfiguration("wide/1", by: World.someone)
            }
            #expect(refusal?.code == .inUse)
            #expect(refusal?.message.contains("service-1, service-2, service-3, service-4, service-5, ...") == true)
            for number in 1...7 {
                try await world.succeed(
                    try await world.plane.deleteService("service-\(number)", ifMatch: nil, by: World.someone).operation)
            }
            try await world.plane.deleteAutoScalingConfiguration("wide/1", by: World.someone)
            for reference in ["wide", "wide/1", "none"] {
                let gone = await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.autoScalingConfiguration(reference)
                }
                #expect(gone?.code == .notFound)
            }
            #expect(try await create(world, "wide").revision == 2)
        }
    }

    @Test func pagesAreReadOneAfterTheOther() async throws {
        try await World.run { world in
            for name in ["beta", "alpha"] {
                for _ in 1...3 { _ = try await create(world, name) }
            }
            var token: String?
            var seen: [String] = []
            repeat {
                let page = try await world.plane.autoScalingConfigurations(after: token, limit: 2)
                #expect(page.items.count <= 2)
                seen += page.items.map { "\($0.name)/\($0.revision)" }
                token = page.nextToken
            } while token != nil
            #expect(
                seen == ["DefaultConfiguration/1", "alpha/1", "alpha/2", "alpha/3", "beta/1", "beta/2", "beta/3"])
        }
    }

    private func create(
        _ world: World, _ name: String, maxConcurrency: Int = 30,
    ) async throws(ControlPlaneError) -> AutoScalingConfiguration {
        try await world.plane.createAutoScalingConfiguration(
            CreateAutoScalingConfigurationRequest(
                name: name, maxConcurrency: maxConcurrency, minSize: 0, maxSize: 10, stabilizationSeconds: 5),
            by: World.someone)
    }
}
