import Foundation
import HTTPTypes
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire
import Testing

@testable import RunaboutAPI

@Suite struct AuthenticationTests {
    private let bearer = Authentication.bearer(token: "right", name: "ci")

    @Test func theTokenNamesItsOwner() {
        #expect(bearer.principal(of: [.authorization: "Bearer right"]) == Principal(name: "token:ci"))
        #expect(bearer.principal(of: [.authorization: "bearer right"]) == Principal(name: "token:ci"))
    }

    @Test func theTokenWorksAsPasswordOfAnyUser() {
        for user in ["admin", "", "someone"] {
            let credential = Data("\(user):right".utf8).base64EncodedString()
            #expect(bearer.principal(of: [.authorization: "Basic \(credential)"]) == Principal(name: "token:ci"))
        }
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "Bearer wrong", "Bearer righ", "Bearer rightt", "Basic right", "Basic %%%",
        "Digest right", "right",
    ])
    func anythingElseIsNobody(header: String) {
        #expect(bearer.principal(of: [.authorization: header]) == nil)
        #expect(bearer.principal(of: [:]) == nil)
    }

    @Test func anEmptyTokenLetsNobodyIn() {
        let open = Authentication.bearer(token: "")
        #expect(open.principal(of: [.authorization: "Bearer "]) == nil)
        #expect(open.principal(of: [.authorization: "Basic \(Data("a:".utf8).base64EncodedString())"]) == nil)
    }

    @Test func whoeverOpensATrustedSocketIsItsPrincipal() {
        let trusted = Authentication.trusted(Principal(name: "local:root"))
        #expect(trusted.principal(of: [:]) == Principal(name: "local:root"))
    }

    @Test func everyRouteButTheOpenOnesAsksForACredential() async throws {
        try await World.ask { world, asker in
            for endpoint in world.api(.bearer(token: World.token)).endpoints {
                let uri = endpoint.path.replacing("{", with: "").replacing("}", with: "")
                let answer = try await asker.ask(endpoint.method, uri, authorization: "Bearer wrong")
                if endpoint.isOpen {
                    #expect(answer.status == .ok, "\(endpoint.path)")
                } else {
                    #expect(answer.status == .unauthorized, "\(endpoint.method) \(endpoint.path)")
                    #expect(answer.headers[.wwwAuthenticate] == "Bearer realm=\"runabout\"")
                    #expect(try answer.problem.code == "unauthorized")
                }
            }
        }
    }

    @Test func strangersDoNotLearnWhichRoutesThereAre() async throws {
        try await World.ask { _, asker in
            let answer = try await asker.ask(.get, "/v1/nothing", authorization: nil)
            #expect(answer.status == .unauthorized)
        }
    }

    @Test func aTrustedSocketNeedsNoToken() async throws {
        try await World.ask(.trusted(Principal(name: "local:root"))) { world, asker in
            try await world.push("web")
            let answer = try await asker.ask(
                .post, "/v1/services", body: #"{"name":"hello","image":"web"}"#, authorization: nil)
            #expect(answer.status == .accepted)
            #expect(try await world.plane.events(of: "hello", after: 0, limit: 1).first?.principal == "local:root")
        }
    }
}
