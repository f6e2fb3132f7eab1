import OCI
import RunaboutModel
import Testing

@testable import RunaboutControlPlane

@Suite struct ServiceChangesTests {
    @Test func aNewImageStartsADeploymentAndTheOldRevisionServesOn() async throws {
        try await World.run { world in
            let before = try await world.running()
            let digest = try await world.push("web", tag: "2", content: "two")
            _ = world.live.takePokes()
            let updated = try await update(world, UpdateServiceRequest(image: "web:2"))
            let service = updated.service.service
            #expect(service.status == .operationInProgress)
            #expect(service.generation == before.service.generation + 1)
            #expect(service.activeRevision == before.revision?.id)
            #expect(updated.service.revision == before.revision)
            #expect(updated.operation.type == .updateService)
            #expect(world.live.takePokes() == [service.id])
            try await world.succeed(updated.operation)
            let after = try await world.plane.service("hello")
            #expect(after.revision?.imageDigest == digest)
            #expect(after.revision?.number == 2)
            #expect(after.revision?.configuration == before.revision?.configuration)
        }
    }

    @Test func theSameTagDeploysWhatItStandsForNow() async throws {
        try await World.run { world in
            try await world.running()
            let digest = try await world.push("web", content: "two")
            try await world.succeed(try await update(world, UpdateServiceRequest(image: "web")).operation)
            #expect(try await world.plane.service("hello").revision?.imageDigest == digest)
        }
    }

    @Test func aNewConfigurationKeepsTheImageWhateverItsTagStandsForNow() async throws {
        try await World.run { world in
            let before = try await world.running()
            try await world.push("web", content: "two")
            let configuration = InstanceConfiguration(port: 9_000)
            try await world.succeed(
                try await update(world, UpdateServiceRequest(configuration: configuration)).operation)
            let after = try await world.plane.service("hello")
            #expect(after.revision?.imageDigest == before.revision?.imageDigest)
            #expect(after.revision?.configuration == configuration)
        }
    }

    @Test func aScalingChangeAloneHoldsAtOnce() async throws {
        try await World.run { world in
            let before = try await world.running()
            _ = try await world.plane.createAutoScalingConfiguration(
                CreateAutoScalingConfigurationRequest(
                    name: "wide", maxConcurrency: 30, minSize: 0, maxSize: 10, stabilizationSeconds: 5),
                by: World.someone)
            _ = world.live.takePokes()
            let updated = try await update(world, UpdateServiceRequest(autoScaling: "wide"))
            #expect(updated.operation.status == .succeeded)
            #expect(updated.operation.endedAt == world.clock.now)
            #expect(updated.service.service.status == .running)
            #expect(updated.service.service.generation == before.service.generation + 1)
            #expect(updated.service.autoScaling.name == "wide")
            #expect(updated.service.revision == before.revision)
            #expect(world.live.takePokes() == [before.service.id])
            #expect(try await world.eventKinds(of: "hello").last == "service.updated")
        }
    }

    @Test func aFailedUpdateLeavesTheServiceAsItWas() async throws {
        try await World.run { world in
            let before = try await world.running()
            let updated = try await update(
                world, UpdateServiceRequest(configuration: InstanceConfiguration(port: 9_000)))
            try await world.fail(updated.operation, status: .rollbackSucceeded, leaving: .running)
            let after = try await world.plane.service("hello")
            #expect(after.revision == before.revision)
            #expect(after.service.status == .running)
            #expect(after.operation?.failure?.code == .healthCheckFailed)
            // The number of the revision that failed is not used again.
            try await world.succeed(
                try await update(world, UpdateServiceRequest(configuration: InstanceConfiguration(port: 9_001)))
                    .operation)
            #expect(try await world.plane.service("hello").revision?.number == 3)
        }
    }

    @Test func aServiceThatNeverRanIsDeployedAnewByAnyUpdate() async throws {
        try await World.run { world in
            try await world.push("web")
            let made = try await world.create()
            try await world.fail(made.operation, leaving: .createFailed)
            let failed = try await world.plane.service("hello")
            #expect(failed.service.status == .createFailed)
            #expect(failed.revision == made.service.revision)
            let digest = try await world.push("web", content: "repaired")
            let again = try await update(world, UpdateServiceRequest())
            #expect(again.operation.status == .inProgress)
            #expect(again.service.service.status == .operationInProgress)
            try await world.succeed(again.operation)
            let after = try await world.plane.service("hello")
            #expect(after.service.status == .running)
            #expect(after.revision?.imageDigest == digest)
        }
    }

    @Test func anUpdateOfNothingIsRefused() async throws {
        try await World.run { world in
            try await world.running()
            #expect(await refusal(world, UpdateServiceRequest())?.code == .invalidRequest)
            let bad = await refusal(
                world,
                UpdateServiceRequest(image: "A", configuration: InstanceConfiguration(port: 0), autoScaling: "none"))
            #expect(bad?.fields.map(\.path) == ["image", "configuration.port"])
            let scaling = await refusal(world, UpdateServiceRequest(image: "web", autoScaling: "none"))
            #expect(scaling?.fields.map(\.path) == ["autoScaling"])
            let image = await refusal(world, UpdateServiceRequest(image: "web:none"))
            #expect(image?.code == .imageNotFound)
            #expect(try await world.plane.service("hello").service.generation == 1)
        }
    }

    @Test func whoSawAnotherGenerationIsRefused() async throws {
        try await World.run { world in
            try await world.running()
            let stale = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.updateService(
                    "hello", UpdateServiceRequest(image: "web"), ifMatch: 7, by: World.someone)
            }
            #expect(stale?.code == .preconditionFailed)
            let deletion = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.deleteService("hello", ifMatch: 7, by: World.someone)
            }
            #expect(deletion?.code == .preconditionFailed)
            _ = try await world.plane.updateService(
                "hello", UpdateServiceRequest(image: "web"), ifMatch: 1, by: World.someone)
        }
    }

    @Test func nothingBeginsWhileAnOperationRuns() async throws {
        try await World.run { world in
            try await world.push("web")
            let operation = try await world.create().operation
            let refusals: [ControlPlaneError?] = [
                await refusal(world, UpdateServiceRequest(image: "web")),
                await refusal(world, UpdateServiceRequest(autoScaling: "DefaultConfiguration")),
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.startDeployment("hello", by: World.someone)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.pauseService("hello", by: World.someone)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.resumeService("hello", by: World.someone)
                },
            ]
            for refusal in refusals {
                #expect(refusal?.code == .operationInProgress)
                #expect(refusal?.message.contains(operation.id.rawValue) == true)
            }
        }
    }

    @Test func aDeploymentTakesWhatTheNameStandsForNow() async throws {
        try await World.run { world in
            let before = try await world.running()
            let digest = try await world.push("web", content: "two")
            let deployment = try await world.plane.startDeployment("hello", by: World.someone)
            #expect(deployment.operation.type == .startDeployment)
            #expect(try await world.eventKinds(of: "hello").last == "service.deploymentStarted")
            try await world.succeed(deployment.operation)
            let after = try await world.plane.service("hello")
            #expect(after.revision?.imageDigest == digest)
            #expect(after.revision?.configuration == before.revision?.configuration)
        }
    }

    private func update(
        _ world: World, _ request: UpdateServiceRequest,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        try await world.plane.updateService("hello", request, ifMatch: nil, by: World.someone)
    }

    private func refusal(_ world: World, _ request: UpdateServiceRequest) async -> ControlPlaneError? {
        await #expect(throws: ControlPlaneError.self) { try await update(world, request) }
    }
}
