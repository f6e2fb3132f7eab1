import Foundation
import HTTPTypes
import OCI
import RunaboutWire
import Testing

@Suite struct RegistryEndpointTests {
    @Test func imagesAreListed() async throws {
        try await World.ask { world, asker in
            try await world.push("web")
            let answer = try await asker.ask(.get, "/v1/images?repository=web")
            #expect(answer.status == .ok)
            let page = try WireCoding.decode(PageBody<ImageBody>.self, from: Data(answer.text.utf8))
            let image = try #require(page.items.first)
            #expect(image.repository == "web")
            #expect(image.tags == ["latest"])
            #expect(image.layers == 1)
            #expect(image.bytes > 0)
            #expect(try await asker.ask(.get, "/v1/images?repository=none").status == .notFound)
        }
    }

    @Test func theRegistryIsCollectedAndVerified() async throws {
        try await World.ask { world, asker in
            try await world.push("web")
            let trial = try await asker.ask(.post, "/v1/registry/collections?dryRun=true")
            #expect(trial.status == .ok)
            let collection = try WireCoding.decode(CollectionBody.self, from: Data(trial.text.utf8))
            #expect(collection.dryRun)
            #expect(collection.files == 0)
            #expect(!collection.hasMore)
            let done = try await asker.ask(.post, "/v1/registry/collections")
            #expect(try WireCoding.decode(CollectionBody.self, from: Data(done.text.utf8)).dryRun == false)
            let verification = try await asker.ask(.post, "/v1/registry/verifications")
            #expect(verification.status == .ok)
            let body = try WireCoding.decode(VerificationBody.self, from: Data(verification.text.utf8))
            #expect(body.blobs == 3)
            #expect(body.damaged == [])
            let refused = try await asker.ask(.post, "/v1/registry/verifications?pageToken=x")
            #expect(refused.status == .unprocessableContent)
        }
    }
}
