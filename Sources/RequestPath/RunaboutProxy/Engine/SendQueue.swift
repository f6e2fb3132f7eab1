import Glibc

/// Bytes that a socket did not take yet.
///
/// Holds no memory while it is empty. Whoever owns it calls ``removeAll()`` before it goes.
struct SendQueue {
    private var base: UnsafeMutableRawPointer?
    private var start = 0
    private var end = 0
    private var capacity = 0

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// The bytes; valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        guard let base else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        guard let source = more.baseAddress, !more.isEmpty else { return }
        makeRoom(more.count)
        guard let base else { return }
        (base + end).copyMemory(from: source, byteCount: more.count)
        end += more.count
    }

    /// Takes the first bytes out; memory goes with the last, so that quiet connections hold none.
    mutating func removeFirst(_ count: Int) {
        precondition(count <= end - start)
        start += count
        if start == end { removeAll() }
    }

    mutating func removeAll() {
        if let base { free(base) }
        self = SendQueue()
    }

    private mutating func makeRoom(_ more: Int) {
        let count = end - start
        if end + more <= capacity { return }
        if count + more <= capacity, start >= count, let base {
            base.copyMemory(from: base + start, byteCount: count)
        } else {
            let needed = count + more
            let size = max(4_096, needed + min(needed, 32_768))
            guard let grown = malloc(size) else { preconditionFailure("no memory for \(size) bytes to send") }
            if let base {
                grown.copyMemory(from: base + start, byteCount: count)
                free(base)
            }
            base = grown
            capacity = size
        }
        start = 0
        end = count
    }
}
