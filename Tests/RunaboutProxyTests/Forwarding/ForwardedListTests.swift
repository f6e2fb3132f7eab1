import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct ForwardedListTests {
    private func text(_ bytes: [UInt8], _ range: Range<Int>?) -> String? {
        range.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    private func entries(_ value: String) -> [String] {
        let bytes = Array(value.utf8)
        var offset = 0
        var found: [String] = []
        while let entry = ForwardedList.nextEntry(of: bytes.span, &offset) { found.append(text(bytes, entry) ?? "") }
        return found
    }

    @Test(
        arguments: [
            ("", []), (" , ,", []), ("a", ["a"]), ("a,b , c", ["a", "b", "c"]), (",a,\tb,", ["a", "b"]),
            ("1.2.3.4, unknown,[::1]:80", ["1.2.3.4", "unknown", "[::1]:80"]),
        ] as [(String, [String])])
    func entriesAreBetweenCommas(value: String, expected: [String]) { #expect(entries(value) == expected) }

    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:80", "192.0.2.1"), ("192.0.2.1:65535", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::1", "::1"),
        ])
    func addressesAreReadWithAndWithoutPort(text: String, address: String) {
        #expect(ForwardedList.address(Array(text.utf8).span) == IPAddress(address))
    }

    @Test(arguments: [
        "", "unknown", "_hidden", "192.0.2.1:", "192.0.2.1:a", "192.0.2.1:123456", ":80", "[192.0.2.1]", "[::1",
        "[::1]x",
        "[::1]:", "[]", "[", "]", "::1]:80", "example.org", "1.2.3", "192.0.2.1 ", "\"192.0.2.1\"",
    ])
    func whatIsNoAddressIsNone(text: String) { #expect(ForwardedList.address(Array(text.utf8).span) == nil) }

    private func hops(_ value: String) -> (hops: [[String?]], isMalformed: Bool) {
        let bytes = Array(value.utf8)
        var offset = 0
        var isMalformed = false
        var found: [[String?]] = []
        while let hop = ForwardedList.nextHop(of: bytes.span, &offset, isMalformed: &isMalformed) {
            found.append([text(bytes, hop.node), text(bytes, hop.scheme)])
        }
        return (found, isMalformed)
    }

    @Test(
        arguments: [
            ("", []), ("for=1.2.3.4", [["1.2.3.4", nil]]),
            ("For=\"[2001:db8::1]:80\";PROTO=https;by=x", [["[2001:db8::1]:80", "https"]]),
            ("for=a, for=b;proto=http , proto=https", [["a", nil], ["b", "http"], [nil, "https"]]),
            ("host=\"a,b;for=evil\";for=c", [["c", nil]]), ("for=\"\\\"x\"", [["", nil]]),
            (", for=a,,for=b", [["a", nil], ["b", nil]]),
            ("for=a;", [["a", nil]]),
        ] as [(String, [[String?]])])
    func hopsAreReadWithTheirQuotes(value: String, expected: [[String?]]) {
        let (found, isMalformed) = hops(value)
        #expect(found == expected)
        #expect(!isMalformed)
    }

    @Test(arguments: [
        "for", "for=", "for=a b", "for=\"a", "for=\"a\\", "for=a;;=b", "=a", "for=[::1]", "for=a for=b", "for=\"a\"b",
    ])
    func whatBreaksTheGrammarIsSaidToBeSo(value: String) { #expect(hops(value).isMalformed) }

    @Test func schemesAreKnownWhateverTheirCase() {
        #expect(ForwardedList.isHTTPS(Array("HTTPS".utf8).span) == true)
        #expect(ForwardedList.isHTTPS(Array("http".utf8).span) == false)
        for other in ["", "https, http", "ws", "httpss"] {
            #expect(ForwardedList.isHTTPS(Array(other.utf8).span) == nil)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3]) func whateverComesIsReadToItsEnd(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("for=proto;,\"\\[]:. 1a\t".utf8)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            var (offset, isMalformed, count) = (0, false, 0)
            while let hop = ForwardedList.nextHop(of: bytes.span, &offset, isMalformed: &isMalformed) {
                #expect((hop.node?.upperBound ?? 0) <= bytes.count)
                count += 1
            }
            #expect(offset >= bytes.count && count <= bytes.count, "seed \(seed): \(bytes)")
            offset = 0
            while let entry = ForwardedList.nextEntry(of: bytes.span, &offset) {
                _ = ForwardedList.address(bytes.span.extracting(entry))
            }
        }
    }
}

@Suite struct ClientSearchTests {
    private let trusted = TrustedProxies(["10.0.0.0/8", "2001:db8::/32"].compactMap { AddressBlock($0) })

    private func client(_ entries: [String]) -> IPAddress? {
        var search = ClientSearch()
        for entry in entries { search.take(IPAddress(entry), trusted: trusted) }
        return search.client
    }

    @Test(
        arguments: [
            (["10.0.0.1"], "10.0.0.1"), (["192.0.2.7", "10.0.0.1"], "192.0.2.7"),
            (["6.6.6.6", "192.0.2.7", "10.0.0.9", "10.0.0.1"], "192.0.2.7"),
            (["10.0.0.8", "10.0.0.1"], "10.0.0.8"), (["10.0.0.8", "10.0.0.9", "10.0.0.1"], "10.0.0.8"),
            (["192.0.2.7", "unknown", "10.0.0.9", "10.0.0.1"], "10.0.0.9"), (["unknown", "10.0.0.1"], "10.0.0.1"),
            (["10.0.0.5", "192.0.2.7", "2001:db8::1", "10.0.0.1"], "192.0.2.7"),
            (["10.0.0.1", "192.0.2.7"], "192.0.2.7"),
        ] as [([String], String)])
    func theClientIsTheFirstFromTheRightThatIsNotTrusted(entries: [String], expected: String) {
        #expect(client(entries) == IPAddress(expected))
    }

    /// The rule as it is said, from the right, beside the machine that goes from the left.
    @Test(arguments: [UInt64(1), 2, 3]) func itAgreesWithALookFromTheRight(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pool = ["10.0.0.1", "10.0.0.2", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db9::1", "unknown"]
        for _ in 0..<2_000 {
            let entries =
                (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    pool[Int.random(in: 0..<pool.count, using: &random)]
                } + ["10.0.0.1"]
            var expected: IPAddress?
            for entry in entries.reversed() {
                guard let address = IPAddress(entry) else { break }
                expected = address
                if !trusted.contain(address) { break }
            }
            #expect(client(entries) == expected, "seed \(seed): \(entries)")
        }
    }

    @Test func nobodyIsTrustedUnlessSaid() {
        #expect(TrustedProxies().isEmpty)
        #expect(!TrustedProxies().contain(IPAddress(ipv4: 0x7F00_0001)))
        #expect(trusted.contain(IPAddress(ipv4: 0x0A01_0203)))
    }
}
