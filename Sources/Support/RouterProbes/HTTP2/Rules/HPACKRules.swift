extension HTTP2Rule {
    /// Integers and strings of field blocks.
    ///
    /// Source: RFC 7541, 5.
    static let integersAndStrings: [HTTP2Rule] = [
        .compression("7541/5.1/overflow", "An integer of more than any number's bytes can't be decoded") { peer in
            peer.block { $0.raw([0xFF] + [UInt8](repeating: 0xFF, count: 12) + [0x01]) }
        },
        .compression("7541/5.1/overflow-length", "A string's length of more than 2^32 can't be decoded") { peer in
            peer.block { $0.raw([0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) }
        },
        .compression("7541/5.1/cut", "An integer that is cut off can't be decoded") { peer in
            peer.block { $0.raw([0xFF, 0x80]) }
        },
        .open("7541/5.1/long-form", "An integer with a last byte of zero is taken", .answered(1, 200)) { peer in
            var block = FieldBlock(peer.fields("GET", "/echo"))
            block.raw([0x00, 0x7F, 0x80, 0x00] + [UInt8](repeating: 120, count: 127) + FieldBlock.string([121]))
            peer.send(.headers(1, block.bytes))
        },
        .compression("7541/5.2/string-cut", "A string longer than its block can't be decoded") { peer in
            peer.block { $0.raw([0x00, 0x0A, 120]) }
        },
        .compression("7541/5.2/value-missing", "A literal without a value can't be decoded") { peer in
            peer.block { $0.raw([0x00] + FieldBlock.string(Array("x-a".utf8))) }
        },
        .compression("7541/5.2/end-of-string", "The symbol EOS inside of a Huffman string can't be decoded") { peer in
            peer.block { block in
                let coded = HuffmanText.encoded(symbols: [97, 97, HuffmanText.endOfString, 97])
                block.raw([0x00] + FieldBlock.string(Array("x-a".utf8)) + [0x80 | UInt8(coded.count)] + coded)
            }
        },
        .compression("7541/5.2/padding-long", "A Huffman string with more than seven bits of padding can't be decoded")
        {
            $0.block { block in
                let coded = HuffmanText.encoded(Array("aaaaaaaa".utf8)) + [0xFF]
                block.raw([0x00] + FieldBlock.string(Array("x-a".utf8)) + [0x80 | UInt8(coded.count)] + coded)
            }
        },
        .compression("7541/5.2/padding-zeros", "A Huffman string with padding other than ones can't be decoded") {
            peer in
            peer.block { block in
                var coded = HuffmanText.encoded(Array("a".utf8))
                coded[0] &= 0xF8
                block.raw([0x00] + FieldBlock.string(Array("x-a".utf8)) + [0x80 | UInt8(coded.count)] + coded)
            }
        },
        .compression("7541/5.2/padding-only", "A Huffman string of padding alone, a whole byte, can't be decoded") {
            peer in
            peer.block { $0.raw([0x00] + FieldBlock.string(Array("x-a".utf8)) + [0x81, 0xFF]) }
        },
        .open("7541/5.2/huffman", "Huffman strings of every printable character are decoded", .answered(1, 200)) {
            peer in
            let text = String(decoding: (UInt8(0x21)...0x7E).filter { $0 != 0x2C }, as: UTF8.self)
            var block = FieldBlock(peer.fields("GET", "/echo"))
            block.literal(HTTP2Field("x-all", text), isHuffman: true)
            peer.send(.headers(1, block.bytes))
            try peer.requireEcho(1, "x-all", text)
        },
        .open("7541/5.2/huffman-request", "A request in Huffman strings alone is decoded", .answered(1, 200)) { peer in
            var block = FieldBlock()
            for field in peer.fields("GET", "/echo") { block.literal(field, isHuffman: true) }
            peer.send(.headers(1, block.bytes))
        },
        .open("7541/5.2/huffman-empty", "An empty Huffman string is an empty string", .answered(1, 200)) { peer in
            var block = FieldBlock(peer.fields("GET", "/echo"))
            block.raw([0x00] + FieldBlock.string(Array("x-none".utf8)) + [0x80])
            peer.send(.headers(1, block.bytes))
        },
    ]

    /// Representations and tables of field blocks.
    ///
    /// Source: RFC 7541, 2 to 4 and 6.
    static let fieldTables: [HTTP2Rule] = representations + tables + sizes

    private static let representations: [HTTP2Rule] = [
        .compression("7541/6.1/index-0", "Index 0 can't be decoded") { $0.block { $0.index(0) } },
        .compression("7541/2.3.3/index-62", "An index into an empty table can't be decoded") {
            $0.block { $0.index(62) }
        },
        .compression("7541/2.3.3/index-large", "An index beyond the table can't be decoded") {
            $0.block { $0.index(5_000) }
        },
        .compression("7541/2.3.3/name-adding", "A name's index beyond the table can't be decoded, in a literal to add")
        {
            $0.block { $0.literal(nameIndex: 70, "x", form: .adding) }
        },
        .compression("7541/2.3.3/name-plain", "A name's index beyond the table can't be decoded, in a plain literal") {
            $0.block { $0.literal(nameIndex: 70, "x", form: .plain) }
        },
        .compression(
            "7541/2.3.3/name-never", "A name's index beyond the table can't be decoded, in a literal never to index"
        ) {
            $0.block { $0.literal(nameIndex: 70, "x", form: .never) }
        },
        .compression("7541/6.1/cut", "A block that ends inside of a field can't be decoded") { peer in
            Array(FieldBlock(peer.fields()).bytes.dropLast(3))
        },
        .open("7541/6.1/static", "Fields of the static table are decoded", .answered(1, 200)) { peer in
            var block = FieldBlock()
            block.index(2)
            block.index(peer.target.isTLS ? 7 : 6)
            block.literal(nameIndex: 4, "/echo?probe=\(peer.token)")
            block.literal(nameIndex: 1, peer.target.authority)
            block.index(16)
            peer.send(.headers(1, block.bytes))
            try peer.requireEcho(1, "accept-encoding", "gzip, deflate")
        },
        .open("7541/6.2.1/adding", "A literal to add is added, and its index names it", .answered(3, 200)) { peer in
            var first = FieldBlock(peer.fields())
            first.literal(HTTP2Field("x-added", "one"), form: .adding)
            peer.send(.headers(1, first.bytes))
            try peer.expect(200, on: 1)
            var second = FieldBlock(peer.fields("GET", "/echo"))
            second.index(62)
            peer.send(.headers(3, second.bytes))
            try peer.requireEcho(3, "x-added", "one")
        },
        .open("7541/6.2.1/name", "A name of the table goes with another value", .answered(1, 200)) { peer in
            var block = FieldBlock(peer.fields("GET", "/echo"))
            block.literal(HTTP2Field("x-first", "one"), form: .adding)
            block.literal(nameIndex: 62, "two", form: .adding)
            block.literal(nameIndex: 63, "three", form: .never)
            block.index(62)
            peer.send(.headers(1, block.bytes))
            let text = String(decoding: try peer.expect(200, on: 1).body, as: UTF8.self)
            for value in ["one", "two", "three"] { try peer.require(text.contains(value), "\(value) is missing") }
        },
        .open("7541/6.2.2/plain", "A plain literal is not added", .connectionError([.compressionError])) { peer in
            peer.request(1)
            try peer.expect(200, on: 1)
            peer.send(.headers(3, peer.block { $0.index(62) }))
        },
        .open(
            "7541/6.2.3/never", "A literal never to index is decoded and not added",
            .connectionError([.compressionError])
        ) { peer in
            var block = FieldBlock(peer.fields("GET", "/echo"))
            block.literal(HTTP2Field("x-secret", "kept"), form: .never)
            peer.send(.headers(1, block.bytes))
            try peer.requireEcho(1, "x-secret", "kept")
            peer.send(.headers(3, peer.block { $0.index(62) }))
        },
    ]

    private static let tables: [HTTP2Rule] = [
        .open("7541/2.3.2/order", "The newest entry has the smallest index", .answered(1, 200)) { peer in
            var block = FieldBlock(peer.fields("GET", "/echo"))
            block.literal(HTTP2Field("x-old", "old"), form: .adding)
            block.literal(HTTP2Field("x-new", "new"), form: .adding)
            peer.send(.headers(1, block.bytes))
            try peer.expect(200, on: 1)
            var next = FieldBlock(peer.fields("GET", "/echo"))
            next.index(63)
            peer.send(.headers(3, next.bytes))
            try peer.requireEcho(3, "x-old", "old")
        },
        .open(
            "7541/4.4/eviction", "What no longer fits leaves the table, the oldest first",
            .connectionError([.compressionError])
        ) { peer in
            var block = FieldBlock(peer.fields("GET", "/"))
            block.literal(HTTP2Field("x-evicted", "0"), form: .adding)
            for number in 0..<4 {
                let value = String(repeating: "\(number)", count: 1_000 - 32 - 6)
                block.literal(HTTP2Field("x-fil\(number)", value), form: .adding)
            }
            peer.send(.headers(1, block.bytes))
            try peer.expect(200, on: 1)
            var next = FieldBlock(peer.fields("GET", "/echo"))
            next.index(62 + 3)
            peer.send(.headers(3, next.bytes))
            try peer.requireEcho(3, "x-fil0", String(repeating: "0", count: 1_000 - 32 - 6))
            var more = FieldBlock(peer.fields("GET", "/"))
            more.literal(HTTP2Field("x-last", String(repeating: "l", count: 100)), form: .adding)
            peer.send(.headers(5, more.bytes))
            try peer.expect(200, on: 5)
            peer.send(.headers(7, peer.block { $0.index(62 + 5) }))
        },
        .open(
            "7541/4.4/too-large", "An entry larger than the table empties it and is no error",
            .connectionError([.compressionError])
        ) { peer in
            var block = FieldBlock(peer.fields("GET", "/"))
            block.literal(HTTP2Field("x-small", "1"), form: .adding)
            block.literal(HTTP2Field("x-large", String(repeating: "a", count: 4_096)), form: .adding)
            peer.send(.headers(1, block.bytes))
            try peer.expect(200, on: 1)
            peer.send(.headers(3, peer.block { $0.index(62) }))
        },
        .open("7541/4.4/own-name", "A new entry may take its name from an entry that leaves for it", .answered(1, 200))
        { peer in
            var block = FieldBlock(peer.fields("GET", "/echo"))
            block.literal(HTTP2Field("x-renewed", String(repeating: "a", count: 4_096 - 32 - 9)), form: .adding)
            block.literal(nameIndex: 62, "fresh", form: .adding)
            block.index(62)
            peer.send(.headers(1, block.bytes))
            try peer.requireEcho(1, "x-renewed", "fresh")
        },
        .open("9113/4.3/malformed-fields", "The fields of a malformed request reach the table", .ignored) { peer in
            var block = FieldBlock(peer.fields("GET", "/", [("connection", "close")]))
            block.literal(HTTP2Field("x-kept", "in the table"), form: .adding)
            peer.send(.headers(1, block.bytes))
            try peer.wait(for: "the end of stream 1") { $0.streams[1]?.isOver ?? false || $0.farewell != nil }
            if peer.farewell != nil { throw NotApplicable(reason: "a malformed request ends the connection") }
            var next = FieldBlock(peer.fields("GET", "/echo"))
            next.index(62)
            peer.send(.headers(3, next.bytes))
            try peer.requireEcho(3, "x-kept", "in the table")
        },
    ]

    private static let sizes: [HTTP2Rule] = [
        .compression("7541/6.3/too-large", "A table larger than SETTINGS_HEADER_TABLE_SIZE can't be decoded") { peer in
            var block = FieldBlock()
            block.tableSize(peer.tableSizeMax + 1)
            block.raw(FieldBlock(peer.fields()).bytes)
            return block.bytes
        },
        .compression("7541/4.2/behind-fields", "A change of the table's size at the end of a block can't be decoded") {
            peer in
            peer.block { $0.tableSize(0) }
        },
        .compression("7541/4.2/between-fields", "A change of the table's size between fields can't be decoded") {
            peer in
            let fields = peer.fields()
            var block = FieldBlock(Array(fields.prefix(1)))
            block.tableSize(0)
            block.raw(FieldBlock(Array(fields.dropFirst())).bytes)
            return block.bytes
        },
        .open("7541/4.2/twice", "Two changes at the start of a block are taken", .answered(1, 200)) { peer in
            var block = FieldBlock()
            block.tableSize(0)
            block.tableSize(peer.tableSizeMax)
            block.raw(FieldBlock(peer.fields()).bytes)
            peer.send(.headers(1, block.bytes))
        },
        .open("7541/4.3/flush", "A table of size 0 forgets its entries", .connectionError([.compressionError])) {
            peer in
            var first = FieldBlock(peer.fields())
            first.literal(HTTP2Field("x-gone", "1"), form: .adding)
            peer.send(.headers(1, first.bytes))
            try peer.expect(200, on: 1)
            var second = FieldBlock()
            second.tableSize(0)
            second.tableSize(4_096)
            second.raw(peer.block { $0.index(62) })
            peer.send(.headers(3, second.bytes))
        },
        .open("7541/4.3/shrink", "A smaller table keeps its newest entries", .answered(3, 200)) { peer in
            var first = FieldBlock(peer.fields())
            first.literal(HTTP2Field("x-older", String(repeating: "o", count: 100)), form: .adding)
            first.literal(HTTP2Field("x-newer", "kept"), form: .adding)
            peer.send(.headers(1, first.bytes))
            try peer.expect(200, on: 1)
            var second = FieldBlock()
            second.tableSize(100)
            second.raw(FieldBlock(peer.fields("GET", "/echo")).bytes)
            second.index(62)
            peer.send(.headers(3, second.bytes))
            try peer.requireEcho(3, "x-newer", "kept")
        },
    ]
}

extension HTTP2Peer {
    /// The largest table that the server's SETTINGS allow.
    fileprivate var tableSizeMax: Int { Int(settings[HTTP2Setting.headerTableSize.rawValue] ?? 4_096) }

    /// The fields of a request and something behind them.
    fileprivate func block(_ more: (inout FieldBlock) -> Void) -> [UInt8] {
        var block = FieldBlock(fields())
        more(&block)
        return block.bytes
    }
}
