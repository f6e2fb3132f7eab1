/// Elements in memory of their own, outside reference counting; every access is checked against the bounds.
///
/// The only file of HTTP/2 that reaches memory by address. What is built on it (byte stores, rings, stream tables) owns
/// its storage alone and frees it with itself.
struct CheckedStorage<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>?
    private(set) var capacity: Int

    /// Without memory; costs nothing until it is grown.
    init() {
        base = nil
        capacity = 0
    }

    /// All elements the same.
    init(repeating element: Element, count: Int) {
        precondition(count > 0, "storage for \(count) elements")
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
        memory.initialize(repeating: element, count: count)
        base = memory
        capacity = count
    }

    deinit { base?.deallocate() }

    subscript(index: Int) -> Element {
        @inline(__always) get { address(index..<index + 1).pointee }
        @inline(__always) _modify { yield &address(index..<index + 1).pointee }
    }

    /// Makes room for at least `count` elements and keeps the first `kept` of them.
    mutating func grow(to count: Int, keeping kept: Int) {
        precondition(kept <= capacity && kept <= count, "\(kept) of \(capacity) elements cannot be kept")
        guard count > capacity else { return }
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
        if let base, kept > 0 { memory.update(from: base, count: kept) }
        base?.deallocate()
        base = memory
        capacity = count
    }

    /// Gives the memory back.
    mutating func release() {
        base?.deallocate()
        base = nil
        capacity = 0
    }

    /// Moves elements within the storage; the two places may overlap.
    mutating func move(_ range: Range<Int>, to start: Int) {
        guard !range.isEmpty, range.lowerBound != start else { return }
        let source = address(range)
        address(start..<start + range.count).update(from: source, count: range.count)
    }

    /// Copies elements of a span to `start`.
    @inline(__always)
    mutating func copy(_ source: Span<Element>, to start: Int) {
        let count = source.count
        guard count > 0 else { return }
        let target = address(start..<start + count)
        source.withUnsafeBufferPointer { elements in
            if let first = elements.baseAddress { target.update(from: first, count: count) }
        }
    }

    /// Copies the UTF-8 of a text to `start`.
    ///
    /// Bytes alone hold texts.
    @inline(__always)
    mutating func copy(_ text: StaticString, to start: Int) where Element == UInt8 {
        let count = text.utf8CodeUnitCount
        guard count > 0 else { return }
        address(start..<start + count).update(from: text.utf8Start, count: count)
    }

    /// The elements of a range; they count until the storage is changed next.
    ///
    /// Read through `span`, whose accesses are checked in turn.
    @inline(__always)
    func elements(_ range: Range<Int>) -> UnsafeBufferPointer<Element> {
        guard !range.isEmpty else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: address(range), count: range.count)
    }

    @inline(__always)
    private func address(_ range: Range<Int>) -> UnsafeMutablePointer<Element> {
        guard let base, range.lowerBound >= 0, range.upperBound <= capacity else {
            preconditionFailure("elements outside the storage")
        }
        return base + range.lowerBound
    }
}
