import RunaboutLink
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

@Suite struct LinkCodecTests {
    @Test(arguments: [UInt64(1), 2, 3]) func messagesComeOutOfAnyCutting(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let messages: [ControlMessage] = [
            .hello(version: 1), .settings(sampleSettings), .certificates([sampleCertificate]),
            .publish(sampleRoute(1, generation: 3)), .snapshot((1...50).map { sampleRoute($0) }),
            .withdraw(ServiceID(high: 0, low: 4), generation: 9), .snapshot([]),
        ]
        let bytes = try messages.flatMap { try LinkCodec.frame($0) }
        var decoder = LinkFrameDecoder()
        var received: [ControlMessage] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...400, using: &random))
            decoder.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            while let json = try decoder.next() {
                received.append(try LinkCodec.message(ControlMessage.self, from: json))
            }
        }
        #expect(received == messages, "seed \(seed)")
    }

    @Test func aKeyIsNotPrintedWithItsMessage() {
        #expect(!"\(ControlMessage.certificates([sampleCertificate]))".contains("the key"))
    }

    @Test func aLengthOverTheLimitIsRefusedBeforeItsBytesCome() {
        var decoder = LinkFrameDecoder()
        decoder.append([0x7F, 0xFF, 0xFF, 0xFF])
        #expect(throws: LinkFormatError.tooLong(bytes: 0x7FFF_FFFF)) { _ = try decoder.next() }
    }

    @Test func somethingElseThanAMessageIsUnreadable() {
        #expect(throws: LinkFormatError.self) {
            _ = try LinkCodec.message(RouterMessage.self, from: Array("{\"shout\":{}}".utf8))
        }
    }
}

func sampleRoute(_ number: UInt64, generation: Int64 = 1) -> ServiceRoute {
    ServiceRoute(
        service: ServiceID(high: 1, low: number), hosts: ["s\(number).localhost"], generation: generation,
        maxConcurrency: 30, queueLengthMax: 1_000, queueWaitMilliseconds: 10_000,
        timeouts: RouteTimeouts(
            connectMilliseconds: 1, responseHeaderMilliseconds: 2, idleMilliseconds: 3, totalMilliseconds: 4),
        instanceProtocol: InstanceProtocol.http2,
        availability: .failing(reason: "exit status 3"),
        instances: [
            RouteInstance(
                id: InstanceID(high: 2, low: number), address: InstanceAddress(host: "127.0.0.1", port: 1),
                state: .draining)
        ],
    )
}

let sampleSettings = RouterSettings(
    trustedProxies: [AddressBlock("10.0.0.0/8"), AddressBlock("2001:db8::/32")].compactMap { $0 },
    redirectsToHTTPS: true, strictTransportSecuritySeconds: 31_536_000)

let sampleCertificate = RouterCertificate(
    hosts: ["*.example.org", "example.org"], chain: "-----BEGIN CERTIFICATE-----\nchain\n", key: SecretText("the key"))
