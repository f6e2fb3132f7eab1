public import NIOCore
import NIOPosix
public import OCI
import Synchronization

/// A blob on its way in: written in order, hashed as it comes, published once its digest is right.
///
/// States: open (any number of writes, also by later requests and later processes) → published | removed. It is used
/// only inside `ContentStore.withUpload` and `withNewUpload`, which see to it that one request has it at a time.
public final class UploadSession: Sendable {
    /// The session's name.
    public let id: UploadID
    let fileName: String
    private let path: String
    private let layout: LayoutPaths
    private let pool: NIOThreadPool
    private let state: Mutex<State>

    /// What is known of the bytes so far.
    private struct State: ~Copyable {
        /// Nil between requests, so that a thousand idle sessions hold no descriptors.
        var file: OpenFile?
        /// Nil when bytes came from an earlier process; then they are hashed again at the end.
        var hasher: ContentHasher?
        var offset: Int64 = 0
        var isEnded = false
    }

    init(id: UploadID, fileName: String, layout: LayoutPaths, pool: NIOThreadPool) {
        self.id = id
        self.fileName = fileName
        self.path = "\(layout.uploads)/\(fileName)"
        self.layout = layout
        self.pool = pool
        self.state = Mutex(State())
    }

    /// Whether the session was published or removed.
    var isEnded: Bool { state.withLock { $0.isEnded } }

    /// How many bytes there are, which is where the next write begins.
    public func offset() async throws -> Int64 {
        try await pool.runIfActive { [self] in
            try state.withLock { state in
                _ = try open(&state)
                return state.offset
            }
        }
    }

    /// Says which function the final digest will have, so that the bytes need not be read again for it.
    ///
    /// Has an effect before the first write only.
    public func expect(_ algorithm: Digest.Algorithm) {
        state.withLock { state in
            if state.offset == 0, state.hasher?.algorithm != algorithm { state.hasher = ContentHasher(algorithm) }
        }
    }

    /// Appends bytes and gives the new offset.
    ///
    /// - Throws: `ContentStoreError.storageFull`, after which the session is gone and its space free; `.fileSystem`.
    @discardableResult
    public func write(_ bytes: ByteBuffer) async throws -> Int64 {
        try await pool.runIfActive { [self] in
            try state.withLock { state in
                let file = try open(&state)
                do {
                    try bytes.withUnsafeReadableBytes { try FileSystem.writeAll($0, to: file, path: path) }
                } catch ContentStoreError.storageFull {
                    try end(&state)
                    throw ContentStoreError.storageFull
                }
                if state.offset == 0, state.hasher == nil { state.hasher = ContentHasher(.sha256) }
                bytes.withUnsafeReadableBytes { state.hasher?.update($0) }
                state.offset += Int64(bytes.readableBytes)
                return state.offset
            }
        }
    }

    /// Verifies the bytes and publishes them under their digest; gives the blob's size.
    ///
    /// - Throws: `ContentStoreError.digestMismatch` or `.storageFull`; in both cases the session is gone.
    public func finish(_ expected: Digest) async throws -> Int64 {
        try await pool.runIfActive { [self] in
            try state.withLock { state in
                let file = try open(&state)
                let actual = try digest(of: file, &state, algorithm: expected.algorithm)
                guard actual == expected else {
                    try end(&state)
                    throw ContentStoreError.digestMismatch(expected: expected, actual: actual)
                }
                do {
                    try layout.publish(file, at: path, as: expected)
                } catch ContentStoreError.storageFull {
                    try end(&state)
                    throw ContentStoreError.storageFull
                }
                state.isEnded = true
                state.file = nil
                return state.offset
            }
        }
    }

    /// Gives the session up and frees its space.
    public func cancel() async throws {
        try await pool.runIfActive { [self] in try state.withLock { try end(&$0) } }
    }

    /// Makes the session's file; the first thing that happens to a new session.
    func create() async throws {
        try await pool.runIfActive { [self] in
            try state.withLock { $0.file = try FileSystem.create(path) }
        }
    }

    /// Closes the file until the next request comes.
    func rest() { state.withLock { $0.file = nil } }

    /// Removes the session when nobody wrote to it since a time; says whether it did.
    func removeIfUntouched(since unixSeconds: Int64) throws -> Bool {
        try state.withLock { state in
            guard let status = try FileSystem.status(path) else {
                state.isEnded = true
                return true
            }
            guard Int64(status.st_mtim.tv_sec) < unixSeconds else { return false }
            try end(&state)
            return true
        }
    }

    /// Opens the file where it is not open, and forgets the hash state when it is not that of the file's bytes: after
    /// a restart, and after a write that failed half-way.
    private func open(_ state: inout State) throws(ContentStoreError) -> OpenFile {
        guard !state.isEnded else { throw .uploadUnknown(id) }
        if let file = state.file { return file }
        guard let file = try FileSystem.openForAppending(path) else { throw .uploadUnknown(id) }
        let size = Int64(try FileSystem.status(file, path: path).st_size)
        if size != state.offset { state.hasher = nil }
        state.offset = size
        state.file = file
        return file
    }

    private func end(_ state: inout State) throws(ContentStoreError) {
        state.isEnded = true
        state.file = nil
        state.hasher = nil
        try FileSystem.remove(path)
    }

    /// The digest of all bytes: from the running hash state when that is of the wanted kind, or from the file.
    private func digest(
        of file: OpenFile, _ state: inout State, algorithm: Digest.Algorithm,
    ) throws -> Digest {
        if state.hasher?.algorithm == algorithm, let hasher = state.hasher.take() { return hasher.finish() }
        var hasher = ContentHasher(algorithm)
        var offset: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 262_144)
        while true {
            let count = try buffer.withUnsafeMutableBytes { memory in
                let count = try FileSystem.read(file, at: offset, into: memory, path: path)
                hasher.update(UnsafeRawBufferPointer(rebasing: memory[..<count]))
                return count
            }
            guard count > 0 else { return hasher.finish() }
            offset += Int64(count)
        }
    }
}
