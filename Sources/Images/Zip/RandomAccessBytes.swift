import Glibc

/// Bytes that can be read anywhere, such as a file's.
public protocol RandomAccessBytes: Sendable {
    /// How many there are.
    var count: Int { get }

    /// The bytes from an offset on.
    ///
    /// - Throws: `ArchiveError.truncated` when there are fewer, `.fileSystem`.
    func read(at offset: Int, count: Int) throws(ArchiveError) -> [UInt8]
}

/// Bytes in memory.
public struct MemoryBytes: RandomAccessBytes {
    private let bytes: [UInt8]

    /// Takes the bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// How many there are.
    public var count: Int { bytes.count }

    /// The bytes from an offset on.
    ///
    /// - Throws: `ArchiveError.truncated` when there are fewer.
    public func read(at offset: Int, count: Int) throws(ArchiveError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { throw .truncated }
        return Array(bytes[offset..<(offset + count)])
    }
}

/// The bytes of an open file; the file is closed with the last reference.
public final class FileBytes: RandomAccessBytes {
    private let descriptor: Int32
    /// How many there were when it was opened.
    public let count: Int

    /// Takes over an open descriptor, which is closed even when this fails.
    ///
    /// - Throws: `ArchiveError.fileSystem` when it is no regular file.
    public init(descriptor: Int32) throws(ArchiveError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let code = errno
            close(descriptor)
            throw .fileSystem(operation: "examine", errno: code)
        }
        self.descriptor = descriptor
        self.count = Int(status.st_size)
    }

    /// Opens a file of the host.
    ///
    /// - Throws: `ArchiveError.fileSystem`.
    public convenience init(path: String) throws(ArchiveError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .fileSystem(operation: "open '\(path)'", errno: errno) }
        try self.init(descriptor: descriptor)
    }

    deinit { close(descriptor) }

    /// The bytes from an offset on.
    ///
    /// - Throws: `ArchiveError.truncated` when there are fewer, `.fileSystem`.
    public func read(at offset: Int, count wanted: Int) throws(ArchiveError) -> [UInt8] {
        guard offset >= 0, wanted >= 0, offset <= count, wanted <= count - offset else { throw .truncated }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            while filled < wanted {
                let step = pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), wanted - filled, off_t(offset + filled))
                if step > 0 {
                    filled += step
                } else if step == 0 || errno != EINTR {
                    failure = step == 0 ? 0 : errno
                    break
                }
            }
        }
        guard failure == 0 else { throw .fileSystem(operation: "read", errno: failure) }
        guard bytes.count == wanted else { throw .truncated }
        return bytes
    }
}
