/// Bytes that are put on at one end and taken off at the other; keeps its storage when emptied.
///
/// Offsets count from the first byte that has not been taken off.
struct ByteStore: ~Copyable {
    private var storage = CheckedStorage<UInt8>()
    private var start = 0
    private var end = 0

    /// Bytes in it.
    @inline(__always) var count: Int { end - start }
    @inline(__always) var isEmpty: Bool { end == start }
    /// Bytes of memory it holds.
    var capacity: Int { storage.capacity }

    /// All of it; counts until the next change.
    @inline(__always) var buffer: UnsafeBufferPointer<UInt8> { storage.elements(start..<end) }

    subscript(offset: Int) -> UInt8 {
        @inline(__always) get {
            precondition(offset >= 0 && offset < count, "a byte outside the store")
            return storage[start + offset]
        }
        @inline(__always) set {
            precondition(offset >= 0 && offset < count, "a byte outside the store")
            storage[start + offset] = newValue
        }
    }

    /// Bytes of a range; they count until the next change.
    @inline(__always)
    func elements(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        precondition(range.upperBound <= count, "bytes outside the store")
        return storage.elements(start + range.lowerBound..<start + range.upperBound)
    }

    /// Sees to it that `more` bytes can follow without a further allocation.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if end + more > storage.capacity { makeRoom(more) }
    }

    private mutating func makeRoom(_ more: Int) {
        let held = count
        if start > 0 {
            storage.move(start..<end, to: 0)
            start = 0
            end = held
        }
        guard held + more > storage.capacity else { return }
        var capacity = max(storage.capacity * 2, 256)
        while capacity < held + more { capacity *= 2 }
        storage.grow(to: capacity, keeping: held)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[end] = byte
        end += 1
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        reserve(bytes.count)
        storage.copy(bytes, to: end)
        end += bytes.count
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) { append(bytes.extracting(range)) }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        reserve(count)
        storage.copy(text, to: end)
        end += count
    }

    /// Puts on a number of 32 bits, the highest byte first.
    mutating func append(bigEndian number: UInt32) {
        append(UInt8(truncatingIfNeeded: number >> 24))
        append(UInt8(truncatingIfNeeded: number >> 16))
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    mutating func append(decimal number: UInt64) {
        if number >= 10 { append(decimal: number / 10) }
        append(UInt8(truncatingIfNeeded: 48 + number % 10))
    }

    /// Puts on a copy of some of its own bytes.
    mutating func append(copyOf range: Range<Int>) {
        precondition(range.upperBound <= count, "bytes outside the store")
        reserve(range.count)
        storage.copy(storage.elements(start + range.lowerBound..<start + range.upperBound).span, to: end)
        end += range.count
    }

    /// Opens a gap of `length` bytes at an offset; what was there moves back.
    mutating func openGap(at offset: Int, length: Int) {
        precondition(offset <= count, "a gap outside the store")
        reserve(length)
        storage.move(start + offset..<end, to: start + offset + length)
        end += length
    }

    /// Drops bytes out of the middle.
    mutating func remove(_ range: Range<Int>) {
        precondition(range.upperBound <= count, "bytes outside the store")
        storage.move(start + range.upperBound..<end, to: start + range.lowerBound)
        end -= range.count
    }

    /// Drops what is behind the first `count` bytes.
    @inline(__always)
    mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "more bytes than the store has")
        end = start + count
    }

    /// Takes bytes off the front.
    mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "more bytes than the store has")
        start += count
        if start == end { removeAll() }
    }

    mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Gives the memory back when nothing is in it.
    mutating func releaseIfEmpty() {
        if isEmpty {
            removeAll()
            storage.release()
        }
    }
}
