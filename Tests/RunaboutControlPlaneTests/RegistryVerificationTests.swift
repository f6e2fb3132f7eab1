import Foundation
import OCI
import OCIContentStore
import RunaboutModel
import Testing

@testable import RunaboutControlPlane

@Suite struct RegistryVerificationTests {
    @Test func whatIsDamagedIsReportedAndSetAside() async throws {
        try await World.run { world in
            let image = try await world.push("web")
            let sound = try await world.plane.verifyRegistry(after: nil, by: World.someone)
            #expect(sound.blobs == 3)
            #expect(sound.damaged == [])
            #expect(sound.nextToken == nil)
            try Data("damaged".utf8).write(to: URL(filePath: world.content.path(of: image)))
            let report = try await world.plane.verifyRegistry(after: nil, by: World.someone)
            let damage = try report.damaged.first.required()
            #expect(report.damaged.count == 1)
            #expect(damage.digest == image)
            #expect(damage.actual == ContentHasher.digest(of: Array("damaged".utf8)))
            #expect(damage.bytes == 7)
            #expect(damage.repositories == ["web"])
            let name = try damage.quarantinedAs.required()
            let kept = world.directory.appending(path: "images/quarantine/\(name)")
            #expect(FileManager.default.fileExists(atPath: kept.path))
            #expect(try await world.content.size(of: image) == nil)
            let again = try await world.plane.verifyRegistry(after: nil, by: World.someone)
            #expect(again.blobs == 2)
            #expect(again.damaged == [])
            let kinds = try await world.plane.events(of: nil, after: 1, limit: 9).map(\.kind)
            #expect(kinds == ["registry.quarantined"])
        }
    }

    @Test func aTokenGoesOnWhereTheCallBeforeEnded() async throws {
        try await World.run { world in
            for number in 0..<4 as Range<UInt8> { try await world.content.put([number]) }
            let digests = try await world.content.blobs().map(\.digest)
            let token = PageToken.text(.verification, ["\(digests[1])"])
            let report = try await world.plane.verifyRegistry(after: token, by: World.someone)
            #expect(report.blobs == 2)
            let error = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.verifyRegistry(after: "nonsense", by: World.someone)
            }
            #expect(error?.code == .invalidRequest)
        }
    }
}
