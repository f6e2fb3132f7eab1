extension Collection<UInt8> where Index == Int {
    /// The unsigned number in bytes from an offset behind the start on, its last byte the most significant.
    ///
    /// - Precondition: `size` is at most 8.
    /// - Throws: `ArchiveError.truncated` when they are not all there.
    public func littleEndian(_ offset: Int, size: Int) throws(ArchiveError) -> UInt64 {
        var value: UInt64 = 0
        for index in try range(offset, size).reversed() { value = value << 8 | UInt64(self[index]) }
        return value
    }

    /// The unsigned number in bytes from an offset behind the start on, its first byte the most significant.
    ///
    /// - Precondition: `size` is at most 8.
    /// - Throws: `ArchiveError.truncated` when they are not all there.
    public func bigEndian(_ offset: Int, size: Int) throws(ArchiveError) -> UInt64 {
        var value: UInt64 = 0
        for index in try range(offset, size) { value = value << 8 | UInt64(self[index]) }
        return value
    }

    private func range(_ offset: Int, _ size: Int) throws(ArchiveError) -> Range<Int> {
        precondition((0...8).contains(size), "a number of \(size) bytes")
        guard offset >= 0, size <= count, offset <= count - size else { throw .truncated }
        return (startIndex + offset)..<(startIndex + offset + size)
    }
}
