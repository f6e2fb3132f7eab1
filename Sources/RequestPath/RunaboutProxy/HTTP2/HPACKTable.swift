/// The fields that the peer has named before, the newest first.
///
/// Bytes and entries lie in two rings, so that neither adding nor dropping one moves another. Source: RFC 7541 §2.3.2, §4.
struct HPACKTable: ~Copyable {
    /// A field whose bytes, name then value, lie in the ring.
    struct Entry: BitwiseCopyable {
        fileprivate(set) var start: UInt32
        var nameCount: UInt32
        var valueCount: UInt32
        var kind: FieldName
        var role: FieldRole
        /// Whether name and value hold only what they may.
        var isValid: Bool

        /// What it takes of the table.
        ///
        /// Source: RFC 7541 §4.1.
        var size: Int { Int(nameCount) + Int(valueCount) + HPACKTable.entryOverhead }
    }

    static let entryOverhead = 32

    /// What the table may hold at most, as we told the peer; a power of two.
    let limit: Int
    /// What it may hold now, as the peer chose.
    private(set) var maximum: Int
    /// What it holds.
    private(set) var size = 0
    /// How many fields it holds.
    private(set) var count = 0
    private var bytes = CheckedStorage<UInt8>()
    private var entries = CheckedStorage<Entry>()
    /// Where the newest entry is.
    private var newest = 0
    /// Where the next entry's bytes go; counts on for ever, its low bits are the place.
    private var head: UInt32 = 0

    init(limit: Int) {
        precondition(limit >= 64 && limit & (limit - 1) == 0, "\(limit) is no power of two")
        self.limit = limit
        maximum = limit
    }

    private var entryCapacity: Int { limit / Self.entryOverhead }

    /// The peer changes what the table may hold; at most `limit`.
    mutating func resize(to maximum: Int) {
        precondition(maximum <= limit, "\(maximum) bytes are above \(limit)")
        self.maximum = maximum
        evict(until: maximum)
    }

    /// The entry at an index from 0, the newest.
    func entry(_ index: Int) -> Entry {
        precondition(index >= 0 && index < count, "no such entry")
        return entries[(newest + entryCapacity - index) & (entryCapacity - 1)]
    }

    /// Appends a part of an entry's bytes to a store.
    func copy(_ entry: Entry, _ range: Range<Int>, to store: inout ByteStore) {
        let first = Int(truncatingIfNeeded: entry.start &+ UInt32(range.lowerBound)) & (limit - 1)
        let untilWrap = min(range.count, limit - first)
        store.append(bytes.elements(first..<first + untilWrap).span)
        if untilWrap < range.count { store.append(bytes.elements(0..<range.count - untilWrap).span) }
    }

    /// Adds a field; one that is larger than the whole table empties it and is not kept.
    mutating func insert(_ name: Span<UInt8>, _ value: Span<UInt8>, kind: FieldName, role: FieldRole, isValid: Bool) {
        let needed = name.count + value.count + Self.entryOverhead
        evict(until: max(0, maximum - needed))
        guard needed <= maximum else { return }
        if entries.capacity == 0 {
            let empty = Entry(start: 0, nameCount: 0, valueCount: 0, kind: .other, role: .plain, isValid: false)
            entries = CheckedStorage(repeating: empty, count: entryCapacity)
            bytes = CheckedStorage(repeating: 0, count: limit)
        }
        let start = head
        put(name)
        put(value)
        newest = (newest + 1) & (entryCapacity - 1)
        entries[newest] = Entry(
            start: start, nameCount: UInt32(name.count), valueCount: UInt32(value.count), kind: kind, role: role,
            isValid: isValid)
        count += 1
        size += needed
    }

    private mutating func put(_ text: Span<UInt8>) {
        let first = Int(head) & (limit - 1)
        let untilWrap = min(text.count, limit - first)
        bytes.copy(text.extracting(0..<untilWrap), to: first)
        if untilWrap < text.count { bytes.copy(text.extracting(untilWrap..<text.count), to: 0) }
        head = head &+ UInt32(text.count)
    }

    private mutating func evict(until wanted: Int) {
        while size > wanted {
            size -= entry(count - 1).size
            count -= 1
        }
    }
}
