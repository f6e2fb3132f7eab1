/// A range of IPv4 addresses: `10.99.0.0/16`.
public struct IPv4Subnet: Hashable, Sendable, CustomStringConvertible {
    /// The first address as a number.
    let base: UInt32
    /// How many leading bits all addresses share.
    public let prefixLength: Int

    /// Takes the usual text form; gives nil when it is none, has bits beyond the prefix, or holds fewer than 14
    /// instances (longer than /28) or more than can be numbered (shorter than /16).
    public init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let length = Int(halves[1]), (16...28).contains(length) else { return nil }
        guard let base = Self.number(halves[0]) else { return nil }
        guard base & (UInt32.max >> UInt32(length)) == 0 else { return nil }
        self.base = base
        self.prefixLength = length
    }

    /// The gateway's address: the first after the range's own.
    public var gateway: String { Self.text(base + 1) }

    /// The numbers that instances' addresses may have: not the range's own, the gateway's or the broadcast address.
    public var indices: ClosedRange<Int> { 2...(1 << (32 - prefixLength)) - 2 }

    /// The address with a number.
    ///
    /// Number 258 of 10.99.0.0/16 is 10.99.1.2.
    public func address(_ index: Int) -> String { Self.text(base + UInt32(index)) }

    /// `10.99.0.0/16`.
    public var description: String { "\(Self.text(base))/\(prefixLength)" }

    func bytes(_ index: Int) -> [UInt8] { Self.bytes(base + UInt32(index)) }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }

    private static func text(_ number: UInt32) -> String {
        bytes(number).map { String($0) }.joined(separator: ".")
    }

    private static func number(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(UInt32?.some(0)) { sum, part in
            guard let sum, let part else { return nil }
            return sum << 8 | UInt32(part)
        }
    }
}

extension IPv4Subnet {
    /// 10.99.0.0/16: room for 65,533 instances.
    public static let standard = IPv4Subnet(base: 10 << 24 | 99 << 16, prefixLength: 16)

    private init(base: UInt32, prefixLength: Int) {
        self.base = base
        self.prefixLength = prefixLength
    }
}
