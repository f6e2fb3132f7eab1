import RunaboutModel
import Testing

@testable import RunaboutControlPlane

@Suite struct PageTokenTests {
    @Test(arguments: ["hello", "a?b>c~d", "Zürich", ""])
    func aPositionComesBackAsItWas(name: String) throws {
        let token = PageToken.text(.services, [name, "2"])
        #expect(try PageToken.parse(token, of: .services) == [name, "2"])
        #expect(token.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=") })
        #expect(throws: ControlPlaneError.self) { try PageToken.parse(token, of: .operations) }
    }

    @Test(arguments: ["", "x", "????", "aGVsbG8", "c2VydmljZXM"])
    func whatIsNoTokenIsRefused(token: String) {
        let refusal = #expect(throws: ControlPlaneError.self) { try PageToken.parse(token, of: .services) }
        #expect(refusal?.code == .invalidRequest)
        #expect(refusal?.fields.map(\.path) == ["pageToken"])
    }

    @Test func tokensWithOddPositionsAreRefused() async throws {
        try await World.run { world in
            let odd = PageToken.text(.autoScalingConfigurations, ["wide", "two"])
            let first = await #expect(throws: ControlPlaneError.self) {
                _ = try await world.plane.autoScalingConfigurations(after: odd, limit: 5)
            }
            #expect(first?.code == .invalidRequest)
            let second = await #expect(throws: ControlPlaneError.self) {
                _ = try await world.plane.operations(of: nil, after: PageToken.text(.operations, ["x"]), limit: 5)
            }
            #expect(second?.code == .invalidRequest)
        }
    }

    @Test(arguments: [0, -1, Limits.pageSizeMax + 1])
    func aPageHasASizeWithinItsRange(limit: Int) async throws {
        try await World.run { world in
            let refusals = [
                await #expect(throws: ControlPlaneError.self) {
                    _ = try await world.plane.services(after: nil, limit: limit)
                },
                await #expect(throws: ControlPlaneError.self) {
                    _ = try await world.plane.operations(of: nil, after: nil, limit: limit)
                },
                await #expect(throws: ControlPlaneError.self) {
                    _ = try await world.plane.autoScalingConfigurations(after: nil, limit: limit)
                },
                await #expect(throws: ControlPlaneError.self) {
                    _ = try await world.plane.events(of: nil, after: nil, limit: limit)
                },
            ]
            for refusal in refusals { #expect(refusal?.fields.map(\.path) == ["limit"]) }
        }
    }
}
