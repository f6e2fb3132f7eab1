/// The content address of a blob or manifest: an algorithm and lower-case hexadecimal digits.
///
/// Shape: `sha256:` and 64 digits, or `sha512:` and 128 digits; anything else is refused.
/// Source: OCI image-spec 1.1, "Digests".
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The hash functions a registry of distribution-spec 1.1 has to know.
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha256
        case sha512

        /// How many hexadecimal digits a value of this algorithm has.
        public var digitCount: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            }
        }
    }

    /// The function that made the value.
    public let algorithm: Algorithm
    /// Lower-case hexadecimal digits, `algorithm.digitCount` of them.
    public let hex: String

    /// Makes a digest from its two halves, or nil when the digits are not of the algorithm's form.
    public init?(algorithm: Algorithm, hex: String) {
        guard hex.utf8.count == algorithm.digitCount else { return nil }
        let isHex = hex.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard isHex else { return nil }
        self.algorithm = algorithm
        self.hex = hex
    }

    /// Makes a digest from the bytes a hash function gave.
    ///
    /// - Precondition: as many bytes as the algorithm gives.
    public init(algorithm: Algorithm, value: [UInt8]) {
        precondition(value.count * 2 == algorithm.digitCount, "\(algorithm) has \(algorithm.digitCount / 2) bytes")
        let digits = Array("0123456789abcdef".utf8)
        let text = value.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        self.algorithm = algorithm
        self.hex = String(decoding: text, as: UTF8.self)
    }

    /// Parses `algorithm:hex`, or gives nil.
    public init?(_ text: some StringProtocol) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, let algorithm = Algorithm(rawValue: String(halves[0])) else { return nil }
        self.init(algorithm: algorithm, hex: String(halves[1]))
    }

    /// `algorithm:hex`, as manifests write it.
    public var description: String { "\(algorithm.rawValue):\(hex)" }

    /// The first twelve digits, for people.
    public var short: String { String(hex.prefix(12)) }
}

extension Digest: Codable {
    /// Decodes the text form.
    ///
    /// - Throws: `DecodingError.dataCorrupted` when the text is not a digest.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a digest")
        }
        self = digest
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
