import Glibc
import RunaboutModel

/// A file with a certificate and its key, which only its owner may read.
struct CertificateFile {
    let path: String

    /// What reading found.
    enum Content {
        case missing
        case found(CertificateText)
        /// There is something else; it was set aside under this name.
        case setAside(String)
    }

    /// Reads it; what is no certificate with its key is set aside, never overwritten.
    ///
    /// - Throws: ``CertificateError`` when it can't be read or set aside.
    func read(now: UnixTime) throws(CertificateError) -> Content {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .missing }
            throw failure("can't be opened")
        }
        defer { close(descriptor) }
        // A key that others may read was so by mistake.
        guard fchmod(descriptor, 0o600) == 0 else { throw failure("can't be kept to its owner") }
        var bytes = [UInt8](repeating: 0, count: Limits.certificateFileBytesMax)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            guard got >= 0 else { throw failure("can't be read") }
            if got == 0 { break }
            count += got
        }
        if let text = CertificateText(fileText: String(decoding: bytes[..<count], as: UTF8.self)) {
            return .found(text)
        }
        return .setAside(try setAside(now: now))
    }

    /// Gives it another name beside its own, and says which.
    ///
    /// - Throws: ``CertificateError``.
    func setAside(now: UnixTime) throws(CertificateError) -> String {
        let name = "\(path).set-aside-\(now.milliseconds)"
        guard rename(path, name) == 0 else { throw failure("can't be set aside") }
        try syncDirectory()
        return name
    }

    /// Writes it whole or not at all: a crash leaves the old content or the new.
    ///
    /// - Throws: ``CertificateError``.
    func write(_ text: CertificateText) throws(CertificateError) {
        let draft = path + ".new"
        guard unlink(draft) == 0 || errno == ENOENT else { throw failure("can't be written") }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("can't be written") }
        let bytes = Array(text.fileText.utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isWritten, rename(draft, path) == 0 else {
            if !isWritten { errno = code }
            throw failure("can't be written")
        }
        try syncDirectory()
    }

    private func syncDirectory() throws(CertificateError) {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("can't be made durable") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("can't be made durable") }
    }

    private func failure(_ what: String) -> CertificateError {
        CertificateError("The certificate file \(path) \(what): \(String(cString: strerror(errno))).")
    }
}
