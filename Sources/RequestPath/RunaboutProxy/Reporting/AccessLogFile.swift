import Glibc
import RunaboutModel

/// The file that access records go to: opened again when it was renamed, and no harm done when it can't be written.
///
/// Belongs to one thread at a time.
final class AccessLogFile {
    /// What became of lines.
    enum Result: Equatable {
        case written
        /// They are lost; the reason is one sentence.
        case failed(String)
    }

    private let path: String
    private var descriptor: Int32 = -1
    private var device: dev_t = 0
    private var number: ino_t = 0
    /// The rest of a line of which the file took a part only: goes first, so that lines stay whole.
    private var torn: [UInt8] = []

    init(path: String) { self.path = path }

    deinit { close() }

    /// Opens it for appending, and makes it when it is not there; nil, or why that failed.
    ///
    /// Without blocking, so that a path that is a pipe nobody reads is an error and not a halt.
    func open() -> String? {
        close()
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { return "Opening \(path) failed: \(String(cString: strerror(errno)))." }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            return "Reading the status of \(path) failed: \(String(cString: strerror(errno)))."
        }
        device = status.st_dev
        number = status.st_ino
        torn = []
        return nil
    }

    /// Writes whole lines, to a new file when the old one was renamed or removed.
    func write(_ lines: [UInt8]) -> Result {
        if !isCurrent, let failure = open() { return .failed(failure) }
        if !torn.isEmpty {
            let rest = writeSome(torn[...])
            torn.removeFirst(rest.count)
            if let failure = rest.failure { return .failed(failure) }
        }
        let sent = writeSome(lines[...])
        guard let failure = sent.failure else { return .written }
        if let end = lines[sent.count...].firstIndex(of: 0x0A), sent.count > 0, lines[sent.count - 1] != 0x0A {
            torn = Array(lines[sent.count...end])
        }
        return .failed(failure)
    }

    /// Has the next write open it anew.
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Whether the path still names what is open.
    private var isCurrent: Bool {
        guard descriptor >= 0 else { return false }
        var status = stat()
        return stat(path, &status) == 0 && status.st_dev == device && status.st_ino == number
    }

    private func writeSome(_ bytes: ArraySlice<UInt8>) -> (count: Int, failure: String?) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
            }
            if count > 0 {
                sent += count
            } else if count == 0 || errno != EINTR {
                return (sent, "Writing to \(path) failed: \(String(cString: strerror(errno))).")
            }
        }
        return (sent, nil)
    }
}
