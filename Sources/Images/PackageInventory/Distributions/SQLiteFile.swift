import Zip

/// Reads the rows of a table out of an SQLite database, page by page.
///
/// Own code, because the database comes out of an image: SQLite itself would obey its schema, in which a table can be a
/// view that never ends. Here nothing of it is run. Only rows are read: no index, no write-ahead log.
/// Source: sqlite.org, "Database File Format".
struct SQLiteFile {
    /// Pages that may lie above each other; SQLite's own trees are less than half as deep.
    private static let depthMax = 40
    private static let headerBytes = 100

    private let bytes: any RandomAccessBytes
    private let pageBytes: Int
    private let usableBytes: Int
    private let pageCount: Int

    init(_ bytes: any RandomAccessBytes) throws(ArchiveError) {
        guard bytes.count >= Self.headerBytes else { throw .truncated }
        let header = try bytes.read(at: 0, count: Self.headerBytes)
        guard header.starts(with: Array("SQLite format 3\0".utf8)) else { throw .malformed("it is no SQLite database") }
        let size = Int(try header.bigEndian(16, size: 2))
        pageBytes = size == 1 ? 65_536 : size
        guard (512...65_536).contains(pageBytes), pageBytes & (pageBytes - 1) == 0 else {
            throw .malformed("its pages have \(pageBytes) bytes")
        }
        usableBytes = pageBytes - Int(header[20])
        guard usableBytes >= 480 else { throw .malformed("its pages have too little room") }
        guard try header.bigEndian(56, size: 4) <= 1 else { throw .unsupported("an SQLite database not in UTF-8") }
        self.bytes = bytes
        pageCount = bytes.count / pageBytes
    }

    /// Where a table begins; nil when there is none of that name.
    func rootPage(ofTable name: String) throws -> Int? {
        var root: Int?
        try forEachRow(ofTableAt: 1) { values in
            guard values.count >= 5, values[0] == Array("table".utf8), values[1] == Array(name.utf8) else { return }
            root = (values[3] ?? []).reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        }
        return root
    }

    /// The rows of a table, each as its columns' bytes: texts and blobs as they are, numbers as their big-endian bytes,
    /// nil for NULL, 0 and 1.
    func forEachRow(ofTableAt root: Int, _ body: ([[UInt8]?]) throws -> Void) throws {
        // Each page is visited once: a page that is in a tree twice would make a tree without end.
        var visited: Set<Int> = []
        var given = 0
        try walk(root, depth: 0, &visited) { record in
            // Rows lie apart, so together they are not larger than the file.
            given += record.count
            guard given <= bytes.count else { throw ArchiveError.malformed("its rows overlap") }
            try body(try Self.columns(of: record))
        }
    }

    private func walk(
        _ number: Int, depth: Int, _ visited: inout Set<Int>, _ body: ([UInt8]) throws -> Void,
    ) throws {
        guard depth < Self.depthMax, visited.insert(number).inserted else {
            throw ArchiveError.malformed("its pages lead in a circle")
        }
        let page = try page(number)
        let start = number == 1 ? Self.headerBytes : 0
        let cellCount = Int(try page.bigEndian(start + 3, size: 2))
        switch page[start] {
        case 5:
            for index in 0..<cellCount {
                let cell = Int(try page.bigEndian(start + 12 + index * 2, size: 2))
                try walk(Int(try page.bigEndian(cell, size: 4)), depth: depth + 1, &visited, body)
            }
            try walk(Int(try page.bigEndian(start + 8, size: 4)), depth: depth + 1, &visited, body)
        case 13:
            for index in 0..<cellCount {
                let cell = Int(try page.bigEndian(start + 8 + index * 2, size: 2))
                try body(try payload(page, at: cell, &visited))
            }
        default: throw ArchiveError.malformed("a page is no table's")
        }
    }

    private func page(_ number: Int) throws(ArchiveError) -> [UInt8] {
        guard (1...max(1, pageCount)).contains(number) else { throw .truncated }
        return try bytes.read(at: (number - 1) * pageBytes, count: pageBytes)
    }

    /// A cell's record, whose end may be in a chain of other pages.
    private func payload(_ page: [UInt8], at cell: Int, _ visited: inout Set<Int>) throws(ArchiveError) -> [UInt8] {
        var position = cell
        let size = try Self.varint(page, &position)
        _ = try Self.varint(page, &position)
        guard size <= UInt64(bytes.count) else { throw .truncated }
        let total = Int(size)
        let direct = usableBytes - 35
        var local = total
        if total > direct {
            let least = (usableBytes - 12) * 32 / 255 - 23
            let fitting = least + (total - least) % (usableBytes - 4)
            local = fitting <= direct ? fitting : least
        }
        guard position + local + (local < total ? 4 : 0) <= page.count else { throw .truncated }
        var record = Array(page[position..<(position + local)])
        var next = local < total ? Int(try page.bigEndian(position + local, size: 4)) : 0
        while record.count < total {
            guard visited.insert(next).inserted else { throw .malformed("its pages lead in a circle") }
            let overflow = try self.page(next)
            next = Int(try overflow.bigEndian(0, size: 4))
            record += overflow[4..<min(usableBytes, 4 + total - record.count)]
        }
        return record
    }

    private static func columns(of record: [UInt8]) throws(ArchiveError) -> [[UInt8]?] {
        var position = 0
        let headerBytes = try varint(record, &position)
        guard headerBytes <= UInt64(record.count) else { throw .truncated }
        var place = Int(headerBytes)
        var values: [[UInt8]?] = []
        while position < Int(headerBytes) {
            let type = try varint(record, &position)
            let size: Int
            switch type {
            case 0, 8, 9: size = 0
            case 1...4: size = Int(type)
            case 5: size = 6
            case 6, 7: size = 8
            case 10, 11: throw .malformed("a column is of no known kind")
            default: size = Int((type - 12) / 2 & 0x7FFF_FFFF_FFFF)
            }
            guard size <= record.count - place else { throw .truncated }
            values.append(type < 12 && size == 0 ? nil : Array(record[place..<(place + size)]))
            place += size
        }
        return values
    }

    /// A number of one to nine bytes with seven bits each, but eight in the ninth.
    private static func varint(_ bytes: [UInt8], _ position: inout Int) throws(ArchiveError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard position >= 0, position < bytes.count else { throw .truncated }
            let byte = bytes[position]
            position += 1
            if index == 8 { return value << 8 | UInt64(byte) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte < 0x80 { break }
        }
        return value
    }
}
