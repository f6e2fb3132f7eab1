/// All addresses with the same beginning: `10.0.0.0/8`, `2001:db8::/32`.
///
/// Source: RFC 4632 (CIDR), RFC 4291 §2.3.
public struct AddressBlock: Hashable, Sendable {
    /// The first address.
    public let first: IPAddress
    /// Bits that all addresses share, 0...128 as of an IPv6 address; an IPv4 block has 96 more than its text says.
    public let prefixLength: Int
    /// 1 in the bits that all addresses share.
    private let mask: UInt128

    /// Takes the first address and the shared bits, 0...128; nil when a bit after them is set.
    public init?(first: IPAddress, prefixLength: Int) {
        guard (0...128).contains(prefixLength) else { return nil }
        // A shift by all 128 bits leaves none.
        mask = UInt128.max << UInt128(128 - prefixLength)
        guard first.bits & ~mask == 0 else { return nil }
        self.first = first
        self.prefixLength = prefixLength
    }

    /// Reads `ADDRESS/BITS`, or an address alone for a block of one.
    ///
    /// Nil when the text is neither, or a bit after the shared ones is set: `10.0.0.1/8` is a mistake.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = IPAddress(String(parts[0])) else { return nil }
        // An address in IPv6's form counts all 128 bits, also where it stands for one of IPv4.
        let bits = parts[0].utf8.contains(UInt8(ascii: ":")) ? 128 : 32
        guard parts.count == 2 else {
            self.init(first: first, prefixLength: 128)
            return
        }
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
            let length = Int(parts[1]), length <= bits, String(length).utf8.count == parts[1].utf8.count
        else { return nil }
        self.init(first: first, prefixLength: length + 128 - bits)
    }

    /// Whether an address is one of them.
    public func contains(_ address: IPAddress) -> Bool { (address.bits ^ first.bits) & mask == 0 }
}

extension AddressBlock: CustomStringConvertible {
    /// `10.0.0.0/8`, `2001:db8::/32`.
    public var description: String {
        first.ipv4 != nil && prefixLength >= 96 ? "\(first)/\(prefixLength - 96)" : "\(first)/\(prefixLength)"
    }
}

extension AddressBlock: Codable {
    /// Reads the text.
    ///
    /// - Throws: `DecodingError` when it is none of a block.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let block = AddressBlock(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no block of addresses")
        }
        self = block
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
