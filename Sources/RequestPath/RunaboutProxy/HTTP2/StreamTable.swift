/// One stream that is not closed.
struct HTTP2Stream: BitwiseCopyable {
    /// 0 marks a free place of the table.
    var id: UInt32 = 0
    /// What the engine knows the stream by; 0 when it does not know it.
    var tag: UInt = 0
    /// Bytes that we may send; below zero when the peer shrank its window.
    var sendWindow: Int32 = 0
    /// Bytes that the peer may send.
    var receiveWindow: Int32 = 0
    /// Bytes that came and that the engine has not taken.
    var untaken: Int32 = 0
    /// Bytes taken that the peer has not been told of.
    var unreturned: Int32 = 0
    /// Bytes that are to come by the declared length; -1 when none was declared.
    var bodyLeft: Int64 = -1
    /// The peer has sent its last frame.
    var remoteEnded = false
    /// We have sent our last frame.
    var localEnded = false
    /// The final head of the peer has come.
    var hasHead = false
    /// Something waits for a window, or for room, to be sent.
    var isBlocked = false
    /// The answer has no body, whatever its length says: it answers `HEAD`.
    var answersHEAD = false
    /// A success opens a tunnel, for which lengths mean nothing.
    var connects = false
    /// Whether the engine was told of it, so that it has to be told of its end.
    var isAnnounced = false
}

/// The streams of a connection, found by their number.
///
/// Open addressing without tombstones: a place that comes free is filled from behind.
struct StreamTable: ~Copyable {
    private var places = CheckedStorage<HTTP2Stream>()
    private(set) var count = 0

    private static let initialCapacity = 8

    /// Places there are; a power of two, or none.
    var capacity: Int { places.capacity }

    /// What is at a place; its id is 0 when nothing is.
    subscript(place: Int) -> HTTP2Stream {
        @inline(__always) get { places[place] }
        @inline(__always) _modify { yield &places[place] }
    }

    /// The place of a stream, which counts until streams come or go; nil when it is not in the table.
    func find(_ id: UInt32) -> Int? {
        guard count > 0, id != 0 else { return nil }
        var place = home(of: id)
        while places[place].id != 0 {
            if places[place].id == id { return place }
            place = (place + 1) & (capacity - 1)
        }
        return nil
    }

    /// Adds a stream that is not there and gives its place.
    mutating func insert(_ stream: HTTP2Stream) -> Int {
        if (count + 1) * 2 > capacity { grow() }
        count += 1
        return put(stream)
    }

    private mutating func put(_ stream: HTTP2Stream) -> Int {
        var place = home(of: stream.id)
        while places[place].id != 0 { place = (place + 1) & (capacity - 1) }
        places[place] = stream
        return place
    }

    /// Removes what is at a place; others may move.
    mutating func remove(at place: Int) {
        precondition(places[place].id != 0, "no stream to remove")
        count -= 1
        var hole = place
        var next = (hole + 1) & (capacity - 1)
        while places[next].id != 0 {
            let distance = (next - home(of: places[next].id)) & (capacity - 1)
            if distance >= (next - hole) & (capacity - 1) {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & (capacity - 1)
        }
        places[hole] = HTTP2Stream()
    }

    private mutating func grow() {
        let old = capacity
        var larger = CheckedStorage(repeating: HTTP2Stream(), count: max(Self.initialCapacity, old * 2))
        swap(&places, &larger)
        for place in 0..<old where larger[place].id != 0 { _ = put(larger[place]) }
    }

    /// Gives the memory back when no stream is open.
    mutating func releaseIfEmpty() {
        if count == 0 { places.release() }
    }

    /// A client's numbers are odd and follow each other.
    @inline(__always)
    private func home(of id: UInt32) -> Int { Int(id >> 1) & (capacity - 1) }
}

/// How streams ended that were closed last, so that late frames are told from wrong ones.
struct ClosedStreams: ~Copyable {
    enum Ending: UInt8, BitwiseCopyable {
        /// Not remembered.
        case unknown
        /// Both sides had sent their last frame, or the peer reset it: nothing may follow.
        case byPeer
        /// We reset it: what the peer sent before it knew is dropped.
        case byUs
    }

    private struct Entry: BitwiseCopyable {
        var id: UInt32 = 0
        var ending = Ending.unknown
    }

    /// Streams of each kind that are remembered; a power of two.
    private static let remembered = 64

    private var entries = CheckedStorage<Entry>()
    private var nextByPeer = 0
    private var nextByUs = 0

    mutating func note(_ id: UInt32, _ ending: Ending) {
        if entries.capacity == 0 { entries = CheckedStorage(repeating: Entry(), count: 2 * Self.remembered) }
        let entry = Entry(id: id, ending: ending)
        if ending == .byUs {
            entries[Self.remembered + nextByUs] = entry
            nextByUs = (nextByUs + 1) & (Self.remembered - 1)
        } else {
            entries[nextByPeer] = entry
            nextByPeer = (nextByPeer + 1) & (Self.remembered - 1)
        }
    }

    func ending(of id: UInt32) -> Ending {
        for index in 0..<entries.capacity where entries[index].id == id { return entries[index].ending }
        return .unknown
    }
}
