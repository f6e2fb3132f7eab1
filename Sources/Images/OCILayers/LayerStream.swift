import Glibc
import OCI
import OCIContentStore

/// The uncompressed bytes of a layer out of a file or a pipe, counted and hashed as they pass.
///
/// Reference semantics, since the hash state can't be copied; one thread has it at a time.
final class LayerStream: ByteSource {
    private let descriptor: Int32
    private let bytesMax: Int64
    private var bytesRead: Int64 = 0
    private var hasher: ContentHasher?

    init(descriptor: Int32, bytesMax: Int64, algorithm: Digest.Algorithm) {
        self.descriptor = descriptor
        self.bytesMax = bytesMax
        self.hasher = ContentHasher(algorithm)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = Glibc.read(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                filled += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw .last("read", "layer")
            }
        }
        bytesRead += Int64(filled)
        guard bytesRead <= bytesMax else {
            throw .limitExceeded("it has more than \(bytesMax) bytes once it is uncompressed")
        }
        hasher?.update(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        return filled
    }

    /// The digest of all bytes read; asked once, at the end.
    func digest() -> Digest {
        guard let finished = hasher.take() else { preconditionFailure("a layer's digest is asked for once") }
        return finished.finish()
    }
}
