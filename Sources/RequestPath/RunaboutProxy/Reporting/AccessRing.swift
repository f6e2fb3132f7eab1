import Glibc
import RunaboutModel
import Synchronization

/// Access records on their way from one loop to the writer: one thread appends, one takes, nobody waits.
///
/// A ring of bytes in which a record takes what it needs. Full, it drops and counts. A pointer, so that appending does
/// no reference counting; ``AccessLog`` makes and frees it.
struct AccessRing: @unchecked Sendable {
    // What both threads touch is atomic; the rest belongs to one of them.
    private let state: UnsafeMutablePointer<State>

    /// In front of each record; a multiple of 8 bytes, as every record is.
    struct Entry: BitwiseCopyable {
        /// Bytes of the whole entry; 0 says that the next one is at the ring's begin.
        var size: UInt32
        var method: UInt16
        var host: UInt16
        var target: UInt16
        var requestID: UInt16
        var peer: UInt16
        var isTargetCut: Bool
        var record: AccessRecord

        /// Where the texts begin.
        static let textsAt = MemoryLayout<Entry>.stride
    }

    private struct State: ~Copyable {
        // The loop's: how far it has written, and how far it last saw the writer.
        var written: UInt64 = 0
        var seenTaken: UInt64 = 0
        let bytes: UnsafeMutableRawPointer
        let capacity: Int
        let isAsleep: UnsafeMutablePointer<Atomic<Bool>>
        let wake: Int32
        let dropped = Atomic<UInt64>(0)
        let published = Atomic<UInt64>(0)
        // Keeps what the writer changes out of the cache line that the loop works in.
        let distance = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        let taken = Atomic<UInt64>(0)
        // The writer's: drops it has told.
        var toldDropped: UInt64 = 0

        init(
            bytes: UnsafeMutableRawPointer, capacity: Int, isAsleep: UnsafeMutablePointer<Atomic<Bool>>, wake: Int32,
        ) {
            self.bytes = bytes
            self.capacity = capacity
            self.isAsleep = isAsleep
            self.wake = wake
        }
    }

    /// Makes an empty ring of so many bytes, a power of two.
    ///
    /// `isAsleep` is whether the writer waits for the eventfd `wake` without looking at the ring by itself.
    static func make(capacity: Int, isAsleep: UnsafeMutablePointer<Atomic<Bool>>, wake: Int32) -> AccessRing {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a ring's size is a power of two")
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(
            to: State(
                bytes: .allocate(byteCount: capacity, alignment: 16), capacity: capacity, isAsleep: isAsleep,
                wake: wake))
        return AccessRing(state: state)
    }

    private init(state: UnsafeMutablePointer<State>) { self.state = state }

    /// Gives the memory back; nothing may use it any more.
    func free() {
        state.pointee.bytes.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Records that were dropped because the ring was full.
    var dropped: UInt64 { state.pointee.dropped.load(ordering: .relaxed) }

    // MARK: The loop's side

    /// Puts a record in, or drops and counts it.
    func append(_ record: AccessRecord, _ texts: AccessTexts) {
        let isCut = texts.target.count > Limits.accessLogTargetBytesMax
        let entry = Entry(
            size: 0,
            method: Self.bounded(texts.method.count, Limits.methodBytesMax),
            host: Self.bounded(texts.host.count, Limits.hostBytesMax),
            target: Self.bounded(texts.target.count, Limits.accessLogTargetBytesMax),
            requestID: Self.bounded(texts.requestID.count, Limits.requestIDBytesMax),
            peer: Self.bounded(texts.peer.count, Int(INET6_ADDRSTRLEN)),
            isTargetCut: isCut,
            record: record)
        guard let place = claim(Entry.textsAt &+ entry.textBytes) else {
            state.pointee.dropped.store(dropped &+ 1, ordering: .relaxed)
            return
        }
        place.address.storeBytes(of: entry.sized(place.size), as: Entry.self)
        var at = place.address + Entry.textsAt
        Self.copy(texts.method, entry.method, to: &at)
        Self.copy(texts.host, entry.host, to: &at)
        Self.copy(texts.target, entry.target, to: &at)
        Self.copy(texts.requestID, entry.requestID, to: &at)
        Self.copy(texts.peer, entry.peer, to: &at)
        state.pointee.published.store(state.pointee.written, ordering: .releasing)
        if state.pointee.isAsleep.pointee.load(ordering: .relaxed) { wakeWriter() }
    }

    /// Room for so many bytes, which counts as written; nil when there is none.
    private func claim(_ bytes: Int) -> (address: UnsafeMutableRawPointer, size: UInt32)? {
        let size = (bytes &+ 7) & ~7
        let capacity = state.pointee.capacity
        var offset = Int(truncatingIfNeeded: state.pointee.written) & (capacity &- 1)
        let skipped = offset &+ size <= capacity ? 0 : capacity &- offset
        let end = state.pointee.written &+ UInt64(skipped &+ size)
        if end &- state.pointee.seenTaken > UInt64(capacity) {
            state.pointee.seenTaken = state.pointee.taken.load(ordering: .acquiring)
            if end &- state.pointee.seenTaken > UInt64(capacity) { return nil }
        }
        if skipped > 0 {
            (state.pointee.bytes + offset).storeBytes(of: 0, as: UInt32.self)
            offset = 0
        }
        state.pointee.written = end
        return (state.pointee.bytes + offset, UInt32(truncatingIfNeeded: size))
    }

    /// Once for each sleep of the writer, so that a request costs no system call.
    @inline(never)
    private func wakeWriter() {
        guard state.pointee.isAsleep.pointee.exchange(false, ordering: .sequentiallyConsistent) else { return }
        var one: UInt64 = 1
        _ = write(state.pointee.wake, &one, 8)
    }

    @inline(__always)
    private static func bounded(_ count: Int, _ limit: Int) -> UInt16 { UInt16(truncatingIfNeeded: min(count, limit)) }

    @inline(__always)
    private static func copy(_ text: UnsafeRawBufferPointer, _ count: UInt16, to place: inout UnsafeMutableRawPointer) {
        guard count > 0, let base = text.baseAddress else { return }
        place.copyMemory(from: base, byteCount: Int(count))
        place += Int(count)
    }

    // MARK: The writer's side

    /// Takes the records that there are, oldest first, as long as the body wants more.
    ///
    /// True when it took any. The texts count only inside the body.
    func drain(_ body: (AccessRecord, AccessTexts, _ isTargetCut: Bool) -> Bool) -> Bool {
        var at = state.pointee.taken.load(ordering: .relaxed)
        let end = state.pointee.published.load(ordering: .acquiring)
        let mask = state.pointee.capacity - 1
        let hadAny = at != end
        var wantsMore = true
        while at != end, wantsMore {
            let offset = Int(truncatingIfNeeded: at) & mask
            let address = state.pointee.bytes + offset
            let size = address.load(as: UInt32.self)
            if size == 0 {
                at &+= UInt64(state.pointee.capacity - offset)
            } else {
                let entry = address.load(as: Entry.self)
                wantsMore = body(entry.record, entry.texts(at: address), entry.isTargetCut)
                at &+= UInt64(size)
            }
            state.pointee.taken.store(at, ordering: .releasing)
        }
        return hadAny
    }

    /// Records dropped since this was asked last.
    func takeDropped() -> UInt64 {
        let dropped = dropped
        defer { state.pointee.toldDropped = dropped }
        return dropped &- state.pointee.toldDropped
    }
}

extension AccessRing.Entry {
    fileprivate var textBytes: Int {
        Int(method) &+ Int(host) &+ Int(target) &+ Int(requestID) &+ Int(peer)
    }

    fileprivate func sized(_ size: UInt32) -> AccessRing.Entry {
        var entry = self
        entry.size = size
        return entry
    }

    /// The texts behind an entry that is here.
    fileprivate func texts(at address: UnsafeMutableRawPointer) -> AccessTexts {
        var at = UnsafeRawPointer(address) + AccessRing.Entry.textsAt
        func next(_ count: UInt16) -> UnsafeRawBufferPointer {
            defer { at += Int(count) }
            return UnsafeRawBufferPointer(start: at, count: Int(count))
        }
        return AccessTexts(
            method: next(method), host: next(host), target: next(target), requestID: next(requestID),
            peer: next(peer))
    }
}
