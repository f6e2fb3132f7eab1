import RunaboutModel
import Testing

@testable import RunaboutControlPlane

@Suite struct ServiceLifecycleTests {
    @Test func aServiceIsPausedResumedAndDeleted() async throws {
        try await World.run { world in
            let id = try await world.running().service.id
            _ = world.live.takePokes()
            let pause = try await world.plane.pauseService("hello", by: World.someone)
            #expect(pause.service.service.desired == .paused)
            #expect(pause.service.service.status == .operationInProgress)
            #expect(pause.service.service.generation == 2)
            try await world.succeed(pause.operation)
            #expect(try await world.plane.service("hello").service.status == .paused)
            let resume = try await world.plane.resumeService("hello", by: World.someone)
            #expect(resume.service.service.desired == .running)
            #expect(resume.service.service.generation == 3)
            #expect(resume.service.service.targetRevision == nil)
            try await world.succeed(resume.operation)
            let deletion = try await world.plane.deleteService("hello", ifMatch: 3, by: World.someone)
            #expect(deletion.service.service.desired == .deleted)
            #expect(deletion.service.service.generation == 4)
            try await world.succeed(deletion.operation)
            #expect(world.live.takePokes() == [id, id, id])
            #expect(
                try await world.eventKinds(of: id.rawValue) == [
                    "service.created", "revision.activated", "operation.succeeded", "service.pauseStarted",
                    "operation.succeeded", "service.resumeStarted", "operation.succeeded", "service.deletionStarted",
                    "operation.succeeded", "service.deleted",
                ])
        }
    }

    @Test func pausingAPausedAndResumingARunningServiceChangesNothing() async throws {
        try await World.run { world in
            let running = try await world.running()
            let resume = try await world.plane.resumeService("hello", by: World.someone)
            #expect(resume.operation.status == .succeeded)
            #expect(resume.service.service == running.service)
            try await world.succeed(try await world.plane.pauseService("hello", by: World.someone).operation)
            let paused = try await world.plane.service("hello")
            let pause = try await world.plane.pauseService("hello", by: World.someone)
            #expect(pause.operation.type == .pauseService)
            #expect(pause.operation.status == .succeeded)
            #expect(pause.service.service == paused.service)
        }
    }

    @Test func aPausedServiceIsNeitherUpdatedNorDeployed() async throws {
        try await World.run { world in
            try await world.running()
            try await world.succeed(try await world.plane.pauseService("hello", by: World.someone).operation)
            let update = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.updateService(
                    "hello", UpdateServiceRequest(image: "web"), ifMatch: nil, by: World.someone)
            }
            #expect(update?.code == .invalidState)
            let deployment = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.startDeployment("hello", by: World.someone)
            }
            #expect(deployment?.code == .invalidState)
        }
    }

    @Test func aServiceThatNeverRanIsNeitherPausedNorResumedAndCanBeDeleted() async throws {
        try await World.run { world in
            try await world.push("web")
            try await world.fail(world.create().operation, leaving: .createFailed)
            let pause = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.pauseService("hello", by: World.someone)
            }
            #expect(pause?.code == .invalidState)
            let resume = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.resumeService("hello", by: World.someone)
            }
            #expect(resume?.code == .invalidState)
            _ = try await world.plane.deleteService("hello", ifMatch: nil, by: World.someone)
        }
    }

    @Test func aDeletionOvertakesADeploymentInTheSameTransaction() async throws {
        try await World.run { world in
            try await world.push("web")
            let creation = try await world.create().operation
            let deletion = try await world.plane.deleteService("hello", ifMatch: nil, by: World.someone)
            let overtaken = try await world.plane.operation(creation.id)
            #expect(overtaken.status == .failed)
            #expect(overtaken.failure?.code == .superseded)
            #expect(deletion.service.service.targetRevision == nil)
            #expect(deletion.service.operation == deletion.operation)
            #expect(
                try await world.eventKinds(of: "hello") == [
                    "service.created", "operation.failed", "service.deletionStarted",
                ])
            // What the reconciler still wanted to write of the creation is refused.
            await #expect(throws: (any Error).self) { try await world.succeed(creation) }
        }
    }

    @Test func aDeletionWaitsForAPauseAndForAnotherDeletion() async throws {
        try await World.run { world in
            try await world.running()
            let pause = try await world.plane.pauseService("hello", by: World.someone).operation
            let early = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.deleteService("hello", ifMatch: nil, by: World.someone)
            }
            #expect(early?.code == .operationInProgress)
            try await world.succeed(pause)
            let deletion = try await world.plane.deleteService("hello", ifMatch: nil, by: World.someone)
            let second = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.deleteService("hello", ifMatch: nil, by: World.someone)
            }
            #expect(second?.code == .operationInProgress)
            // A deletion that failed is asked for again.
            try await world.fail(deletion.operation, leaving: .deleteFailed)
            #expect(try await world.plane.service("hello").service.desired == .deleted)
            let again = try await world.plane.deleteService("hello", ifMatch: nil, by: World.someone)
            try await world.succeed(again.operation)
            let gone = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.deleteService(
                    again.service.service.id.rawValue, ifMatch: nil, by: World.someone)
            }
            #expect(gone?.code == .invalidState)
        }
    }

    @Test func whatDoesNotExistIsSaid() async throws {
        try await World.run { world in
            let refusals: [ControlPlaneError?] = [
                await #expect(throws: ControlPlaneError.self) { try await world.plane.service("none") },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.deleteService("none", ifMatch: nil, by: World.someone)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.pauseService("none", by: World.someone)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.resumeService("none", by: World.someone)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.startDeployment("none", by: World.someone)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.updateService(
                        "none", UpdateServiceRequest(image: "web"), ifMatch: nil, by: World.someone)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.instances(of: "none", includesEnded: true)
                },
                await #expect(throws: ControlPlaneError.self) {
                    _ = try await world.plane.operations(of: "none", after: nil, limit: 5)
                },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.operation(OperationID(high: 0, low: 5))
                },
                await #expect(throws: ControlPlaneError.self) { _ = try await world.plane.explain("none") },
                await #expect(throws: ControlPlaneError.self) {
                    try await world.plane.events(of: "none", after: nil, limit: 5)
                },
                await #expect(throws: ControlPlaneError.self) {
                    _ = try await world.plane.watchEvents(of: "none", after: nil)
                },
                await #expect(throws: ControlPlaneError.self) { try await world.plane.instance("abcd") },
            ]
            for refusal in refusals { #expect(refusal?.code == .notFound) }
        }
    }
}
