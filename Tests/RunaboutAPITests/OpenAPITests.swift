import Foundation
import HTTPTypes
import NIOCore
import RunaboutWire
import Testing

@testable import RunaboutAPI

@Suite struct OpenAPITests {
    private func document() throws -> JSONValue { try JSONParser.parse(Array(OpenAPIDocument.text.utf8)) }

    @Test func theDocumentAndTheServerHaveTheSameRoutes() async throws {
        let paths = try #require(try document()["paths"]?.members)
        let documented = Set(
            paths.flatMap { path in
                (path.value.members ?? []).map { "\($0.name.uppercased()) \(path.name)" }
            })
        try await World.run { world in
            let served = world.api(.bearer(token: World.token)).endpoints.map { "\($0.method) \($0.path)" }
            #expect(Set(served) == documented)
            #expect(Set(served).count == served.count)
        }
    }

    @Test func everyRouteOfTheDocumentAnswers() async throws {
        let paths = try #require(try document()["paths"]?.members)
        try await World.ask { _, asker in
            for path in paths {
                for operation in path.value.members ?? [] {
                    let method = try #require(HTTPRequest.Method(operation.name.uppercased()))
                    let uri = path.name.replacing("{", with: "").replacing("}", with: "")
                    let answer = try await asker.ask(method, uri)
                    let isRoute = answer.status != .methodNotAllowed && !answer.text.contains("noSuchRoute")
                    #expect(isRoute, "\(method) \(uri)")
                    let documented = operation.value["responses"]?.members?.map(\.name) ?? []
                    #expect(documented.contains("\(answer.status.code)"), "\(method) \(uri) gave \(answer.status)")
                }
            }
        }
    }

    @Test func parametersOfTheDocumentAreThoseOfTheServer() async throws {
        let document = try document()
        try await World.run { world in
            for endpoint in world.api(.bearer(token: World.token)).endpoints {
                let operation = try #require(
                    document["paths"]?[endpoint.path]?[endpoint.method.rawValue.lowercased()])
                var query: [String] = []
                for reference in operation["parameters"]?.items ?? [] {
                    let name = try #require(reference["$ref"]?.text?.split(separator: "/").last)
                    let parameter = try #require(document["components"]?["parameters"]?[String(name)])
                    if parameter["in"]?.text == "query" { query.append(parameter["name"]?.text ?? "") }
                }
                #expect(query == endpoint.query, "\(endpoint.method) \(endpoint.path)")
            }
        }
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let document = try document()
        for reference in document.references {
            var place: JSONValue? = document
            for part in reference.split(separator: "/").dropFirst() { place = place?[String(part)] }
            #expect(place != nil, "\(reference)")
        }
        #expect(document.references.count > 100)
    }

    @Test func fieldsOfRequestsAreThoseTheReaderKnows() throws {
        func documented(_ schema: String) throws -> Set<String> {
            Set(try #require(try document()["components"]?["schemas"]?[schema]?["properties"]?.members).map(\.name))
        }
        func known<Body: RequestBodyDecodable>(_ type: Body.Type, _ probe: String) throws -> Set<String> {
            let error = try #require(throws: BodyError.self) {
                _ = try Body(json: try JSONParser.parse(Array(probe.utf8)))
            }
            let message = try #require(error.fields.first { $0.message.hasPrefix("unknown field") }?.message)
            return Set(message.dropFirst("unknown field; known here: ".count).components(separatedBy: ", "))
        }
        let probe = #"{"name":"n","image":"i","?":1}"#
        #expect(try known(CreateServiceBody.self, probe) == documented("CreateService"))
        #expect(try known(UpdateServiceBody.self, #"{"?":1}"#) == documented("UpdateService"))
        #expect(
            try known(CreateAutoScalingConfigurationBody.self, probe) == documented("CreateAutoScalingConfiguration"))
        #expect(try known(InstanceConfigurationBody.self, #"{"?":1}"#) == documented("InstanceConfigurationInput"))
        #expect(try known(HealthCheckBody.self, #"{"?":1}"#) == documented("HealthCheckInput"))
    }

    @Test func theServerGivesTheDocument() async throws {
        try await World.ask { _, asker in
            let answer = try await asker.ask(.get, "/openapi.json", authorization: nil)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(try JSONParser.parse(answer.body.readableBytesView)["openapi"]?.text == "3.1.0")
        }
    }
}

extension JSONValue {
    fileprivate var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    fileprivate var items: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
    fileprivate subscript(name: String) -> JSONValue? { members?.first { $0.name == name }?.value }

    /// Every `$ref` in it.
    fileprivate var references: [String] {
        let own = self["$ref"]?.text.map { [$0] } ?? []
        return own + (members?.map(\.value) ?? items ?? []).flatMap(\.references)
    }
}
