/// Memory for records of one kind that come and go: what was given back is handed out again, uninitialised.
struct Slab<Record: ~Copyable>: ~Copyable {
    private var unused: [UnsafeMutablePointer<Record>] = []
    private let keptMax: Int

    /// `keptMax` is how many unused records keep their memory.
    init(keptMax: Int) { self.keptMax = keptMax }

    mutating func take() -> UnsafeMutablePointer<Record> { unused.popLast() ?? .allocate(capacity: 1) }

    /// Takes back what has been deinitialised.
    mutating func give(_ record: UnsafeMutablePointer<Record>) {
        if unused.count < keptMax { unused.append(record) } else { record.deallocate() }
    }

    deinit { for record in unused { record.deallocate() } }
}
