import HTTPTypes
import RunaboutControlPlane
import RunaboutModel
import RunaboutRouting
import RunaboutWire
import Testing

@testable import RunaboutAPI

@Suite struct ServiceEndpointTests {
    @Test func creatingGivesTheOperationsPlace() async throws {
        try await World.ask { world, asker in
            try await world.push("web")
            let body = """
                {"name": "hello", "image": "web:latest", "configuration": {"port": 9000, "environment": {"A": "1"},
                 "startCommand": ["/run", "-v"], "healthCheck": {"method": "http", "path": "/up"}}}
                """
            let answer = try await asker.ask(.post, "/v1/services", body: body)
            #expect(answer.status == .accepted)
            let accepted = try answer.read(AcceptedBody.self)
            #expect(answer.headers[.location] == "/v1/operations/\(accepted.operation.id)")
            #expect(answer.headers[.eTag] == "\"1\"")
            #expect(accepted.service.name == "hello")
            #expect(accepted.service.status == .operationInProgress)
            #expect(accepted.operation.type == .createService)
            let configuration = try #require(accepted.service.revision?.configuration)
            #expect(configuration.port == 9_000)
            #expect(configuration.environment == ["A": "1"])
            #expect(configuration.startCommand == ["/run", "-v"])
            #expect(configuration.healthCheck.path == "/up")
            #expect(configuration.memoryMebibytes == 512)
            let operation = try await asker.get(try #require(answer.headers[.location]))
            #expect(try operation.read(OperationBody.self) == accepted.operation)
        }
    }

    @Test func theSameKeyAgainMakesNothingNew() async throws {
        let key = try #require(HTTPField.Name("Idempotency-Key"))
        try await World.ask { world, asker in
            try await world.push("web")
            let body = #"{"name":"hello","image":"web"}"#
            let first = try await asker.ask(.post, "/v1/services", body: body, headers: [key: "k1"])
            let second = try await asker.ask(.post, "/v1/services", body: body, headers: [key: "k1"])
            #expect(second.status == .accepted)
            #expect(try second.read(AcceptedBody.self).operation.id == first.read(AcceptedBody.self).operation.id)
            let other = try await asker.ask(
                .post, "/v1/services", body: #"{"name":"other","image":"web"}"#, headers: [key: "k1"])
            #expect(other.status == .unprocessableContent)
            #expect(try other.problem.code == "idempotencyMismatch")
            let third = try await asker.ask(.post, "/v1/services", body: body)
            #expect(third.status == .conflict)
            #expect(try third.problem.code == "alreadyExists")
        }
    }

    @Test func anImageThatIsNotThereIsNamed() async throws {
        try await World.ask { _, asker in
            let answer = try await asker.ask(.post, "/v1/services", body: #"{"name":"hello","image":"gone:1"}"#)
            #expect(answer.status == .unprocessableContent)
            #expect(try answer.problem.code == "imageNotFound")
            #expect(try answer.problem.detail.contains("gone"))
        }
    }

    @Test func aServiceIsFoundByNameAndById() async throws {
        try await World.ask { world, asker in
            let detail = try await world.running()
            try await world.instance(1, of: detail)
            let byName = try await asker.get("/v1/services/hello")
            let byID = try await asker.get("/v1/services/\(detail.service.id)")
            #expect(byName.text == byID.text)
            #expect(byName.headers[.eTag] == "\"\(detail.service.generation)\"")
            let service = try byName.read(ServiceBody.self)
            #expect(service.host == "hello.localhost")
            #expect(service.url == "https://hello.localhost:8443")
            #expect(service.instances.map(\.state) == [.ready])
            #expect(service.instances.first?.address == "10.1.0.2:8080")
            #expect(service.createdAt.description == "2023-11-14T22:13:20.123Z")
            let missing = try await asker.get("/v1/services/none")
            #expect(missing.status == .notFound)
            #expect(try missing.problem.code == "notFound")
        }
    }

    @Test func listsComeInPages() async throws {
        try await World.ask { world, asker in
            for name in ["anna", "bert", "carl"] { try await world.create(name) }
            let first = try await asker.get("/v1/services?limit=2").read(PageBody<ServiceBody>.self)
            #expect(first.items.map(\.name) == ["anna", "bert"])
            let token = try #require(first.nextToken)
            let second = try await asker.get("/v1/services?limit=2&pageToken=\(token)").read(PageBody<ServiceBody>.self)
            #expect(second.items.map(\.name) == ["carl"])
            #expect(second.nextToken == nil)
        }
    }

    @Test func anUpdateHoldsOnlyForWhatTheCallerSaw() async throws {
        try await World.ask { world, asker in
            let detail = try await world.running()
            let body = #"{"configuration":{"port":9000}}"#
            let stale = try await asker.ask(.patch, "/v1/services/hello", body: body, headers: [.ifMatch: "\"99\""])
            #expect(stale.status == .preconditionFailed)
            #expect(try stale.problem.code == "preconditionFailed")
            let odd = try await asker.ask(.patch, "/v1/services/hello", body: body, headers: [.ifMatch: "W/\"1\""])
            #expect(odd.status == .preconditionFailed)
            let tag = "\"\(detail.service.generation)\""
            let fresh = try await asker.ask(.patch, "/v1/services/hello", body: body, headers: [.ifMatch: tag])
            #expect(fresh.status == .accepted)
            #expect(try fresh.read(AcceptedBody.self).operation.type == .updateService)
            #expect(fresh.headers[.eTag] != tag)
            let during = try await asker.ask(.patch, "/v1/services/hello", body: body)
            #expect(during.status == .conflict)
            #expect(try during.problem.code == "operationInProgress")
        }
    }

    @Test func anUpdateOfScalingAloneHasEndedAtOnce() async throws {
        try await World.ask { world, asker in
            try await world.running()
            _ = try await asker.ask(
                .post, "/v1/auto-scaling-configurations", body: #"{"name":"wide","maxConcurrency":30,"maxSize":10}"#)
            let answer = try await asker.ask(.patch, "/v1/services/hello", body: #"{"autoScaling":"wide"}"#)
            #expect(answer.status == .ok)
            let accepted = try answer.read(AcceptedBody.self)
            #expect(accepted.operation.status == .succeeded)
            #expect(accepted.service.autoScaling.maxConcurrency == 30)
        }
    }

    @Test func pauseResumeDeployAndDeleteRunAsOperations() async throws {
        try await World.ask { world, asker in
            try await world.running()
            let steps: [(HTTPRequest.Method, String, OperationType, ServiceStatus)] = [
                (.post, "/pause", .pauseService, .paused), (.post, "/resume", .resumeService, .running),
                (.post, "/deployments", .startDeployment, .running), (.delete, "", .deleteService, .deleted),
            ]
            for (method, path, type, status) in steps {
                let answer = try await asker.ask(method, "/v1/services/hello\(path)")
                #expect(answer.status == .accepted, "\(path)")
                let accepted = try answer.read(AcceptedBody.self)
                #expect(accepted.operation.type == type)
                #expect(answer.headers[.location] == "/v1/operations/\(accepted.operation.id)")
                let operation = try await world.plane.operation(accepted.operation.id)
                try await world.succeed(operation, leaving: status)
            }
            #expect(try await asker.get("/v1/services/hello").status == .notFound)
            let operations = try await asker.get("/v1/operations?limit=2").read(PageBody<OperationBody>.self)
            #expect(operations.items.map(\.type) == [.deleteService, .startDeployment])
            #expect(operations.nextToken != nil)
        }
    }

    @Test func explainHasWhatTheRouterSays() async throws {
        try await World.ask { world, asker in
            let detail = try await world.running()
            let id = try await world.instance(1, of: detail)
            world.live.set(
                ServiceDemand(
                    service: detail.service.id,
                    generation: 1,
                    inFlight: 30,
                    queued: 70,
                    peak: 100,
                    accepted: 100,
                    instances: [InstanceDemand(id: id, inFlight: 30)],
                ))
            let explanation = try await asker.get("/v1/services/hello/explain").read(ExplanationBody.self)
            #expect(explanation.demand?.queued == 70)
            #expect(explanation.demand?.instances.first?.inFlight == 30)
            #expect(explanation.decisions.isEmpty)
        }
    }
}
