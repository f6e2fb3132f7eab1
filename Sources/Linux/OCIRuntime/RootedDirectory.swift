import CLinux
import Glibc
public import LinuxEvents

/// A directory that paths are looked up in as if it were `/`: no symbolic link of an image leads out of it.
public struct RootedDirectory: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Opens the directory.
    ///
    /// - Throws: when it can't be opened.
    public init(_ path: String) throws(LinuxError) {
        descriptor = open(path, clinux_open_path | O_DIRECTORY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw LinuxError("open \(path)") }
    }

    deinit { close(descriptor) }

    /// The text of an ordinary file in it; nil when there is none.
    ///
    /// Pipes, devices and files above ``SmallFile/bytesMax`` count as none: nothing in an image makes this wait.
    public func text(_ name: String) -> String? {
        let file = opened(name, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard Self.kind(file) == S_IFREG else { return nil }
        // A file that can't be read is one that says nothing.
        return try? SmallFile.read(file, name: name)
    }

    /// Where an ordinary file of that name really is on the host, links followed inside; nil when there is none.
    public func location(of name: String) -> String? {
        let file = opened(name, clinux_open_path)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard Self.kind(file) == S_IFREG else { return nil }
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(file)", &target, target.count - 1)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Puts a new ordinary file into one of its directories in place of whatever has that name; the directory is made
    /// when it does not exist.
    ///
    /// - Throws: when the directory is none, or the disk is full.
    public func replaceFile(
        _ name: String, in directory: String, with text: String, owner: Int,
    ) throws(LinuxError) {
        var parent = opened(directory, O_RDONLY | O_DIRECTORY)
        if parent < 0, errno == ENOENT {
            mkdirat(descriptor, directory, 0o755)
            parent = opened(directory, O_RDONLY | O_DIRECTORY)
            if parent >= 0 { fchown(parent, uid_t(owner), gid_t(owner)) }
        }
        guard parent >= 0 else { throw LinuxError("open \(directory) in \(path)") }
        defer { close(parent) }
        unlinkat(parent, name, 0)
        let file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw LinuxError("create \(directory)/\(name) in \(path)") }
        defer { close(file) }
        fchown(file, uid_t(owner), gid_t(owner))
        guard write(file, text, text.utf8.count) == text.utf8.count else {
            throw LinuxError("write \(directory)/\(name) in \(path)")
        }
    }

    private func opened(_ name: String, _ flags: Int32) -> Int32 {
        clinux_openat2(descriptor, name, UInt64(flags | O_CLOEXEC), 0, UInt64(CLINUX_RESOLVE_IN_ROOT))
    }

    private static func kind(_ file: Int32) -> mode_t {
        var status = stat()
        return fstat(file, &status) == 0 ? status.st_mode & S_IFMT : 0
    }
}
