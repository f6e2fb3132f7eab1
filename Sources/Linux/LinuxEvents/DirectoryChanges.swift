import CLinux
import Glibc
import Synchronization

/// Who wants to know of changes in which directory.
struct DirectoryWatches {
    private struct Watch {
        var mask: UInt32
        var listeners: [UInt64: @Sendable () -> Void] = [:]
    }

    private var watches: [Int32: Watch] = [:]
    private var given: UInt64 = 0

    mutating func add(_ descriptor: Int32, mask: UInt32, listener: @escaping @Sendable () -> Void) -> UInt64 {
        given += 1
        watches[descriptor, default: Watch(mask: 0)].mask |= mask
        watches[descriptor]?.listeners[given] = listener
        return given
    }

    /// Forgets a listener; says whether it was the directory's last.
    mutating func remove(_ number: UInt64, of descriptor: Int32) -> Bool {
        guard watches[descriptor]?.listeners.removeValue(forKey: number) != nil else { return false }
        guard watches[descriptor]?.listeners.isEmpty == true else { return false }
        watches[descriptor] = nil
        return true
    }

    /// Whom an event is for; an overflow of the kernel's queue (-1) is for everybody.
    func listeners(of descriptor: Int32) -> [@Sendable () -> Void] {
        if descriptor == -1 { return watches.values.flatMap { Array($0.listeners.values) } }
        return watches[descriptor].map { Array($0.listeners.values) } ?? []
    }
}

/// Kinds of changes in a directory or file.
public struct FileChanges: OptionSet, Sendable {
    /// The kernel's bits.
    public let rawValue: UInt32

    /// Takes the kernel's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes were written to a file, or to the file that is watched.
    public static let written = FileChanges(rawValue: UInt32(IN_MODIFY))
    /// A file appeared: made, linked or renamed to here.
    public static let appeared = FileChanges(rawValue: UInt32(IN_CREATE | IN_MOVED_TO))
    /// A file that was open for writing was closed.
    public static let closed = FileChanges(rawValue: UInt32(IN_CLOSE_WRITE))
    /// A file went: deleted or renamed to elsewhere, or the directory itself did.
    public static let vanished = FileChanges(
        rawValue: UInt32(IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF))
}

extension KernelEvents {
    /// An element each time something changed in a directory (or one file); changes in quick succession are one.
    ///
    /// Watching has begun when this returns: what changes afterwards is never missed. Look first, then wait.
    /// - Throws: when the directory does not exist, or the user has no inotify watches left
    ///   (`fs.inotify.max_user_watches`).
    public func changes(_ kinds: FileChanges, in path: String) throws(LinuxError) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (descriptor, number) = try watch(kinds, in: path) { continuation.yield() }
        continuation.onTermination = { [weak self] _ in self?.forget(number, of: descriptor) }
        return stream
    }

    /// Calls the handler on the events thread after changes in a directory, as long as these events exist.
    ///
    /// - Throws: as ``changes(_:in:)``.
    public func onChange(
        _ kinds: FileChanges, in path: String, handle: @escaping @Sendable () -> Void,
    ) throws(LinuxError) {
        _ = try watch(kinds, in: path, listener: handle)
    }

    private func watch(
        _ kinds: FileChanges, in path: String, listener: @escaping @Sendable () -> Void,
    ) throws(LinuxError) -> (descriptor: Int32, number: UInt64) {
        let added = directories.withLock { watches -> Result<(Int32, UInt64), LinuxError> in
            let descriptor = inotify_add_watch(inotify, path, kinds.rawValue | UInt32(IN_MASK_ADD))
            guard descriptor >= 0 else { return .failure(LinuxError("watch \(path)")) }
            return .success((descriptor, watches.add(descriptor, mask: kinds.rawValue, listener: listener)))
        }
        return try added.get()
    }

    private func forget(_ number: UInt64, of descriptor: Int32) {
        directories.withLock { watches in
            if watches.remove(number, of: descriptor) { _ = inotify_rm_watch(inotify, descriptor) }
        }
    }

    func readDirectoryEvents() {
        var due: Set<Int32> = []
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
            while true {
                let count = read(inotify, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                var offset = 0
                while offset < count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    due.insert(event.wd)
                    offset += MemoryLayout<inotify_event>.size + Int(event.len)
                }
            }
        }
        let listeners = directories.withLock { watches in due.flatMap { watches.listeners(of: $0) } }
        for listener in listeners {
            listener()
        }
    }
}
