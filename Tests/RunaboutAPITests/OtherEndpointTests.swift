import HTTPTypes
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire
import Testing

@testable import RunaboutAPI

@Suite struct AutoScalingEndpointTests {
    private let path = "/v1/auto-scaling-configurations"

    @Test func aConfigurationIsMadeFoundAndDeleted() async throws {
        try await World.ask { _, asker in
            let made = try await asker.ask(.post, path, body: #"{"name":"wide","maxConcurrency":30,"minSize":0}"#)
            #expect(made.status == .created)
            let body = try made.read(AutoScalingConfigurationBody.self)
            #expect(made.headers[.location] == "\(path)/\(body.id)")
            #expect(body.revision == 1)
            #expect([body.maxConcurrency, body.minSize, body.maxSize, body.stabilizationSeconds] == [30, 0, 25, 60])
            let next = try await asker.ask(.post, path, body: #"{"name":"wide"}"#)
            #expect(try next.read(AutoScalingConfigurationBody.self).revision == 2)
            for reference in ["wide%2F1", body.id.rawValue] {
                let found = try await asker.get("\(path)/\(reference)").read(AutoScalingConfigurationBody.self)
                #expect(found == body)
            }
            #expect(try await asker.get("\(path)/wide").read(AutoScalingConfigurationBody.self).revision == 2)
            let list = try await asker.get("\(path)?limit=2").read(PageBody<AutoScalingConfigurationBody>.self)
            #expect(list.items.count == 2)
            #expect(list.nextToken != nil)
            #expect(try await asker.ask(.delete, "\(path)/wide%2F1").status == .noContent)
            #expect(try await asker.get("\(path)/wide%2F1").status == .notFound)
        }
    }

    @Test func sizesOutOfRangeAndUsedOnesAreRefused() async throws {
        try await World.ask { world, asker in
            let odd = try await asker.ask(
                .post, path, body: #"{"name":"wide","maxConcurrency":201,"minSize":3,"maxSize":2}"#)
            #expect(odd.status == .unprocessableContent)
            #expect(try odd.problem.errors?.isEmpty == false)
            try await world.running()
            let used = try await asker.ask(.delete, "\(path)/DefaultConfiguration")
            #expect(used.status == .conflict)
            #expect(try used.problem.code == "inUse")
        }
    }
}

@Suite struct InstanceEndpointTests {
    @Test func instancesAreListedFoundAndMeasured() async throws {
        try await World.ask { world, asker in
            let detail = try await world.running()
            let ready = try await world.instance(1, of: detail)
            let ended = try await world.instance(2, of: detail, state: .failed)
            let running = try await asker.get("/v1/services/hello/instances").read(PageBody<InstanceBody>.self)
            #expect(running.items.map(\.id) == [ready])
            let all = try await asker.get("/v1/services/hello/instances?all=true").read(PageBody<InstanceBody>.self)
            #expect(all.items.map(\.id) == [ready, ended])
            let one = try await asker.get("/v1/instances/\(ready.rawValue.prefix(8))").read(InstanceBody.self)
            #expect(one.id == ready)
            #expect(one.timings.healthyMilliseconds == 30)
            world.live.set(
                InstanceUsage(cpuNanoseconds: 5, memory: .mebibytes(2), processes: 3), of: ready)
            let usage = try await asker.get("/v1/instances/\(ready)/usage").read(InstanceUsageBody.self)
            #expect(usage == InstanceUsageBody(InstanceUsage(cpuNanoseconds: 5, memory: .mebibytes(2), processes: 3)))
            #expect(try await asker.get("/v1/instances/\(ended)/usage").status == .conflict)
            #expect(try await asker.get("/v1/instances/ffffffff").status == .notFound)
        }
    }

    @Test func aServicesLogIsThatOfItsInstancesInOrder() async throws {
        try await World.ask { world, asker in
            let detail = try await world.running()
            let first = try await world.instance(1, of: detail)
            let second = try await world.instance(2, of: detail, state: .stopped)
            world.live.write("one", at: 1_000, by: first)
            world.live.write("three \"quoted\"\t", at: 3_000, by: first)
            world.live.write("two", at: 2_000, by: second)
            let answer = try await asker.get("/v1/services/hello/logs?tail=2")
            #expect(answer.headers[.contentType] == "application/x-ndjson")
            let lines = answer.text.split(separator: "\n")
            #expect(
                lines == [
                    #"{"at":"1970-01-01T00:00:02.000Z","instance":"\#(second)","stream":"stdout","text":"two"}"#,
                    #"{"at":"1970-01-01T00:00:03.000Z","instance":"\#(first)","stream":"stdout","#
                        + #""text":"three \"quoted\"\t"}"#,
                ])
            let own = try await asker.get("/v1/instances/\(first)/logs?tail=1")
            #expect(own.text.contains("three"))
            #expect(!own.text.contains("one"))
            #expect(try await asker.get("/v1/services/none/logs").status == .notFound)
        }
    }
}

@Suite struct PlatformEndpointTests {
    @Test func healthNamesThePartsAndTheVersion() async throws {
        try await World.ask { world, asker in
            #expect(try await asker.ask(.get, "/healthz", authorization: nil).text == #"{"status":"ok"}"#)
            #expect(try await asker.ask(.get, "/readyz", authorization: nil).status == .ok)
            let health = try await asker.get("/v1/health").read(HealthBody.self)
            #expect(health.runtime == "process")
            #expect(health.version == "1.2.3")
            world.live.loseRouter()
            let unready = try await asker.ask(.get, "/readyz", authorization: nil)
            #expect(unready.status == .serviceUnavailable)
            #expect(unready.text == #"{"status":"unready"}"#)
        }
    }

    @Test func theRootCertificateIsToldToThoseWithTheToken() async throws {
        try await World.ask { world, asker in
            let path = "/v1/certificate-authority"
            #expect(try await asker.ask(.get, path, authorization: nil).status == .unauthorized)
            let none = try await asker.get(path)
            #expect(none.status == .notFound)
            #expect(try none.problem.code == "noSuchAuthority")
            world.live.set(rootCertificate: "-----BEGIN CERTIFICATE-----\n")
            let body = try await asker.get(path).read(CertificateAuthorityBody.self)
            #expect(body.certificate == "-----BEGIN CERTIFICATE-----\n")
        }
    }
}

@Suite struct EventEndpointTests {
    @Test func eventsComeAfterASequenceNumberOrAreTheNewest() async throws {
        try await World.ask { world, asker in
            let service = try await world.running().service.id
            try await world.create("other")
            let all = try await asker.get("/v1/events").read(PageBody<EventBody>.self).items
            #expect(all.map(\.sequence) == all.map(\.sequence).sorted())
            #expect(all.last?.kind == "service.created")
            let own = try await asker.get("/v1/services/hello/events").read(PageBody<EventBody>.self).items
            #expect(own == all.filter { $0.service == service })
            #expect(own.count > 1)
            #expect(own.count < all.count)
            let first = try #require(own.first)
            let later = try await asker.get("/v1/services/hello/events?after=\(first.sequence)&limit=1")
            #expect(try later.read(PageBody<EventBody>.self).items == [own[1]])
            #expect(try await asker.get("/v1/services/none/events").status == .notFound)
        }
    }

    @Test func operationsAreFoundByIDAndByService() async throws {
        try await World.ask { world, asker in
            let made = try await world.create()
            try await world.create("other")
            let own = try await asker.get("/v1/services/hello/operations").read(PageBody<OperationBody>.self).items
            #expect(own.map(\.id) == [made.operation.id])
            let missing = try await asker.get("/v1/operations/00000000000000000000000000000000")
            #expect(missing.status == .notFound)
            #expect(try await asker.get("/v1/operations/xyz").status == .notFound)
        }
    }
}
