import CLinux
import Glibc

/// An open directory, and what is done to names in it without following symbolic links.
final class Directory: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    private static let openFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

    static func open(_ path: String) throws(LayerError) -> Directory {
        let descriptor = Glibc.open(path, openFlags | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .last("open", path) }
        return Directory(descriptor: descriptor)
    }

    /// Makes the directories of a path of the host.
    static func make(_ path: String) throws(LayerError) {
        var made = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            made += "/\(component)"
            guard mkdir(made, 0o755) == 0 || errno == EEXIST else { throw .last("make directory", made) }
        }
    }

    /// Opens a directory below; nil when there is none, or when something on the way is no directory.
    ///
    /// Symbolic links on the way are resolved as if this were the root, so none leads out.
    func resolve(_ path: LayerPath) throws(LayerError) -> Directory? {
        let found = path.text.withCString { name in
            clinux_openat2(
                descriptor, name, UInt64(Self.openFlags), 0, UInt64(CLINUX_RESOLVE_IN_ROOT))
        }
        if found >= 0 { return Directory(descriptor: found) }
        if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return nil }
        throw .last("open", String(decoding: path.text, as: UTF8.self))
    }

    /// Opens a directory that is right here; nil when the name is absent or something else.
    func child(_ name: [UInt8]) throws(LayerError) -> Directory? {
        let found = name.withCString { openat(descriptor, $0, Self.openFlags | O_NOFOLLOW) }
        if found >= 0 { return Directory(descriptor: found) }
        if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return nil }
        throw .last("open", String(decoding: name, as: UTF8.self))
    }

    func status(_ name: [UInt8]) throws(LayerError) -> stat? {
        var status = stat()
        if name.withCString({ fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 { return status }
        if errno == ENOENT { return nil }
        throw .last("examine", String(decoding: name, as: UTF8.self))
    }

    func makeDirectory(_ name: [UInt8], mode: mode_t) throws(LayerError) {
        try check(name.withCString { mkdirat(descriptor, $0, mode) }, "make directory", name)
    }

    func makeFile(_ name: [UInt8]) throws(LayerError) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = name.withCString { openat(descriptor, $0, flags, 0o600) }
        try check(file < 0 ? -1 : 0, "create", name)
        return file
    }

    func makeWhiteout(_ name: [UInt8]) throws(LayerError) {
        try check(name.withCString { clinux_make_whiteout(descriptor, $0) }, "mark as removed", name)
    }

    func names() throws(LayerError) -> [[UInt8]] {
        let copy = openat(descriptor, ".", Self.openFlags)
        guard copy >= 0, let stream = fdopendir(copy) else { throw .last("list", ".") }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names
    }

    /// Removes a name and all below it; one that is absent is no error.
    func removeTree(_ name: [UInt8]) throws(LayerError) {
        if name.withCString({ unlinkat(descriptor, $0, 0) }) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM, let directory = try child(name) else {
            throw .last("remove", String(decoding: name, as: UTF8.self))
        }
        for inner in try directory.names() { try directory.removeTree(inner) }
        try check(name.withCString { unlinkat(descriptor, $0, AT_REMOVEDIR) }, "remove", name)
    }

    /// Brings everything of the file system to the disk: for a whole layer cheaper than file by file.
    func synchronizeFileSystem() throws(LayerError) {
        guard clinux_syncfs(descriptor) == 0 else { throw .last("synchronize", ".") }
    }

    func check(_ result: Int32, _ operation: String, _ name: [UInt8]) throws(LayerError) {
        guard result == 0 else { throw .last(operation, String(decoding: name, as: UTF8.self)) }
    }
}

extension stat {
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }

    /// Whether it is overlayfs's sign that a name of a lower layer is removed.
    var isWhiteout: Bool { st_mode & S_IFMT == S_IFCHR && st_rdev == 0 }
}

extension [UInt8] {
    /// Gives the bytes as a C string; they have no zero byte, which `LayerPath` sees to.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (self + [0]).withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { preconditionFailure("a C string has at least its zero") }
            return body(base.assumingMemoryBound(to: CChar.self))
        }
    }
}
