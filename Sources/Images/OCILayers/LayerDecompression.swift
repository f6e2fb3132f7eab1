import CLinux
import Glibc
import NIOPosix
import OCI
import Subprocess
import Synchronization
import SystemPackage

/// How a layer's blob is compressed, told by its first bytes: media types are often wrong about it.
enum LayerCompression: Hashable, Sendable {
    case none
    case gzip
    case zstd

    init(magic: [UInt8]) {
        if magic.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else {
            self = .none
        }
    }

    /// The program that uncompresses its input to its output; nil when none is needed.
    var program: (name: String, arguments: [String])? {
        switch self {
        case .none: nil
        case .gzip: ("gzip", ["-dcq"])
        case .zstd: ("zstd", ["-dcq"])
        }
    }
}

/// A layer's blob as a stream of uncompressed bytes.
enum LayerDecompression {
    private static let messageBytesMax = 4_096

    /// Runs the body, on a thread of the pool, with a descriptor that gives the uncompressed bytes of a blob's file.
    ///
    /// - Throws: what the body throws, and `LayerError.decompressionFailed` when the program could not be started or
    ///   says that its input is broken.
    static func withStream<Result: Sendable>(
        of path: String, pool: NIOThreadPool, _ body: @escaping @Sendable (Int32) throws -> Result,
    ) async throws -> Result {
        let blob = OpenDescriptor(Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW))
        guard blob.number >= 0 else { throw LayerError.last("open", path) }
        var magic = [UInt8](repeating: 0, count: 4)
        let count = pread(blob.number, &magic, magic.count, 0)
        guard let program = LayerCompression(magic: Array(magic.prefix(max(0, count)))).program else {
            return try await pool.runIfActive { try body(blob.number) }
        }
        let executable = try await executable(program.name)
        var ends: [Int32] = [-1, -1]
        guard clinux_make_pipe(&ends) == 0 else { throw LayerError.last("make pipe", path) }
        let readEnd = OpenDescriptor(ends[0])
        let outcome = try await run(
            executable,
            arguments: Arguments(program.arguments),
            input: .fileDescriptor(FileDescriptor(rawValue: blob.number), closeAfterSpawningProcess: false),
            output: .fileDescriptor(FileDescriptor(rawValue: ends[1]), closeAfterSpawningProcess: true),
            error: .string(limit: messageBytesMax),
        ) { _ in
            // With the reading end closed the program ends, too, if the body did not read everything.
            defer { readEnd.close() }
            do {
                return Swift.Result<Result, any Error>.success(try await pool.runIfActive { try body(readEnd.number) })
            } catch {
                return .failure(error)
            }
        }
        return try judge(outcome.closureResult, outcome.terminationStatus, program.name, outcome.standardError)
    }

    /// Finds a program, whose Debian package has the same name.
    ///
    /// - Throws: `LayerError.decompressionFailed` when it is not installed.
    static func executable(_ name: String) async throws(LayerError) -> Executable {
        do {
            return .path(try await Executable.name(name).resolveExecutablePath(in: .inherit))
        } catch {
            throw .decompressionFailed(program: name, message: "it is not installed; apt install \(name)")
        }
    }

    /// Decides which of two failures is the cause: the body's, or the program's that fed it.
    private static func judge<Result>(
        _ result: Swift.Result<Result, any Error>, _ status: TerminationStatus, _ program: String, _ message: String,
    ) throws -> Result {
        let isProgramFine =
            switch status {
            case .exited(0): true
            // gzip's warning, such as bytes behind the end; the digest has judged the content.
            case .exited(2): program == "gzip"
            case .exited, .signaled: false
            }
        let failure = LayerError.decompressionFailed(program: program, message: message.isEmpty ? "\(status)" : message)
        switch result {
        case .success(let value):
            guard isProgramFine else { throw failure }
            return value
        case .failure(let error as LayerError):
            switch error {
            // Both are read to the end, so the program was not cut off by us.
            case .truncated where !isProgramFine, .contentMismatch where !isProgramFine: throw failure
            default: throw error
            }
        case .failure(let error): throw error
        }
    }
}

/// A descriptor that is closed once, at the latest when its last reference goes.
final class OpenDescriptor: Sendable {
    let number: Int32
    private let isClosed = Mutex(false)

    init(_ number: Int32) { self.number = number }

    func close() {
        isClosed.withLock { isClosed in
            if !isClosed, number >= 0 { Glibc.close(number) }
            isClosed = true
        }
    }

    deinit { close() }
}
