import Glibc

/// Bytes that were read and can't be used yet.
///
/// Holds no memory while it is empty. Whoever owns it calls ``removeAll()`` before it goes.
struct KeptBytes {
    private var base: UnsafeMutableRawPointer?
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The bytes; valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Keeps these instead; they may not be its own.
    mutating func replace(with bytes: UnsafeRawBufferPointer) {
        removeAll()
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        guard let copy = malloc(bytes.count) else { preconditionFailure("no memory for \(bytes.count) bytes") }
        copy.copyMemory(from: source, byteCount: bytes.count)
        base = copy
        count = bytes.count
    }

    mutating func removeAll() {
        guard let base else { return }
        free(base)
        self.base = nil
        count = 0
    }
}
