import Foundation
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

/// The seed of a random test: `SEED`, or a new one.
func seedOfRun() -> UInt64 {
    ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
}

/// Decodes sections one after another; nil for one that is refused.
private func decodeAll(_ sections: [[UInt8]], tableBytes: Int = 4_096) -> (fields: [[String]?], sizes: [Int]) {
    var decoder = HPACKDecoder(tableBytes: tableBytes)
    var block = FieldBlock()
    var fields: [[String]?] = []
    var sizes: [Int] = []
    for section in sections {
        if decoder.decode(section.span, 0..<section.count, into: &block) {
            fields.append((0..<block.count).map { "\(block.text(block[$0].name)): \(block.text(block[$0].value))" })
        } else {
            fields.append(nil)
        }
        sizes.append(decoder.tableSize)
    }
    return (fields, sizes)
}

@Suite struct HPACKTests {
    @Test func integersAreThoseOfTheAppendix() {
        for (bytes, prefix, number) in [("0a", 5, 10), ("1f9a0a", 5, 1_337), ("2a", 8, 42)] {
            let encoded = WireBytes.hex(bytes)
            var index = 0
            let decoded = HPACKDecoder.integer(encoded.span, &index, encoded.count, prefix: UInt8(prefix))
            #expect(decoded == number && index == encoded.count)
            guard prefix < 8 else { continue }
            var output = ByteStore()
            HPACKEncoder.append(number, prefix: UInt8(prefix), flags: 0, to: &output)
            let written = Array(output.buffer)
            #expect(written == encoded)
        }
    }

    /// Source: RFC 7541, C.2.
    @Test func singleFieldsAreThoseOfTheAppendix() {
        let sections = [
            "400a637573746f6d2d6b65790d637573746f6d2d686561646572", "040c2f73616d706c652f70617468",
            "100870617373776f726406736563726574", "82",
        ]
        let (fields, sizes) = decodeAll(sections.map(WireBytes.hex))
        #expect(
            fields == [["custom-key: custom-header"], [":path: /sample/path"], ["password: secret"], [":method: GET"]])
        #expect(sizes == [55, 55, 55, 55])
    }

    /// Source: RFC 7541, C.3 and C.4.
    @Test(arguments: [
        [
            "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ],
        [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ],
    ])
    func requestsAreThoseOfTheAppendix(_ sections: [String]) {
        let (fields, sizes) = decodeAll(sections.map(WireBytes.hex))
        let first = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"]
        #expect(fields[0] == first)
        #expect(fields[1] == first + ["cache-control: no-cache"])
        #expect(
            fields[2] == [
                ":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com",
                "custom-key: custom-value",
            ])
        #expect(sizes == [57, 110, 164])
    }

    /// Source: RFC 7541, C.5 and C.6: a table of 256 bytes, out of which fields fall.
    @Test(arguments: [
        [
            """
            4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f
            2f7777772e6578616d706c652e636f6d
            """, "4803333037c1c0bf",
            """
            88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b
            425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31
            """,
        ],
        [
            """
            488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3
            """, "4883640effc1c0bf",
            """
            88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af2708
            7f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007
            """,
        ],
    ])
    func responsesAreThoseOfTheAppendix(_ sections: [String]) {
        let (fields, sizes) = decodeAll(sections.map(WireBytes.hex), tableBytes: 256)
        let tail = [
            "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT", "location: https://www.example.com",
        ]
        #expect(fields[0] == [":status: 302"] + tail)
        #expect(fields[1] == [":status: 307"] + tail)
        #expect(
            fields[2] == [
                ":status: 200", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT",
                "location: https://www.example.com", "content-encoding: gzip",
                "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ])
        #expect(sizes == [222, 222, 215])
    }

    @Test(arguments: [
        "80",  // Index 0.
        "be",  // Behind the static table, when nothing is there.
        "7e0161",  // A name from there.
        "ffffffffffff7f",  // A number too large for anything.
        "ff",  // A number cut off.
        "40",  // A literal without a name.
        "4001",  // A name cut off.
        "40016105",  // A value cut off.
        "82" + "20",  // A new size behind a field.
        "3fe21f",  // A size of 4,097.
        "20" + "20" + "20",  // More sizes than there can be reasons for.
        "4081060161",  // Padding of three bits that are not all ones.
        "4082fcff0161",  // Padding of eight bits.
        "4084ffffffff0161",  // The end symbol.
    ])
    func whatBreaksTheFormatIsRefused(_ section: String) {
        #expect(decodeAll([WireBytes.hex(section)]).fields == [nil], "\(section)")
    }

    @Test func theTableShrinksAndGrowsAsThePeerSays() {
        let named = WireBytes.hex("40016101624001630164")  // a: b, c: d
        let (fields, sizes) = decodeAll([
            named, WireBytes.hex("3f03bebe"), WireBytes.hex("203fe11f"), WireBytes.hex("be"),
        ])
        #expect(fields[0] == ["a: b", "c: d"])
        #expect(fields[1] == ["c: d", "c: d"], "34 bytes hold the newest alone")
        #expect(fields[2] == [])
        #expect(fields[3] == nil, "nothing is left")
        #expect(sizes == [68, 34, 0, 0])
    }

    @Test func fieldsBeyondTheLimitAreLeftOutAndTheTableStaysRight() {
        var decoder = HPACKDecoder()
        var block = FieldBlock()
        // A value of 3,000 bytes into the table, and then again and again by its number.
        let bomb =
            [0x40] + WireBytes.string("bomb") + WireBytes.string(String(repeating: "x", count: 3_000))
            + [UInt8](repeating: 0xBE, count: 20_000) + WireBytes.hex("4001610162")
        let isDecoded = decoder.decode(bomb.span, 0..<bomb.count, into: &block)
        let held = block.bytes.count
        let (isTooLarge, count) = (block.isTooLarge, block.count)
        #expect(isDecoded && isTooLarge && count == 10)
        #expect(held < Limits.http2HeaderListBytesMax + 4_096)
        let next = WireBytes.hex("bebf")
        let isNextDecoded = decoder.decode(next.span, 0..<next.count, into: &block)
        let first = block.text(block[0].name)
        let second = block.text(block[1].name)
        #expect(isNextDecoded && first == "a" && second == "bomb")
    }

    @Test func moreFieldsThanTheLimitAreLeftOut() {
        let section = WireBytes.section((0..<200).map { ("n\($0)", "v") })
        var decoder = HPACKDecoder()
        var block = FieldBlock()
        let isDecoded = decoder.decode(section.span, 0..<section.count, into: &block)
        let (isTooLarge, count) = (block.isTooLarge, block.count)
        #expect(isDecoded && isTooLarge && count == Limits.headersMax + 5)
    }

    @Test func everyStaticFieldIsDecodedByItsNumber() {
        for index in 1...StaticTable.count {
            let (name, value) = StaticTable.fields[index - 1]
            #expect(decodeAll([[0x80 | UInt8(index)]]).fields == [["\(name): \(value)"]])
        }
    }

    @Test func sectionsOfAnyEncoderAreDecodedAsItsModelHasThem() {
        let seed = seedOfRun()
        var generator = SeededGenerator(seed: seed)
        for round in 0..<40 {
            var model = EncoderModel(limit: 4_096)
            var decoder = HPACKDecoder()
            var block = FieldBlock()
            for section in 0..<40 {
                let (bytes, fields) = model.section(&generator)
                let isDecoded = decoder.decode(bytes.span, 0..<bytes.count, into: &block)
                let got = (0..<block.count).map {
                    Pair(name: block.text(block[$0].name), value: block.text(block[$0].value))
                }
                let (size, count) = (decoder.tableSize, decoder.tableCount)
                #expect(
                    isDecoded && got == fields && size == model.size && count == model.table.count,
                    "SEED=\(seed) round \(round) section \(section)")
            }
        }
    }

    @Test func whatWeEncodeIsDecodedAgain() {
        var encoder = HPACKEncoder()
        var output = ByteStore()
        encoder.allow(tableSize: 100)
        encoder.allow(tableSize: 2_000)
        encoder.beginSection(to: &output)
        for status in [200, 204, 206, 304, 400, 404, 500, 103, 599] { encoder.appendStatus(status, to: &output) }
        let text = Array("Content-TYPE: text/html X-Own: v Set-Cookie: s".utf8)
        encoder.append(text.span, name: 0..<12, value: 14..<23, to: &output)
        encoder.append(text.span, name: 24..<29, value: 31..<32, to: &output)
        encoder.append(text.span, name: 33..<43, value: 45..<46, to: &output)
        encoder.append(.contentLength, text.span, 0..<0, to: &output)
        encoder.append("server", "own", to: &output)
        encoder.append(.schemeHTTPS, to: &output)
        let bytes = Array(output.buffer)
        #expect(bytes.starts(with: WireBytes.hex("3f453fb10f88")), "the least size in between, then the last")
        let (fields, _) = decodeAll([bytes])
        let statuses = [200, 204, 206, 304, 400, 404, 500, 103, 599].map { ":status: \($0)" }
        #expect(
            fields == [
                statuses + [
                    "content-type: text/html", "x-own: v", "set-cookie: s", "content-length: ", "server: own",
                    ":scheme: https",
                ]
            ])
        #expect(bytes.contains(0x1F), "cookies are never put into a table")
        output.removeAll()
        encoder.beginSection(to: &output)
        let isEmpty = output.isEmpty
        #expect(isEmpty, "a size is said once")
    }
}

private struct Pair: Equatable {
    var name: String
    var value: String
    var size: Int { name.utf8.count + value.utf8.count + 32 }
}

/// An encoder by the letter of the specification, which chooses at random how to say each field.
private struct EncoderModel {
    let limit: Int
    var maximum: Int
    /// The newest first.
    var table: [Pair] = []
    var size: Int { table.reduce(0) { $0 + $1.size } }

    init(limit: Int) {
        self.limit = limit
        maximum = limit
    }

    mutating func section(_ generator: inout SeededGenerator) -> ([UInt8], [Pair]) {
        var bytes: [UInt8] = []
        if Int.random(in: 0..<8, using: &generator) == 0 {
            maximum = Int.random(in: 0...limit, using: &generator)
            evict()
            bytes += WireBytes.integer(maximum, prefix: 5, flags: 0x20)
        }
        var fields: [Pair] = []
        for _ in 0..<Int.random(in: 0..<12, using: &generator) {
            let field = pick(&generator)
            fields.append(field)
            bytes += encode(field, &generator)
        }
        return (bytes, fields)
    }

    private func pick(_ generator: inout SeededGenerator) -> Pair {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            let (name, value) = StaticTable.fields.randomElement(using: &generator) ?? ("", "")
            return Pair(name: "\(name)", value: "\(value)")
        case 1 where !table.isEmpty: return table.randomElement(using: &generator) ?? table[0]
        default:
            let length = Int.random(in: 0..<3, using: &generator) == 0 ? 900 : 20
            return Pair(name: text(12, &generator), value: text(length, &generator))
        }
    }

    private func text(_ length: Int, _ generator: inout SeededGenerator) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-;,~{")
        return String(
            (0..<Int.random(in: 1...length, using: &generator)).map { _ in
                letters.randomElement(using: &generator) ?? "a"
            })
    }

    private mutating func encode(_ field: Pair, _ generator: inout SeededGenerator) -> [UInt8] {
        let places = StaticTable.fields.map { Pair(name: "\($0.0)", value: "\($0.1)") } + table
        if let index = places.lastIndex(of: field), Bool.random(using: &generator) {
            return WireBytes.integer(index + 1, prefix: 7, flags: 0x80)
        }
        let kept = Bool.random(using: &generator)
        let (prefix, flags) = kept ? (6, 0x40 as UInt8) : (4, Bool.random(using: &generator) ? 0x10 : 0)
        var bytes: [UInt8]
        if let index = places.lastIndex(where: { $0.name == field.name }), Bool.random(using: &generator) {
            bytes = WireBytes.integer(index + 1, prefix: prefix, flags: flags)
        } else {
            bytes = [flags] + string(field.name, &generator)
        }
        bytes += string(field.value, &generator)
        if kept {
            table.insert(field, at: 0)
            evict()
        }
        return bytes
    }

    private func string(_ text: String, _ generator: inout SeededGenerator) -> [UInt8] {
        guard Bool.random(using: &generator) else { return WireBytes.string(text) }
        let bytes = Array(text.utf8)
        var output = ByteStore()
        HuffmanCode.shared.encode(bytes.span, 0..<bytes.count, to: &output)
        return WireBytes.integer(output.count, prefix: 7, flags: 0x80) + Array(output.buffer)
    }

    private mutating func evict() {
        while size > maximum { table.removeLast() }
    }
}

@Suite struct HuffmanCodeTests {
    /// Source: RFC 7541, C.4 and C.6.
    @Test(arguments: [
        ("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"), ("no-cache", "a8eb10649cbf"), ("private", "aec3771a4b"),
        ("Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"), ("307", "640eff"),
        ("", ""),
    ])
    func wordsOfTheAppendixAreCoded(_ text: String, _ coded: String) {
        let bytes = Array(text.utf8)
        var output = ByteStore()
        HuffmanCode.shared.encode(bytes.span, 0..<bytes.count, to: &output)
        let written = Array(output.buffer)
        #expect(written == WireBytes.hex(coded))
        #expect(HuffmanCode.shared.encodedCount(bytes.span, 0..<bytes.count) == written.count)
    }

    @Test func whateverIsCodedIsDecodedAgain() {
        let seed = seedOfRun()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            var coded = ByteStore()
            HuffmanCode.shared.encode(bytes.span, 0..<bytes.count, to: &coded)
            var decoded = ByteStore()
            let input = Array(coded.buffer)
            let isDecoded = HuffmanCode.shared.decode(input.span, 0..<input.count, to: &decoded)
            let output = Array(decoded.buffer)
            #expect(isDecoded && output == bytes, "SEED=\(seed)")
        }
    }

    /// The lengths make a code in which every bit string means something: the sum of 2^-length is 1.
    @Test func theCodeIsComplete() {
        let sum = HuffmanCode.lengths.reduce(UInt64(0)) { $0 + (1 << UInt64(30 - $1)) }
        #expect(HuffmanCode.lengths.count == 257 && sum == 1 << 30)
    }
}
