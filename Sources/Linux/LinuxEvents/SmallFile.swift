import Glibc

/// Small files of the kernel and of our own, read and written whole by plain calls.
public enum SmallFile {
    /// The most that is read, in bytes: far above any file of the kernel that is read here.
    public static let bytesMax = 1_048_576

    /// Reads a file to its end.
    ///
    /// - Throws: when it can't be opened or read, or is larger than ``bytesMax``.
    public static func read(_ path: String) throws(LinuxError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw LinuxError("open \(path)") }
        defer { close(file) }
        return try read(file, name: path)
    }

    /// Reads an open file from where it is to its end.
    ///
    /// - Throws: when it can't be read or is larger than ``bytesMax``.
    public static func read(_ descriptor: Int32, name: String) throws(LinuxError) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw LinuxError("read \(name)") }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            guard bytes.count + count <= bytesMax else { throw LinuxError("read \(name)", number: EFBIG) }
            bytes.append(contentsOf: piece[..<count])
        }
    }

    /// Writes a text to an existing file of the kernel in one call.
    ///
    /// - Throws: when it can't be opened, or the kernel refuses the text.
    public static func set(_ path: String, to text: String) throws(LinuxError) {
        let file = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw LinuxError("open \(path)") }
        defer { close(file) }
        guard write(file, text, text.utf8.count) == text.utf8.count else { throw LinuxError("write \(path)") }
    }

    /// Replaces a file so that it holds the old or the new text whatever happens, a power cut included.
    ///
    /// - Throws: when the directory can't be written, or the disk is full.
    public static func replace(_ path: String, with text: String, mode: UInt32 = 0o600) throws(LinuxError) {
        let fresh = path + ".new"
        let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw LinuxError("create \(fresh)") }
        var isWhole = write(file, text, text.utf8.count) == text.utf8.count
        isWhole = fsync(file) == 0 && isWhole
        let failure = LinuxError("write \(fresh)")
        close(file)
        guard isWhole else {
            unlink(fresh)
            throw failure
        }
        guard rename(fresh, path) == 0 else { throw LinuxError("rename \(fresh)") }
        try synchronizeDirectory(of: path)
    }

    private static func synchronizeDirectory(of path: String) throws(LinuxError) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw LinuxError("open the directory of \(path)") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw LinuxError("synchronize the directory of \(path)") }
    }
}
