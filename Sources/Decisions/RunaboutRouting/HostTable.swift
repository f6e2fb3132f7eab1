/// Finds a value by the bytes of a host name without making a string of them.
///
/// Open addressing with linear probing over a power of two of places, at most half of them taken. The names' bytes lie
/// one behind the other in an array of their own, so that a lookup touches no object's reference count. Only the
/// control plane puts names in, so that nobody outside can choose names which collide.
public struct HostTable<Value> {
    @usableFromInline
    struct Entry {
        @usableFromInline let hash: UInt64
        /// Where its name is in `names`.
        @usableFromInline let name: Range<Int>
        @usableFromInline let value: Value
    }

    @usableFromInline var places: [Entry?] = Array(repeating: nil, count: 16)
    @usableFromInline var names: [UInt8] = []
    /// Bytes in `names` of hosts that were taken out.
    private var unusedBytes = 0

    /// How many names there are.
    public private(set) var count = 0

    /// Makes an empty table.
    public init() {}

    /// The value of a name given in lower case.
    @inlinable
    public func value(for host: Span<UInt8>) -> Value? {
        let hash = Self.hash(host)
        var index = place(hash)
        while let entry = places[index] {
            if entry.hash == hash, isEqual(entry.name, host) { return entry.value }
            index = place(UInt64(index) + 1)
        }
        return nil
    }

    /// Sets the value of a name given in lower case, or takes the name out.
    public mutating func set(_ value: Value?, for host: String) {
        let bytes = Array(host.utf8)
        remove(bytes.span)
        guard let value else { return }
        if (count + 1) * 2 > places.count { refill(places: places.count * 2) }
        let name = names.count..<names.count + bytes.count
        names += bytes
        insert(Entry(hash: Self.hash(bytes.span), name: name, value: value))
        count += 1
    }

    private mutating func insert(_ entry: Entry) {
        var index = place(entry.hash)
        while places[index] != nil { index = place(UInt64(index) + 1) }
        places[index] = entry
    }

    /// Makes the table anew, without the bytes of names that were taken out.
    private mutating func refill(places count: Int) {
        let entries = places
        let oldNames = names
        places = Array(repeating: nil, count: count)
        names = []
        unusedBytes = 0
        for case let entry? in entries {
            let name = names.count..<names.count + entry.name.count
            names += oldNames[entry.name]
            insert(Entry(hash: entry.hash, name: name, value: entry.value))
        }
    }

    /// Takes a name out and moves those behind it that would not be found any more across the gap.
    private mutating func remove(_ host: Span<UInt8>) {
        let hash = Self.hash(host)
        var index = place(hash)
        while let entry = places[index], entry.hash != hash || !isEqual(entry.name, host) {
            index = place(UInt64(index) + 1)
        }
        guard let removed = places[index] else { return }
        places[index] = nil
        count -= 1
        unusedBytes += removed.name.count
        var next = place(UInt64(index) + 1)
        while let entry = places[next] {
            places[next] = nil
            insert(entry)
            next = place(UInt64(next) + 1)
        }
        if unusedBytes * 2 > names.count { refill(places: places.count) }
    }

    @inlinable
    func place(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number) & (places.count - 1) }

    /// FNV-1a, with its better half mixed into the bits that choose the place.
    ///
    /// Source: Fowler, Noll, Vo; RFC 9923.
    @inlinable
    static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        return hash ^ (hash >> 32)
    }

    @inlinable
    func isEqual(_ name: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        guard name.count == bytes.count else { return false }
        for index in bytes.indices where names[name.lowerBound + index] != bytes[index] { return false }
        return true
    }
}
