import Glibc

/// An open file, closed when the last reference to it goes.
final class OpenFile: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// The blocking file calls the store makes, with errors as ``ContentStoreError``; called on threads of a pool only.
enum FileSystem {
    static func message(of code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }

    /// The error for the current `errno`.
    static func failure(_ operation: String, _ path: String) -> ContentStoreError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .storageFull }
        return .fileSystem(operation: operation, path: path, errno: code)
    }

    static func makeDirectory(_ path: String) throws(ContentStoreError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("make directory", path) }
    }

    /// Opens a file for reading; nil when there is none.
    static func open(_ path: String) throws(ContentStoreError) -> OpenFile? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor >= 0 { return OpenFile(descriptor: descriptor) }
        if errno == ENOENT { return nil }
        throw failure("open", path)
    }

    static func create(_ path: String) throws(ContentStoreError) -> OpenFile {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW
        let descriptor = Glibc.open(path, flags, 0o644)
        guard descriptor >= 0 else { throw failure("create", path) }
        return OpenFile(descriptor: descriptor)
    }

    /// Opens a file to be read and appended to; nil when there is none.
    static func openForAppending(_ path: String) throws(ContentStoreError) -> OpenFile? {
        let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        if descriptor >= 0 { return OpenFile(descriptor: descriptor) }
        if errno == ENOENT { return nil }
        throw failure("open", path)
    }

    static func status(_ file: OpenFile, path: String) throws(ContentStoreError) -> stat {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { throw failure("examine", path) }
        return status
    }

    /// The status of a regular file by name; nil when there is none.
    static func status(_ path: String) throws(ContentStoreError) -> stat? {
        var status = stat()
        if lstat(path, &status) == 0 { return status.st_mode & S_IFMT == S_IFREG ? status : nil }
        if errno == ENOENT { return nil }
        throw failure("examine", path)
    }

    static func writeAll(
        _ bytes: UnsafeRawBufferPointer, to file: OpenFile, path: String,
    ) throws(ContentStoreError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let slice = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(file.descriptor, slice.baseAddress, slice.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw failure("write", path)
            }
        }
    }

    /// Reads until the buffer is full or the file ends; gives how much was read.
    static func read(
        _ file: OpenFile, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer, path: String,
    ) throws(ContentStoreError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(file.descriptor, rest.baseAddress, rest.count, off_t(offset) + filled)
            if count > 0 {
                filled += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw failure("read", path)
            }
        }
        return filled
    }

    static func synchronize(_ file: OpenFile, path: String) throws(ContentStoreError) {
        guard fsync(file.descriptor) == 0 else { throw failure("synchronize", path) }
    }

    static func synchronizeDirectory(_ path: String) throws(ContentStoreError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        try synchronize(OpenFile(descriptor: descriptor), path: path)
    }

    static func rename(_ source: String, to target: String) throws(ContentStoreError) {
        guard Glibc.rename(source, target) == 0 else { throw failure("rename", source) }
    }

    /// Removes a file; one that is not there is no error.
    static func remove(_ path: String) throws(ContentStoreError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    static func names(in directory: String) throws(ContentStoreError) -> [String] {
        guard let stream = opendir(directory) else { throw failure("list", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
