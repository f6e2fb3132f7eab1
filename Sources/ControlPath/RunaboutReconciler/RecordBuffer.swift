import RunaboutModel
import RunaboutStore

/// Records that wait to be written, oldest first, at most `limit` of them: beyond it the oldest are dropped and counted.
struct RecordBuffer {
    private let limit: Int
    private(set) var records: [ServiceRecord] = []
    /// How many were dropped since the count was last taken.
    private(set) var dropped = 0

    init(limit: Int) { self.limit = limit }

    /// Adds a record; true when it is the first since the buffer was emptied, so that writing has to be arranged.
    mutating func append(_ record: ServiceRecord) -> Bool {
        records.append(record)
        if records.count > limit {
            // Half of it at once, so that a flood does not shift the array with every record.
            let excess = records.count - limit / 2
            records.removeFirst(excess)
            dropped += excess
        }
        return records.count == 1
    }

    /// Takes everything out.
    mutating func takeAll() -> (records: [ServiceRecord], dropped: Int) {
        defer {
            records = []
            dropped = 0
        }
        return (records, dropped)
    }

    /// Puts back what could not be written, before what has come since.
    mutating func putBack(_ earlier: [ServiceRecord]) {
        records = Array((earlier + records).suffix(limit))
    }
}
