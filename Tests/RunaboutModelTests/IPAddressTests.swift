import Foundation
import Glibc
import RunaboutModel
import RunaboutTestSupport
import Testing

@Suite struct IPAddressTests {
    @Test(
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("192.0.2.1", "192.0.2.1"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func anAddressIsReadAndSaidInItsCanonicalForm(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4", "1.2.3.004",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "0x1.2.3.4", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
        "1::2::3", "12345::", "::g", "1:", ":1", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "fe80::1%eth0",
        "[::1]", "1::2:", "::1/128", "1:2:3:4::5:6:7:8",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
    ])
    func whatIsNoAddressIsNotTakenForOne(text: String) { #expect(IPAddress(text) == nil) }

    @Test func anIPv4AddressIsOneOfIPv6Too() {
        #expect(IPAddress(ipv4: 0x7F00_0001).description == "127.0.0.1")
        #expect(IPAddress(ipv4: 0x7F00_0001).bits == 0xFFFF_7F00_0001)
        #expect(IPAddress(bits: 1).ipv4 == nil)
        #expect(IPAddress("::ffff:127.0.0.1") == IPAddress("127.0.0.1"))
    }

    /// The system's own parser is the judge; what is drawn are addresses with one byte changed.
    @Test(arguments: [UInt64(1), 2, 3]) func theSystemReadsTheSame(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789abcdefABCDEF:.:. g".utf8)
        for _ in 0..<20_000 {
            var text: [UInt8]
            if Bool.random(using: &random) {
                text = Array(IPAddress(ipv4: UInt32.random(in: 0...UInt32.max, using: &random)).description.utf8)
            } else {
                let mask = UInt128.max << UInt128(Int.random(in: 0...128, using: &random))
                let bits = UInt128(random.next()) << 64 | UInt128(random.next())
                text = Array(IPAddress(bits: bits & mask).description.utf8)
            }
            let at = Int.random(in: 0..<text.count, using: &random)
            if let other = alphabet.randomElement(using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[at] = other
                case 1: text.insert(other, at: at)
                case 2: text.remove(at: at)
                default: break
                }
            }
            #expect(
                IPAddress(ascii: text.span) == systemReading(text),
                "seed \(seed): \(String(decoding: text, as: UTF8.self))")
        }
    }

    private func systemReading(_ text: [UInt8]) -> IPAddress? {
        let string = String(decoding: text, as: UTF8.self)
        var four = in_addr()
        if inet_pton(AF_INET, string, &four) == 1 { return IPAddress(ipv4: UInt32(bigEndian: four.s_addr)) }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, string, &bytes) == 1 else { return nil }
        return IPAddress(bits: bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }
}

@Suite struct AddressBlockTests {
    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"), ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.6/31", "192.0.2.7", "192.0.2.8"), ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"), ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"), ("fc00::/7", "fdff::1", "fe00::"),
        ])
    func aBlockHoldsWhatSharesItsBeginning(text: String, inside: String, outside: String) throws {
        let block = try #require(AddressBlock(text))
        #expect(block.contains(try #require(IPAddress(inside))))
        #expect(!block.contains(try #require(IPAddress(outside))))
    }

    @Test func allOfIPv6IncludesIPv4() throws {
        let everyone = try #require(AddressBlock("::/0"))
        #expect(everyone.contains(IPAddress(ipv4: 1)))
        #expect(everyone.contains(IPAddress(bits: .max)))
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08",
        "10.0.0.0/8/8", "10.0.0.0 /8", "10.0.0.0/ 8", "2001:db8::/129", "2001:db8::1/32", "example.org", "10/8",
    ])
    func whatIsNoBlockIsRefused(text: String) { #expect(AddressBlock(text) == nil) }

    @Test func aBlockIsItsTextInJSON() throws {
        let texts = ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::/0", "0.0.0.0/0"]
        let blocks = texts.compactMap { AddressBlock($0) }
        let data = try JSONEncoder().encode(blocks)
        #expect(try JSONDecoder().decode([String].self, from: data) == texts)
        #expect(try JSONDecoder().decode([AddressBlock].self, from: data) == blocks)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([AddressBlock].self, from: Data("[\"10.0.0.1/8\"]".utf8))
        }
    }
}
