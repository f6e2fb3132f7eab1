import COpenSSL
public import OCI

/// A digest in the making: takes bytes in pieces and keeps OpenSSL's hash state between them.
///
/// It can't be copied, since the state behind it is one piece of C memory that is freed exactly once.
public struct ContentHasher: ~Copyable {
    /// The function that is computed.
    public let algorithm: Digest.Algorithm
    private let context: OpaquePointer

    /// Starts with no bytes.
    public init(_ algorithm: Digest.Algorithm) {
        self.algorithm = algorithm
        let function =
            switch algorithm {
            case .sha256: EVP_sha256()
            case .sha512: EVP_sha512()
            }
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, function, nil) == 1 else {
            preconditionFailure("OpenSSL has no memory for a hash state, or was built without \(algorithm)")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            preconditionFailure("OpenSSL refused bytes for \(algorithm)")
        }
    }

    /// The digest of all bytes given so far.
    public consuming func finish() -> Digest {
        var value = [UInt8](repeating: 0, count: algorithm.digitCount / 2)
        guard EVP_DigestFinal_ex(context, &value, nil) == 1 else {
            preconditionFailure("OpenSSL could not finish \(algorithm)")
        }
        return Digest(algorithm: algorithm, value: value)
    }

    /// The digest of bytes that are in memory.
    public static func digest(of bytes: [UInt8], algorithm: Digest.Algorithm = .sha256) -> Digest {
        var hasher = ContentHasher(algorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }
}
