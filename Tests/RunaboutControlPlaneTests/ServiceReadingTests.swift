import RunaboutModel
import RunaboutStore
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

@Suite struct ServiceReadingTests {
    @Test func servicesAreListedByNameOverPages() async throws {
        try await World.run { world in
            for name in ["delta", "alpha", "echo", "bravo", "charlie"] { try await world.running(name) }
            try await world.succeed(
                try await world.plane.deleteService("echo", ifMatch: nil, by: World.someone).operation)
            let first = try await world.plane.services(after: nil, limit: 3)
            #expect(first.items.map(\.service.name) == ["alpha", "bravo", "charlie"])
            let second = try await world.plane.services(after: first.nextToken.required(), limit: 3)
            #expect(second.items.map(\.service.name) == ["delta"])
            #expect(second.nextToken == nil)
            // A full last page does not lead to an empty one.
            let exact = try await world.plane.services(after: nil, limit: 4)
            #expect(exact.items.count == 4)
            #expect(exact.nextToken == nil)
        }
    }

    @Test func aNameThatLooksLikeAnIdIsFoundToo() async throws {
        try await World.run { world in
            let name = ServiceID(high: 7, low: 7).rawValue
            let id = try await world.running(name).service.id
            #expect(try await world.plane.service(name).service.id == id)
            #expect(id.rawValue != name)
        }
    }

    @Test func whatWasAcknowledgedIsThereForTheNextProcess() async throws {
        try await withTemporaryDirectory { directory in
            let first = try World(directory: directory, seed: 1)
            let detail = try await first.running()
            try await first.push("web", content: "two")
            let pause = try await first.plane.pauseService("hello", by: World.someone)
            try first.store.close()

            let second = try World(directory: directory, seed: 2)
            #expect(try await second.store.read { try $0.servicesToReconcile() } == [detail.service.id])
            let found = try await second.plane.service("hello")
            #expect(found.operation == pause.operation)
            #expect(found.service.desired == .paused)
            try await second.succeed(pause.operation)
            try await second.succeed(try await second.plane.resumeService("hello", by: World.someone).operation)
            try await second.succeed(try await second.plane.startDeployment("hello", by: World.someone).operation)
            #expect(try await second.plane.service("hello").revision?.number == 2)
            try second.store.close()
        }
    }
}
