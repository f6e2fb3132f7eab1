import OCI

/// Where an archive's bytes come from.
protocol ByteSource {
    /// Fills the buffer; gives fewer bytes only at the end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int
}

/// Reads an archive entry by entry, with bounds on everything that is held in memory.
///
/// Understands ustar, pax and GNU's long names. `next` and `readContent` block as their source does.
struct TarReader<Source: ByteSource> {
    private(set) var source: Source
    private let limits: ImageLimits
    private var contentLeft: Int64 = 0
    private var paddingLeft: Int64 = 0
    private var entryCount = 0

    init(_ source: Source, limits: ImageLimits) {
        self.source = source
        self.limits = limits
    }

    /// The next entry, past what is left of the last one's content; nil at the archive's end.
    mutating func next() throws(LayerError) -> TarEntry? {
        var extended = PaxRecords()
        var headerBytes: Int64 = 0
        while true {
            try skip(contentLeft + paddingLeft)
            guard let header = try readHeader() else { return nil }
            let size = try header.size()
            switch header.typeFlag {
            case UInt8(ascii: "x"), UInt8(ascii: "L"), UInt8(ascii: "K"):
                headerBytes += size
                guard size <= limits.layerHeaderBytesMax, headerBytes <= limits.layerHeaderBytesMax else {
                    throw .limitExceeded("an entry's headers have more than \(limits.layerHeaderBytesMax) bytes")
                }
                let content = try readWhole(size)
                switch header.typeFlag {
                case UInt8(ascii: "x"): try extended.parse(content)
                case UInt8(ascii: "L"): extended.path = Array(content.prefix { $0 != 0 })
                default: extended.target = Array(content.prefix { $0 != 0 })
                }
            case UInt8(ascii: "g"):
                begin(size)
            default:
                return try entry(header, extended)
            }
            try count()
        }
    }

    /// Reads content of the current entry; 0 at its end.
    mutating func readContent(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        let wanted = Int(min(Int64(buffer.count), contentLeft))
        guard wanted > 0 else { return 0 }
        let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
        guard count == wanted else { throw .truncated }
        contentLeft -= Int64(count)
        return count
    }

    /// Reads the source to its end, past the archive's, so that all its bytes have been seen.
    mutating func drain() throws(LayerError) {
        var buffer = [UInt8](repeating: 0, count: limits.chunkBytes)
        while try fill(&buffer) == buffer.count {}
    }

    private mutating func entry(_ header: TarHeader, _ extended: PaxRecords) throws(LayerError) -> TarEntry {
        try count()
        let path = extended.path ?? header.path
        let target = extended.target ?? header.target
        guard path.count <= limits.layerPathBytesMax, target.count <= limits.layerPathBytesMax else {
            throw .limitExceeded("a path has more than \(limits.layerPathBytesMax) bytes")
        }
        let kind: TarEntry.Kind =
            switch header.typeFlag {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): path.last == UInt8(ascii: "/") ? .directory : .file
            case UInt8(ascii: "1"): .hardLink
            case UInt8(ascii: "2"): .symbolicLink
            case UInt8(ascii: "3"), UInt8(ascii: "4"): .device
            case UInt8(ascii: "5"): .directory
            case UInt8(ascii: "6"): .pipe
            case let flag: .other(flag)
            }
        let (headerSize, userID) = (try header.size(), try header.userID())
        let (groupID, modified) = (try header.groupID(), try header.modifiedSeconds())
        let size = kind == .file ? extended.size ?? headerSize : 0
        begin(size)
        return TarEntry(
            path: path,
            kind: kind,
            mode: try header.mode(),
            userID: extended.userID ?? userID,
            groupID: extended.groupID ?? groupID,
            size: size,
            modifiedSeconds: extended.modifiedSeconds ?? modified,
            target: target,
            attributes: extended.attributes,
        )
    }

    private mutating func count() throws(LayerError) {
        entryCount += 1
        guard entryCount <= limits.layerEntriesMax else {
            throw .limitExceeded("it has more than \(limits.layerEntriesMax) entries")
        }
    }

    private mutating func begin(_ size: Int64) {
        contentLeft = size
        let rest = size % Int64(TarHeader.blockBytes)
        paddingLeft = rest == 0 ? 0 : Int64(TarHeader.blockBytes) - rest
    }

    private mutating func readHeader() throws(LayerError) -> TarHeader? {
        var block = [UInt8](repeating: 0, count: TarHeader.blockBytes)
        let count = try fill(&block)
        if count == 0 { return nil }
        guard count == block.count else { throw .truncated }
        return try TarHeader(block)
    }

    private mutating func readWhole(_ size: Int64) throws(LayerError) -> [UInt8] {
        begin(size)
        var content = [UInt8](repeating: 0, count: Int(size))
        guard try fill(&content) == content.count else { throw .truncated }
        contentLeft = 0
        return content
    }

    private mutating func skip(_ count: Int64) throws(LayerError) {
        var left = count
        contentLeft = 0
        paddingLeft = 0
        guard left > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: Int(min(left, Int64(limits.chunkBytes))))
        while left > 0 {
            if left < Int64(buffer.count) { buffer.removeLast(buffer.count - Int(left)) }
            guard try fill(&buffer) == buffer.count else { throw .truncated }
            left -= Int64(buffer.count)
        }
    }

    private mutating func fill(_ bytes: inout [UInt8]) throws(LayerError) -> Int {
        // An array's closure does not pass a typed error on; the result carries it out.
        var outcome: Result<Int, LayerError> = .success(0)
        bytes.withUnsafeMutableBytes { buffer in
            do throws(LayerError) {
                outcome = .success(try source.read(into: buffer))
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome.get()
    }
}
