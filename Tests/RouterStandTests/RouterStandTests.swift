import Foundation
import Glibc
import RouterStand
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

/// The stand against the real router program.
@Suite(.timeLimit(.minutes(2))) struct RouterStandTests {
    @Test func aRouterServesTheRoutesItIsGiven() async throws {
        let instance = try TinyInstance(1, answering: "first")
        try await RouterStand.with(.init(routes: [route([instance.routed])])) { stand in
            let text = try await answer(port: stand.port)
            #expect(text.hasPrefix("HTTP/1.1 200"))
            #expect(text.hasSuffix("first"))
            let totals = try await stand.totals(of: testService) { $0.answered == 1 }
            #expect(totals.accepted == 1)
            #expect(stand.totals(of: testService) == totals)
            #expect(stand.entries.isEmpty)
            #expect(try await stand.stop() == 0)
        }
    }

    @Test func aPublishedRouteIsTakenBeforePublishingReturns() async throws {
        let first = try TinyInstance(1, answering: "first")
        let second = try TinyInstance(2, answering: "second")
        try await RouterStand.with(.init(routes: [route([first.routed])])) { stand in
            try await stand.publish(route([second.routed], generation: 2))
            #expect(try await answer(port: stand.port).hasSuffix("second"))
            #expect(stand.table[testService]?.generation == 2)

            let other = ServiceID(high: 1, low: 2)
            try await stand.replaceTable([route([first.routed], service: other, hosts: ["other.localhost"])])
            #expect(try await answer(port: stand.port, host: "other.localhost").hasSuffix("first"))
            #expect(try await answer(port: stand.port).hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func severalListenersArePassed() async throws {
        let instance = try TinyInstance(1, answering: "first")
        let configuration = RouterStand.Configuration(
            listeners: [StandListener(), StandListener()], routes: [route([instance.routed])])
        try await RouterStand.with(configuration) { stand in
            #expect(Set(stand.ports).count == 2)
            for port in stand.ports {
                let text = try await answer(port: port)
                #expect(text.hasSuffix("first"))
            }
        }
    }

    @Test func messagesComeInOrderAndOnlyOnce() async throws {
        let instance = try TinyInstance(1, answering: "first")
        try await RouterStand.with(.init(routes: [route([instance.routed])])) { stand in
            let hello = try await stand.next("the hello") { message in
                if case .hello(let hello) = message { hello } else { nil }
            }
            #expect(hello.processID == stand.processID)
            await #expect(throws: StandError.self) {
                try await stand.next(within: .milliseconds(50), "a second hello") { message in
                    if case .hello = message { true } else { nil }
                }
            }
        }
    }

    @Test func figuresAreTheProcesss() async throws {
        try await RouterStand.with(.init()) { stand in
            let figures = try stand.figures()
            #expect(figures.residentKibibytes > 1_000)
            #expect(figures.processorNanoseconds > 0)
            #expect(figures.threads >= 2)
            #expect(figures.descriptors >= 4)
            await stand.kill()
            #expect(throws: StandError.self) { try stand.figures() }
        }
    }

    @Test func whatTheRouterWritesGoesToAFile() async throws {
        try await withTemporaryDirectory { directory in
            let output = directory.appending(path: "router.log")
            try await RouterStand.with(.init(output: output.path)) { stand in
                _ = try await stand.stop()
            }
            #expect(try String(contentsOf: output, encoding: .utf8).contains("serving on port"))
        }
    }

    @Test func aRouterThatEndsFailsThoseWhoWait() async throws {
        try await RouterStand.with(.init()) { stand in
            stand.signal(SIGKILL)
            let error = await #expect(throws: StandError.self) {
                try await stand.next("what never comes") { _ -> Bool? in nil }
            }
            #expect(error?.description.contains("ended with status 137") == true)
        }
    }

    @Test func aProgramThatIsNoRouterIsAnError() async throws {
        await #expect(throws: StandError.self) {
            try await RouterStand.with(.init(program: "/nowhere/runabout-router")) { _ in }
        }
        let error = await #expect(throws: StandError.self) {
            try await RouterStand.with(.init(program: "/bin/false")) { _ in }
        }
        #expect(error?.description.contains("ended with status 1") == true)
    }

    @Test func aCertificateIsMadeForItsHosts() throws {
        let made = try RouterCertificate.selfSigned(for: ["app.localhost", "*.app.localhost"])
        #expect(made.hosts == ["app.localhost", "*.app.localhost"])
        #expect(made.chain.hasPrefix("-----BEGIN CERTIFICATE-----"))
        #expect(made.key.revealed.hasPrefix("-----BEGIN PRIVATE KEY-----"))
        #expect(throws: StandError.self) { try RouterCertificate.selfSigned(for: []) }
    }

    @Test func settingsAndCertificatesAreToldBeforeAndWhileItRuns() async throws {
        let instance = try TinyInstance(1, answering: "first")
        let certificate = try RouterCertificate.selfSigned(for: ["app.localhost"])
        let configuration = RouterStand.Configuration(routes: [route([instance.routed])], certificates: [certificate])
        try await RouterStand.with(configuration) { stand in
            stand.say(.settings(RouterSettings(strictTransportSecuritySeconds: 60)))
            stand.say(.certificates([]))
            // What is said later is taken later: the router has understood all of it, and goes on.
            try await stand.publish(route([instance.routed], generation: 2))
            #expect(try await answer(port: stand.port).hasSuffix("first"))
        }
    }

    @Test func wrongListenersAreErrors() {
        #expect(throws: StandError.self) { try StandListener(host: "nobody").open() }
        #expect(throws: StandError.self) { try StandListener(port: 65_536).open() }
    }
}
