import CEpoll
import Glibc
import RunaboutModel

/// The one buffer that a loop reads into.
///
/// What is in it counts only until the next read, so reads never nest.
struct ReadBuffer: ~Copyable {
    enum Outcome {
        /// So many bytes are in the buffer, those kept from before included.
        case bytes(Int)
        /// Nothing has come yet.
        case nothing
        /// The peer has ended its side.
        case end
        /// The connection is broken.
        case failed
    }

    private let storage: UnsafeMutableRawBufferPointer

    /// Bytes that it holds.
    static let size = Limits.readBufferBytes + Limits.headBytesMax

    init() {
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.size, alignment: 64)
    }

    deinit { storage.deallocate() }

    /// Puts kept bytes at the front and reads from the socket behind them.
    ///
    /// The channel is marked as read to the end when the socket gave less than there was room for.
    ///
    /// `limit` is how many bytes may be read at most.
    func read(_ channel: ChannelRef, keeping kept: UnsafeRawBufferPointer, limit: Int = .max) -> Outcome {
        load(kept)
        let room = min(storage.count - kept.count, limit)
        guard room > 0, let base = storage.baseAddress else { return .bytes(kept.count) }
        while true {
            let count = cepoll_receive(channel.pointee.descriptor, base + kept.count, room)
            if count > 0 {
                if count < room, !channel.pointee.hasHungUp { channel.pointee.isReadable = false }
                return .bytes(kept.count + count)
            }
            if count < 0, errno == EINTR { continue }
            channel.pointee.isReadable = false
            if count == 0 { return .end }
            return errno == EAGAIN ? .nothing : .failed
        }
    }

    /// The room behind bytes that are kept.
    func room(behind count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: storage[count...])
    }

    /// Puts kept bytes at the front; at most as many as the buffer was ever left with.
    func load(_ kept: UnsafeRawBufferPointer) {
        guard !kept.isEmpty else { return }
        precondition(kept.count <= storage.count, "more bytes are kept than were ever read at once")
        storage.copyMemory(from: kept)
    }

    /// The first bytes.
    func bytes(_ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeRawBufferPointer(rebasing: storage[0..<count]).assumingMemoryBound(to: UInt8.self)
    }
}
