import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import RunaboutControlPlane
import RunaboutModel
import RunaboutStore
import RunaboutWire
import Testing

@testable import RunaboutAPI

@Suite struct ProblemTests {
    @Test func anUnknownRouteIsAProblem() async throws {
        try await World.ask { _, asker in
            let answer = try await asker.get("/v1/nothing")
            #expect(answer.status == .notFound)
            #expect(answer.headers[.contentType] == "application/problem+json")
            let problem = try answer.problem
            #expect(problem.code == "noSuchRoute")
            #expect(problem.status == 404)
            #expect(problem.title == "Not Found")
            #expect(problem.type == "about:blank")
            #expect(problem.instance == "/v1/nothing")
        }
    }

    @Test func aWrongMethodSaysWhichAreRight() async throws {
        try await World.ask { _, asker in
            let answer = try await asker.ask(.put, "/v1/services/hello")
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.headers[.allow] == "GET, PATCH, DELETE")
            #expect(try answer.problem.code == "methodNotAllowed")
        }
    }

    @Test func malformedJSONSaysWhere() async throws {
        try await World.ask { _, asker in
            let answer = try await asker.ask(.post, "/v1/services", body: "{\n  \"name\": hello}")
            #expect(answer.status == .badRequest)
            #expect(try answer.problem.code == "malformedJSON")
            #expect(try answer.problem.detail == "The body is not JSON: line 2, column 11: expected a value.")
        }
    }

    @Test func everyWrongFieldIsNamed() async throws {
        try await World.ask { _, asker in
            let body = #"{"name": 5, "configuration": {"prt": 1, "healthCheck": {"method": "udp"}}}"#
            let answer = try await asker.ask(.post, "/v1/services", body: body)
            #expect(answer.status == .unprocessableContent)
            let errors = try #require(try answer.problem.errors)
            #expect(
                errors.map(\.path) == [
                    "name", "image", "configuration.healthCheck.method", "configuration.prt",
                ])
            #expect(errors[0].message == "expected a string, found the number 5")
            #expect(errors[1].message == "expected a string, and it is missing")
            #expect(errors[2].message == "expected one of 'tcp', 'http', found 'udp'")
            #expect(errors[3].message.hasPrefix("unknown field; known here: port, startCommand, environment"))
        }
    }

    @Test func valuesOutOfRangeComeFromTheControlPlaneInTheSameForm() async throws {
        try await World.ask { world, asker in
            try await world.push("web")
            let body = #"{"name":"x","image":"web","configuration":{"port":0,"memoryMebibytes":1}}"#
            let answer = try await asker.ask(.post, "/v1/services", body: body)
            #expect(answer.status == .unprocessableContent)
            let problem = try answer.problem
            #expect(problem.code == "invalidRequest")
            #expect(
                problem.errors?.map(\.path) == ["name", "configuration.port", "configuration.memoryMebibytes"])
        }
    }

    @Test func aBodyThatIsTooLargeIsRefused() async throws {
        try await World.ask { _, asker in
            let body = "\"" + String(repeating: "x", count: Limits.apiBodyBytesMax) + "\""
            let answer = try await asker.ask(.post, "/v1/services", body: body)
            #expect(answer.status == .contentTooLarge)
            #expect(try answer.problem.code == "bodyTooLarge")
        }
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", ""])
    func aBodyOfAnotherTypeIsRefused(type: String) async throws {
        try await World.ask { _, asker in
            let answer = try await asker.ask(.post, "/v1/services", body: "{}", headers: [.contentType: type])
            #expect(answer.status == .unsupportedMediaType)
            #expect(try answer.problem.code == "unsupportedMediaType")
        }
    }

    @Test(arguments: [
        ("/v1/services?limit=0", "query.limit"), ("/v1/services?limit=1001", "query.limit"),
        ("/v1/services?limit=a", "query.limit"), ("/v1/services?limt=1", "query.limt"),
        ("/v1/services?limit=1&limit=2", "query.limit"), ("/v1/services?pageToken=zzz", "pageToken"),
        ("/v1/events?follow=yes", "query.follow"), ("/v1/events?after=-1", "query.after"),
        ("/v1/health?x=1", "query.x"),
    ])
    func aQueryThatCantBeReadIsNamed(uri: String, path: String) async throws {
        try await World.ask { _, asker in
            let answer = try await asker.get(uri)
            #expect(answer.status == .badRequest)
            #expect(try answer.problem.code == "invalidRequest")
            #expect(try answer.problem.errors?.first?.path == path)
        }
    }

    @Test func everyAnswerHasARequestID() async throws {
        let name = try #require(HTTPField.Name("X-Request-Id"))
        try await World.ask { _, asker in
            let own = try await asker.ask(.get, "/v1/nothing", headers: [name: "mine-1"])
            #expect(own.headers[name] == "mine-1")
            let given = try await asker.get("/healthz")
            #expect(given.headers[name]?.isEmpty == false)
            let tooLong = try await asker.ask(
                .get, "/healthz", headers: [name: String(repeating: "a", count: Limits.requestIDBytesMax + 1)])
            #expect(tooLong.headers[name].map { $0.count < Limits.requestIDBytesMax } == true)
        }
    }

    @Test func aFaultOfOursShowsNothingOfOurInsides() async throws {
        try await World.run { world in
            try world.store.close()
            try await Application(router: world.router(.bearer(token: World.token))).test(.router) { client in
                let answer = try await Asker(client: client).get("/v1/services")
                #expect(answer.status == .internalServerError)
                let problem = try answer.problem
                #expect(problem.code == "internalError")
                for word in ["SQL", "GRDB", "Database", "state.db"] { #expect(!answer.text.contains(word)) }
            }
        }
    }

    @Test func pathsOfTheRegistryPassThrough() async throws {
        try await World.run { world in
            let router = world.router(.bearer(token: World.token))
            router.get("/v2/") { _, _ -> Response in throw HTTPError(.unauthorized) }
            try await Application(router: router).test(.router) { client in
                let answer = try await Asker(client: client).ask(.get, "/v2/", authorization: nil)
                #expect(answer.status == .unauthorized)
                #expect(answer.body.readableBytes == 0)
                #expect(answer.headers[.contentType] == nil)
            }
        }
    }

    @Test func everyCodeOfTheControlPlaneHasItsStatus() {
        func status(_ code: ControlPlaneError.Code, hasBody: Bool = true) -> Int {
            ControlPlaneError(code: code, message: "m").problem(hasBody: hasBody).status.code
        }
        let expected: [ControlPlaneError.Code: Int] = [
            .invalidRequest: 422, .notFound: 404, .alreadyExists: 409, .operationInProgress: 409, .invalidState: 409,
            .inUse: 409, .preconditionFailed: 412, .limitExceeded: 409, .imageNotFound: 422, .imageInvalid: 422,
            .idempotencyMismatch: 422, .internalError: 500,
        ]
        for code in ControlPlaneError.Code.allCases { #expect(status(code) == expected[code], "\(code)") }
        #expect(status(.invalidRequest, hasBody: false) == 400)
    }
}
