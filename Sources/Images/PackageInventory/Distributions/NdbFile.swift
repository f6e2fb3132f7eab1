import Zip

/// Reads RPM's own database format, `Packages.db`.
///
/// Shape: a header of 32 bytes, then slots of 16 bytes in pages of 4,096, each with a package's number and the place
/// and length of its blob in blocks of 16 bytes. Numbers have their least significant byte first.
/// Source: rpm 4.18, `lib/backend/ndb`.
struct NdbFile {
    private static let slotBytes = 16
    private static let pageBytes = 4_096
    private static let blockBytes = 16
    private static let pagesMax = 16_384

    private let bytes: any RandomAccessBytes
    private let pages: Int

    init(_ bytes: any RandomAccessBytes) throws(ArchiveError) {
        let header = try bytes.read(at: 0, count: 32)
        guard header.starts(with: Array("RpmP".utf8)) else { throw .malformed("it is no package database of RPM") }
        guard try header.littleEndian(4, size: 4) == 0 else { throw .unsupported("a newer version of RPM's format") }
        let pages = try header.littleEndian(12, size: 4)
        guard (1...UInt64(Self.pagesMax)).contains(pages) else { throw .malformed("it has \(pages) pages of slots") }
        self.bytes = bytes
        self.pages = Int(pages)
    }

    func forEachBlob(_ body: ([UInt8]) throws -> Void) throws {
        let slots = try bytes.read(at: 0, count: pages * Self.pageBytes)
        var read = 0
        for start in stride(from: 32, to: slots.count, by: Self.slotBytes) {
            guard slots[start..<(start + 4)].elementsEqual("Slot".utf8) else {
                throw ArchiveError.malformed("a slot is damaged")
            }
            let (index, block) = (
                try slots.littleEndian(start + 4, size: 4), try slots.littleEndian(start + 8, size: 4)
            )
            guard index != 0, block != 0 else { continue }
            let place = Int(block) * Self.blockBytes
            let header = try bytes.read(at: place, count: 16)
            guard header.starts(with: Array("BlbS".utf8)), try header.littleEndian(4, size: 4) == index else {
                throw ArchiveError.malformed("a package's place is damaged")
            }
            let size = Int(try header.littleEndian(12, size: 4))
            // Blobs lie apart, so together they are not larger than the file.
            read += size
            guard read <= bytes.count else { throw ArchiveError.malformed("its packages overlap") }
            try body(try bytes.read(at: place + 16, count: size))
        }
    }
}
