import Testing

@testable import RouterProbes

/// The suite's own HPACK, held against the examples of RFC 7541, so that a mistake in it is not taken for a server's.
@Suite struct FieldBlockTests {
    @Test func integersAreThoseOfTheRFC() {
        #expect(FieldBlock.integer(10, prefix: 5) == [0b01010])
        #expect(FieldBlock.integer(1_337, prefix: 5) == [0b11111, 0b1001_1010, 0b0000_1010])
        #expect(FieldBlock.integer(42, prefix: 8) == [42])
        #expect(FieldBlock.integer(31, prefix: 5, pattern: 0x20) == [0x3F, 0])
    }

    @Test(arguments: [
        ("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"),
        ("no-cache", "a8eb10649cbf"),
        ("custom-value", "25a849e95bb8e8b4bf"),
        ("private", "aec3771a4b"),
        ("https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"),
        ("", ""),
    ])
    func huffmanTextsAreThoseOfTheRFC(text: String, coded: String) throws {
        #expect(HuffmanText.encoded(Array(text.utf8)) == bytes(coded))
        #expect(try HuffmanText.decoded(bytes(coded)) == Array(text.utf8))
    }

    @Test func everyByteGoesThroughTheHuffmanCode() throws {
        let all = Array(UInt8.min...UInt8.max)
        #expect(try HuffmanText.decoded(HuffmanText.encoded(all)) == all)
    }

    @Test func wrongHuffmanTextsAreRefused() {
        #expect(throws: HuffmanText.Problem.paddingTooLong) { try HuffmanText.decoded([0xFF]) }
        #expect(throws: HuffmanText.Problem.paddingNotOnes) { try HuffmanText.decoded([0x18]) }
        #expect(throws: HuffmanText.Problem.endOfStringInside) {
            try HuffmanText.decoded(HuffmanText.encoded(symbols: [97, HuffmanText.endOfString, 97]))
        }
    }

    /// Source: RFC 7541, C.6: answers with Huffman strings and a table of 256 bytes.
    @Test func answersOfTheRFCAreRead() throws {
        var reader = FieldBlockReader()
        reader.allow(256)
        let first =
            "3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad17"
            + "1863c78f0b97c8e9ae82ae43d3"
        let date = HTTP2Field("date", "Mon, 21 Oct 2013 20:13:21 GMT")
        let place = HTTP2Field("location", "https://www.example.com")
        let privacy = HTTP2Field("cache-control", "private")
        #expect(try reader.fields(of: bytes(first)) == [HTTP2Field(":status", "302"), privacy, date, place])
        let second = try reader.fields(of: bytes("4883640effc1c0bf"))
        #expect(second == [HTTP2Field(":status", "307"), privacy, date, place])
        let third =
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b"
            + "3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"
        let fields = try reader.fields(of: bytes(third))
        #expect(
            fields.map(\.nameText) == [
                ":status", "cache-control", "date", "location", "content-encoding", "set-cookie",
            ])
        #expect(fields.last?.valueText == "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")
    }

    @Test(arguments: ["80", "be", "00", "0003612e", "7f", "8220", "3fffffffff7f", "0082f8"])
    func wrongBlocksAreRefused(hexadecimal: String) {
        var reader = FieldBlockReader()
        #expect(throws: FieldBlockReader.Problem.self) { try reader.fields(of: bytes(hexadecimal)) }
    }

    @Test func aTableThatShrankHasToBeAnnounced() throws {
        var reader = FieldBlockReader()
        reader.allow(0)
        #expect(throws: FieldBlockReader.Problem.self) { try reader.fields(of: [0x88]) }
        #expect(try reader.fields(of: [0x20, 0x88]) == [HTTP2Field(":status", "200")])
        #expect(try reader.fields(of: [0x88]).count == 1)
    }

    @Test func whatTheWriterWritesTheReaderReads() throws {
        var block = FieldBlock([HTTP2Field("x-plain", "1")])
        block.literal(HTTP2Field("x-added", "2"), form: .adding, isHuffman: true)
        block.literal(nameIndex: 62, "3", form: .never)
        block.index(62)
        var reader = FieldBlockReader()
        #expect(
            try reader.fields(of: block.bytes).map(\.description) == [
                "x-plain: 1", "x-added: 2", "x-added: 3", "x-added: 2",
            ])
    }

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
