import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct ProxyHeaderTests {
    private func read(_ bytes: [UInt8]) -> ProxyHeader.Reading { ProxyHeader.read(bytes.span) }

    private func client(_ address: String, _ port: UInt16) throws -> ProxyHeader.Client {
        ProxyHeader.Client(address: try #require(IPAddress(address)), port: port)
    }

    @Test(
        arguments: [
            ("PROXY TCP4 192.0.2.1 192.0.2.2 51000 80\r\n", "192.0.2.1", 51_000),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", 65_535),
            ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0", 0),
            ("PROXY TCP6 2001:db8::1 ::1 1 443\r\n", "2001:db8::1", 1),
            (
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                    + "65535 65535\r\n", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65_535
            ),
        ] as [(String, String, UInt16)])
    func aLineNamesTheClient(line: String, address: String, port: UInt16) throws {
        let bytes = Array(line.utf8)
        let expected = ProxyHeader.Reading.complete(end: bytes.count, client: try client(address, port))
        #expect(read(bytes) == expected)
        #expect(read(bytes + Array("GET / HTTP/1.1\r\n".utf8)) == expected)
        for count in 0..<bytes.count { #expect(read(Array(bytes.prefix(count))) == .incomplete, "\(count) bytes") }
    }

    @Test(arguments: [
        "PROXY UNKNOWN\r\n", "PROXY UNKNOWN whatever it says\r\n",
        "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n",
    ])
    func anUnknownClientIsTheConnectionsPeer(line: String) {
        #expect(read(Array(line.utf8)) == .complete(end: line.utf8.count, client: nil))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "P\r\n", "PROXY\r\n", "PROXY \r\n", "proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "PROXYTCP4\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\r\n", "PROXY TCP4\r\n",
        "PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", "PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n",
        "PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1  1 1\r\n", "PROXY TCP4\t1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP4 ::1 ::1 1 1\r\n",
        "PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP6 ::1 1.1.1.1 1 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.256 1 1\r\n",
        "PROXY TCP4 1.1.1.1 example.org 1 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1 99999999999999999999\r\n", "PROXY TCP4 1.1.1.1\0 1.1.1.1 1 1\r\n",
        "PROXY UNKNOWNX\r\n", "PROXY UNKNOWN \u{7F}\r\n", "PROXY UNKNOWN é\r\n", "PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n",
        "PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n",
        "PROXY UNKNOWN " + String(repeating: "x", count: 300),
        "PROXY TCP6 ::1%eth0 ::1 1 1\r\n", "PROXY TCP6 [::1] ::1 1 1\r\n",
    ])
    func aLineThatIsNotExactlyRightIsRefused(line: String) { #expect(read(Array(line.utf8)) == .malformed) }

    // MARK: Version 2

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    private static let four: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xC7, 0x38, 0, 80]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1] + Array(repeating: 0, count: 15) + [
            1, 0xC7, 0x38, 1, 0xBB,
        ]

    private static func block(_ command: UInt8 = 0x21, _ family: UInt8 = 0x11, _ body: [UInt8] = four) -> [UInt8] {
        signature + [command, family, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    private static let sound: [(name: String, bytes: [UInt8], address: String?)] = [
        ("IPv4", block(), "192.0.2.1"),
        ("IPv6", block(0x21, 0x21, six), "2001:db8::1"),
        ("IPv4 in IPv6", block(0x21, 0x21, Array(repeating: 0, count: 10) + [255, 255] + six.suffix(24)), "0.0.0.1"),
        ("a Unix socket", block(0x21, 0x31, Array(repeating: 65, count: 216)), nil),
        ("no family", block(0x21, 0x00, []), nil),
        ("no family, with values", block(0x21, 0x00, [4, 0, 1, 0]), nil),
        ("the balancer itself", block(0x20, 0x00, []), nil),
        ("the balancer itself, with what is to be skipped", block(0x20, 0x77, [1, 2, 3]), nil),
        ("values", block(0x21, 0x11, four + [4, 0, 0] + [0xE0, 0, 2, 9, 9]), "192.0.2.1"),
        ("the longest", block(0x21, 0x11, four + [4, 0x01, 0xF9] + Array(repeating: 7, count: 505)), "192.0.2.1"),
        // The checksum was computed by another program over these bytes.
        ("a checksum", block(0x21, 0x11, four + [3, 0, 4, 0x23, 0xDD, 0x8E, 0x20]), "192.0.2.1"),
    ]

    @Test(arguments: sound.indices) func aBlockNamesTheClient(index: Int) throws {
        let (name, bytes, address) = Self.sound[index]
        guard case .complete(let end, let client) = read(bytes + [71]) else {
            Issue.record("\(name): \(read(bytes))")
            return
        }
        #expect(end == bytes.count, "\(name)")
        #expect(client?.address == address.flatMap { IPAddress($0) }, "\(name)")
        for count in 0..<bytes.count {
            #expect(read(Array(bytes.prefix(count))) == .incomplete, "\(name), \(count) bytes")
        }
    }

    private static let broken: [(name: String, bytes: [UInt8])] = [
        ("another signature", [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 11]),
        ("an empty line of HTTP", Array("\r\nGET / HTTP/1.1\r\n".utf8)),
        ("version 1", block(0x11)), ("version 3", block(0x31)), ("a command nobody knows", block(0x22)),
        ("a family nobody knows", block(0x21, 0x41)), ("a transport nobody knows", block(0x21, 0x13)),
        ("datagrams over a stream", block(0x21, 0x12)), ("datagrams without a family", block(0x21, 0x01, [])),
        ("addresses that are too short", block(0x21, 0x11, Array(four.dropLast()))),
        ("IPv6 as long as IPv4", block(0x21, 0x21, four)),
        ("half a value's head", block(0x21, 0x11, four + [4, 0])),
        ("a value that is too long", block(0x21, 0x11, four + [4, 0, 2, 1])),
        ("a wrong checksum", block(0x21, 0x11, four + [3, 0, 4, 1, 2, 3, 4])),
        ("a checksum of another length", block(0x21, 0x11, four + [3, 0, 2, 1, 2])),
        ("more than anyone needs", block(0x21, 0x11, four + [4, 0x01, 0xFA] + Array(repeating: 7, count: 506))),
        ("64 KiB announced", signature + [0x21, 0x11, 0xFF, 0xFF]),
        ("64 KiB announced for itself", signature + [0x20, 0x00, 0xFF, 0xFF]),
    ]

    @Test(arguments: broken.indices) func aBlockThatIsNotExactlyRightIsRefused(index: Int) {
        #expect(read(Self.broken[index].bytes) == .malformed, "\(Self.broken[index].name)")
    }

    @Test(arguments: [UInt64(1), 2, 3]) func whateverComesEndsInOneOfThreeWays(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let samples =
            Self.sound.map(\.bytes) + Self.broken.map(\.bytes) + [
                Array("PROXY TCP4 192.0.2.1 192.0.2.2 51000 80\r\n".utf8),
                Array("PROXY TCP6 2001:db8::1 ::1 1 443\r\n".utf8),
            ]
        for _ in 0..<20_000 {
            guard var bytes = samples.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = UInt8(truncatingIfNeeded: random.next())
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            let whole = read(bytes)
            switch whole {
            case .incomplete: #expect(bytes.count < Limits.proxyHeaderBytesMax, "seed \(seed): \(bytes)")
            case .complete(let end, _):
                #expect(end <= bytes.count, "seed \(seed): \(bytes)")
                #expect(read(Array(bytes.prefix(end))) == whole, "seed \(seed): \(bytes)")
                #expect(read(Array(bytes.prefix(end - 1))) == .incomplete, "seed \(seed): \(bytes)")
            case .malformed:
                #expect(read(bytes + [0, 1, 2]) == .malformed, "seed \(seed): \(bytes)")
            }
        }
    }
}
