import Zip

/// Reads the values of a Berkeley DB hash, which is what older RPMs keep packages in.
///
/// Values are in the page or, when they are large, in pages of their own; all that are longer than a number are given,
/// because RPM keeps a counter among the packages.
/// Source: Berkeley DB 5.3, `dbinc/db_page.h`.
struct BerkeleyHashFile {
    private static let magic: UInt64 = 0x0006_1561
    private static let headerBytes = 26
    private static let inPage: UInt8 = 1
    private static let offPage: UInt8 = 3
    private static let counterBytes = 8

    private let bytes: any RandomAccessBytes
    private let pageBytes: Int
    private let pageCount: Int
    private let isBigEndian: Bool

    init(_ bytes: any RandomAccessBytes) throws(ArchiveError) {
        let header = try bytes.read(at: 0, count: 72)
        if try header.littleEndian(12, size: 4) == Self.magic {
            isBigEndian = false
        } else if try header.bigEndian(12, size: 4) == Self.magic {
            isBigEndian = true
        } else {
            throw .malformed("it is no hash of Berkeley DB")
        }
        guard header[24] == 0 else { throw .unsupported("an encrypted database") }
        pageBytes = Int(isBigEndian ? try header.bigEndian(20, size: 4) : try header.littleEndian(20, size: 4))
        guard (512...65_536).contains(pageBytes), pageBytes & (pageBytes - 1) == 0 else {
            throw .malformed("its pages have \(pageBytes) bytes")
        }
        self.bytes = bytes
        pageCount = bytes.count / pageBytes
    }

    func forEachValue(_ body: ([UInt8]) throws -> Void) throws {
        var visited: Set<Int> = []
        var given = 0
        func give(_ value: [UInt8]) throws {
            // Values lie apart, so together they are not larger than the file.
            given += value.count
            guard given <= bytes.count else { throw ArchiveError.malformed("its values overlap") }
            try body(value)
        }
        for number in 1..<max(1, pageCount) {
            let page = try page(number)
            // Pages of items, in order or not; buckets that overflow are more of them.
            guard page[25] == 13 || page[25] == 2 else { continue }
            let count = try self.number(page, 20, 2)
            // A key and its value in turn.
            for index in stride(from: 1, to: count, by: 2) {
                let item = try self.number(page, Self.headerBytes + index * 2, 2)
                // Items fill the page from its end, so each ends where the one before begins.
                let end = try self.number(page, Self.headerBytes + (index - 1) * 2, 2)
                guard item < end, end <= page.count else { throw ArchiveError.malformed("an item's place is damaged") }
                switch page[item] {
                case Self.inPage where end - item - 1 > Self.counterBytes: try give(Array(page[(item + 1)..<end]))
                case Self.offPage:
                    let (first, size) = (try self.number(page, item + 4, 4), try self.number(page, item + 8, 4))
                    try give(try chain(from: first, size: size, &visited))
                default: break
                }
            }
        }
    }

    private func chain(from first: Int, size: Int, _ visited: inout Set<Int>) throws(ArchiveError) -> [UInt8] {
        guard size <= bytes.count else { throw .truncated }
        var value: [UInt8] = []
        var next = first
        while value.count < size {
            guard next > 0, next < pageCount, visited.insert(next).inserted else {
                throw .malformed("its pages lead in a circle")
            }
            let page = try page(next)
            guard page[25] == 7 else { throw .malformed("a value leads to another kind of page") }
            let here = try number(page, 22, 2)
            guard here > 0, here <= page.count - Self.headerBytes else { throw .malformed("a value's page is damaged") }
            value += page[Self.headerBytes..<(Self.headerBytes + here)]
            next = try number(page, 16, 4)
        }
        guard value.count == size else { throw .malformed("a value's length is wrong") }
        return value
    }

    private func page(_ number: Int) throws(ArchiveError) -> [UInt8] {
        try bytes.read(at: number * pageBytes, count: pageBytes)
    }

    private func number(_ page: [UInt8], _ offset: Int, _ size: Int) throws(ArchiveError) -> Int {
        Int(isBigEndian ? try page.bigEndian(offset, size: size) : try page.littleEndian(offset, size: size))
    }
}
