/// Reads the field blocks of answers, as strictly as RFC 7541 allows.
struct FieldBlockReader {
    /// Why a block can't be read.
    struct Problem: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    private var table: [HTTP2Field] = []
    private var size = 0
    private var sizeMax = 4096
    /// The greatest size that the server may use.
    private(set) var allowed = 4096
    /// The smallest size allowed since the last block, which the next one has to begin with.
    private var owed: Int?

    /// A smaller or greater table holds from when the server has acknowledged it.
    mutating func allow(_ bytes: Int) {
        allowed = bytes
        if bytes < sizeMax { owed = min(owed ?? bytes, bytes) }
    }

    mutating func fields(of block: [UInt8]) throws(Problem) -> [HTTP2Field] {
        var rest = block[...]
        var fields: [HTTP2Field] = []
        while let first = rest.first {
            if first & 0xE0 == 0x20 {
                guard fields.isEmpty else { throw Problem("a change of the table's size behind a field") }
                try resize(Self.integer(&rest, prefix: 5))
                continue
            }
            guard owed == nil else { throw Problem("no change of the table's size, which has become smaller") }
            if first & 0x80 != 0 {
                fields.append(try entry(Self.integer(&rest, prefix: 7)))
            } else {
                let adds = first & 0x40 != 0
                let index = try Self.integer(&rest, prefix: adds ? 6 : 4)
                let name = index == 0 ? try Self.string(&rest) : try entry(index).name
                let field = HTTP2Field(name, try Self.string(&rest))
                if adds { add(field) }
                fields.append(field)
            }
        }
        return fields
    }

    private mutating func resize(_ bytes: Int) throws(Problem) {
        guard bytes <= allowed else { throw Problem("a table of \(bytes) bytes, and \(allowed) are allowed") }
        if let owed, bytes <= owed { self.owed = nil }
        sizeMax = bytes
        evict()
    }

    private mutating func add(_ field: HTTP2Field) {
        table.insert(field, at: 0)
        size += Self.cost(field)
        evict()
    }

    private mutating func evict() {
        while size > sizeMax, let last = table.popLast() { size -= Self.cost(last) }
    }

    private static func cost(_ field: HTTP2Field) -> Int { field.name.count + field.value.count + 32 }

    private func entry(_ index: Int) throws(Problem) -> HTTP2Field {
        if index >= 1, index <= StaticFields.all.count { return StaticFields.all[index - 1] }
        let place = index - StaticFields.all.count - 1
        guard table.indices.contains(place) else { throw Problem("index \(index) names nothing") }
        return table[place]
    }

    private static func integer(_ rest: inout ArraySlice<UInt8>, prefix: Int) throws(Problem) -> Int {
        guard let first = rest.popFirst() else { throw Problem("an integer is missing") }
        let most = (1 << prefix) - 1
        var value = Int(first) & most
        guard value == most else { return value }
        for shift in stride(from: 0, through: 28, by: 7) {
            guard let byte = rest.popFirst() else { throw Problem("an integer is cut off") }
            value += Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw Problem("an integer is too long")
    }

    private static func string(_ rest: inout ArraySlice<UInt8>) throws(Problem) -> [UInt8] {
        guard let first = rest.first else { throw Problem("a string is missing") }
        let count = try integer(&rest, prefix: 7)
        guard count <= rest.count else { throw Problem("a string is cut off") }
        let coded = rest.prefix(count)
        rest = rest.dropFirst(count)
        guard first & 0x80 != 0 else { return Array(coded) }
        do {
            return try HuffmanText.decoded(coded)
        } catch {
            throw Problem("a Huffman string is wrong: \(error)")
        }
    }
}

/// The static table.
///
/// Source: RFC 7541, appendix A.
enum StaticFields {
    static let all: [HTTP2Field] =
        [
            (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
            (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
            (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
            ("accept-encoding", "gzip, deflate"),
        ].map { HTTP2Field($0.0, $0.1) }
        + [
            "accept-language", "accept-ranges", "accept", "access-control-allow-origin", "age", "allow",
            "authorization", "cache-control", "content-disposition", "content-encoding", "content-language",
            "content-length", "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect",
            "expires", "from", "host", "if-match", "if-modified-since", "if-none-match", "if-range",
            "if-unmodified-since", "last-modified", "link", "location", "max-forwards", "proxy-authenticate",
            "proxy-authorization", "range", "referer", "refresh", "retry-after", "server", "set-cookie",
            "strict-transport-security", "transfer-encoding", "user-agent", "vary", "via", "www-authenticate",
        ].map { HTTP2Field($0, "") }
}
