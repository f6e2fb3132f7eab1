import Glibc
import RunaboutModel

/// The one buffer that a loop reads into.
///
/// What is in it counts only until the next read, so reads never nest.
final class ReadBuffer {
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

    init() {
        let size = Limits.readBufferBytes + Limits.headBytesMax
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// Puts kept bytes at the front and reads from a socket behind them.
    ///
    /// `isEmptied` is set when the socket gave less than there was room for: it has no more for now.
    func read(from socket: Int32, keeping kept: [UInt8], isEmptied: inout Bool) -> Outcome {
        load(kept)
        let room = storage.count - kept.count
        guard room > 0 else { return .bytes(kept.count) }
        while true {
            let count = recv(socket, storage.baseAddress.map { $0 + kept.count }, room, 0)
            if count > 0 {
                isEmptied = count < room
                return .bytes(kept.count + count)
            }
            if count == 0 { return .end }
            if errno == EINTR { continue }
            isEmptied = true
            return errno == EAGAIN ? .nothing : .failed
        }
    }

    /// Puts kept bytes at the front; at most as many as the buffer was ever left with.
    func load(_ kept: [UInt8]) {
        precondition(kept.count <= storage.count, "more bytes are kept than were ever read at once")
        kept.withUnsafeBytes { storage.copyMemory(from: $0) }
    }

    func withBytes<Result>(_ count: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        body(UnsafeRawBufferPointer(rebasing: storage[0..<count]).assumingMemoryBound(to: UInt8.self).span)
    }
}
