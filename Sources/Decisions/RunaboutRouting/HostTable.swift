/// Finds a value by the bytes of a host name without making a string of them.
///
/// Open addressing with linear probing over a power of two of places, at most half of them taken. Only the control
/// plane puts names in, so that nobody outside can choose names which collide.
public struct HostTable<Value> {
    private struct Entry {
        let key: [UInt8]
        let value: Value
    }

    private var places: [Entry?] = Array(repeating: nil, count: 16)

    /// How many names there are.
    public private(set) var count = 0

    /// Makes an empty table.
    public init() {}

    /// The value of a name given in lower case.
    public func value(for host: Span<UInt8>) -> Value? {
        var index = Self.hash(host) & (places.count - 1)
        while let entry = places[index] {
            if Self.isEqual(entry.key, host) { return entry.value }
            index = (index + 1) & (places.count - 1)
        }
        return nil
    }

    /// Sets the value of a name given in lower case, or takes the name out.
    public mutating func set(_ value: Value?, for host: String) {
        let key = Array(host.utf8)
        remove(key)
        guard let value else { return }
        if (count + 1) * 2 > places.count { grow() }
        insert(Entry(key: key, value: value))
        count += 1
    }

    private mutating func insert(_ entry: Entry) {
        var index = Self.hash(entry.key.span) & (places.count - 1)
        while places[index] != nil { index = (index + 1) & (places.count - 1) }
        places[index] = entry
    }

    private mutating func grow() {
        let old = places
        places = Array(repeating: nil, count: old.count * 2)
        for case let entry? in old { insert(entry) }
    }

    /// Takes a name out and moves those behind it that would not be found any more across the gap.
    private mutating func remove(_ key: [UInt8]) {
        var index = Self.hash(key.span) & (places.count - 1)
        while let entry = places[index], entry.key != key { index = (index + 1) & (places.count - 1) }
        guard places[index] != nil else { return }
        places[index] = nil
        count -= 1
        var next = (index + 1) & (places.count - 1)
        while let entry = places[next] {
            places[next] = nil
            insert(entry)
            next = (next + 1) & (places.count - 1)
        }
    }

    /// FNV-1a.
    ///
    /// Source: Fowler, Noll, Vo; RFC 9923.
    private static func hash(_ bytes: Span<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & Int.max
    }

    private static func isEqual(_ key: [UInt8], _ bytes: Span<UInt8>) -> Bool {
        guard key.count == bytes.count else { return false }
        for index in bytes.indices where key[index] != bytes[index] { return false }
        return true
    }
}
