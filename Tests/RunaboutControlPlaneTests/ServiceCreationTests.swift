import OCI
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

@Suite struct ServiceCreationTests {
    @Test func creatingAServiceStartsItsFirstDeployment() async throws {
        try await World.run { world in
            let digest = try await world.push("team/web", tag: "1.0")
            let made = try await world.create("My_Service-", image: "team/web:1.0")
            let service = made.service.service
            #expect(service.name == "My_Service-")
            #expect(service.host == "my-service.localhost")
            #expect(service.status == .operationInProgress)
            #expect(service.desired == .running)
            #expect(service.generation == 1)
            #expect(service.activeRevision == nil)
            #expect(service.targetRevision == made.service.revision?.id)
            #expect(made.service.revision?.imageDigest == digest)
            #expect(made.service.revision?.imageName == "team/web:1.0")
            #expect(made.service.revision?.number == 1)
            #expect(made.service.autoScaling.name == "DefaultConfiguration")
            #expect(made.operation.type == .createService)
            #expect(made.operation.status == .inProgress)
            #expect(made.service.operation == made.operation)
            #expect(world.live.takePokes() == [service.id])
            #expect(try await world.eventKinds(of: service.name) == ["service.created"])
            let event = try await world.plane.events(of: service.name, after: nil, limit: 1).first
            #expect(event?.principal == "token:ci")
            #expect(event?.operation == made.operation.id)
            #expect(try await world.plane.service(service.id.rawValue) == made.service)
        }
    }

    @Test func aServiceRunsOnceItsDeploymentHasSucceeded() async throws {
        try await World.run { world in
            let detail = try await world.running()
            #expect(detail.service.status == .running)
            #expect(detail.service.activeRevision == detail.revision?.id)
            #expect(detail.service.targetRevision == nil)
            #expect(detail.operation?.status == .succeeded)
        }
    }
}
