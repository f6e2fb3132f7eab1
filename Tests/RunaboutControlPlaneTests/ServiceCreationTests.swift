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

    @Test func aNameOrAHostThatIsTakenIsRefused() async throws {
        try await World.run { world in
            try await world.running("my-service")
            for name in ["my-service", "My-Service", "my_service", "my-service--"] {
                let error = await #expect(throws: ControlPlaneError.self) { try await world.create(name) }
                #expect(error?.code == .alreadyExists)
                #expect(error?.message.contains("'\(name)'") == true)
            }
            #expect(try await world.plane.services(after: nil, limit: 10).items.count == 1)
        }
    }

    @Test func aDeletedServiceFreesItsNameAndStaysReadableById() async throws {
        try await World.run { world in
            let first = try await world.running().service
            try await world.succeed(
                try await world.plane.deleteService("hello", ifMatch: nil, by: World.someone).operation)
            let error = await #expect(throws: ControlPlaneError.self) { try await world.plane.service("hello") }
            #expect(error?.code == .notFound)
            #expect(try await world.plane.service(first.id.rawValue).service.status == .deleted)
            let second = try await world.create().service.service
            #expect(second.id != first.id)
            #expect(second.host == first.host)
        }
    }

    @Test func theScalingConfigurationIsNamedOrRefused() async throws {
        try await World.run { world in
            try await world.push("web")
            let request = CreateAutoScalingConfigurationRequest(
                name: "wide", maxConcurrency: 30, minSize: 0, maxSize: 10, stabilizationSeconds: 5)
            for _ in 1...2 {
                _ = try await world.plane.createAutoScalingConfiguration(request, by: World.someone)
            }
            #expect(try await world.create("newest", autoScaling: "wide").service.autoScaling.revision == 2)
            #expect(try await world.create("first", autoScaling: "wide/1").service.autoScaling.revision == 1)
            for name in ["wide/3", "wide/", "wide/x", "unknown", "wide/1/1", ""] {
                let error = await #expect(throws: ControlPlaneError.self) {
                    try await world.create("other", autoScaling: name)
                }
                #expect(error?.code == .invalidRequest)
                #expect(error?.fields.map(\.path) == ["autoScaling"])
            }
        }
    }

    @Test func theSameRequestUnderTheSameKeyMakesOneService() async throws {
        try await World.run { world in
            try await world.push("web")
            let first = try await world.create(key: "key-1")
            _ = world.live.takePokes()
            let again = try await world.create(key: "key-1")
            #expect(again.operation == first.operation)
            #expect(again.service == first.service)
            #expect(world.live.takePokes() == [])
            let different = await #expect(throws: ControlPlaneError.self) {
                try await world.create(configuration: InstanceConfiguration(port: 9_000), key: "key-1")
            }
            #expect(different?.code == .idempotencyMismatch)
            // Without the key, or a day later, it is a new request for a name that is taken.
            let plain = await #expect(throws: ControlPlaneError.self) { try await world.create() }
            #expect(plain?.code == .alreadyExists)
            world.clock.advance(seconds: 86_400)
            let later = await #expect(throws: ControlPlaneError.self) { try await world.create(key: "key-1") }
            #expect(later?.code == .alreadyExists)
        }
    }

    @Test func aRepeatedRequestIsAnsweredEvenWhenItsImageIsGone() async throws {
        try await World.run { world in
            let digest = try await world.push("web")
            let first = try await world.create(key: "key-1")
            #expect(try await world.catalog.deleteManifest(repository: "web", digest: digest))
            #expect(try await world.create(key: "key-1").operation == first.operation)
        }
    }

    @Test func simultaneousRequestsForOneNameMakeOneService() async throws {
        try await World.run { world in
            try await world.push("web")
            let outcomes = await withTaskGroup(of: Result<ServiceID, ControlPlaneError>.self) { group in
                for _ in 1...8 {
                    group.addTask {
                        do throws(ControlPlaneError) {
                            return .success(try await world.create().service.service.id)
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let made = outcomes.compactMap { try? $0.get() }  // What is not a success is counted below.
            let refused = outcomes.filter { $0 == .failure(Self.taken) }
            #expect(made.count == 1)
            #expect(refused.count == 7)
        }
    }

    private static let taken = ControlPlaneError(
        code: .alreadyExists,
        message: "There is a service 'hello' already; take another name, or update that one.")
}
