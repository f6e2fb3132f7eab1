import CLinux

/// A request to the kernel's routing family, built piece by piece.
///
/// Shape: a header of 16 bytes, a fixed part by type, then attributes: length and type of 16 bits each, the value,
/// padding to 4 bytes. Everything in the machine's byte order. Source: netlink(7), rtnetlink(7).
struct NetlinkMessage {
    private(set) var bytes: [UInt8] = []

    init(type: Int, flags: Int, fixed: [UInt8]) {
        append(UInt32(0))
        append(UInt16(type))
        append(UInt16(Int(NLM_F_REQUEST) | Int(NLM_F_ACK) | flags))
        append(UInt32(1))
        append(UInt32(0))
        bytes.append(contentsOf: fixed)
        finish()
    }

    mutating func add(_ attribute: Int, _ value: [UInt8]) {
        append(UInt16(4 + value.count))
        append(UInt16(attribute))
        bytes.append(contentsOf: value)
        bytes.append(contentsOf: [UInt8](repeating: 0, count: (4 - value.count % 4) % 4))
        finish()
    }

    mutating func add(_ attribute: Int, _ text: String) { add(attribute, Array(text.utf8) + [0]) }

    mutating func add(_ attribute: Int, _ number: UInt32) { add(attribute, Self.bytes(of: number)) }

    /// Adds an attribute whose value is itself attributes, after some fixed bytes.
    mutating func nest(_ attribute: Int, fixed: [UInt8] = [], _ body: (inout NetlinkMessage) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(UInt16(attribute | Int(NLA_F_NESTED)))
        bytes.append(contentsOf: fixed)
        body(&self)
        bytes.replaceSubrange(start..<start + 2, with: Self.bytes(of: UInt16(bytes.count - start)))
        finish()
    }

    private mutating func append(_ number: some FixedWidthInteger) { bytes.append(contentsOf: Self.bytes(of: number)) }

    private mutating func finish() { bytes.replaceSubrange(0..<4, with: Self.bytes(of: UInt32(bytes.count))) }

    static func bytes(of number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}

extension NetlinkMessage {
    /// The fixed part of messages about links.
    static func link(family: Int32 = 0, index: Int32 = 0, flags: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        [UInt8(family), 0, 0, 0] + bytes(of: index) + bytes(of: flags) + bytes(of: change)
    }

    /// The fixed part of messages about addresses.
    static func address(prefixLength: Int, index: Int32) -> [UInt8] {
        [UInt8(AF_INET), UInt8(prefixLength), 0, 0] + bytes(of: index)
    }

    /// The fixed part of a message about the default route: main table, by hand, everywhere, unicast.
    static let defaultRoute: [UInt8] =
        [UInt8(AF_INET), 0, 0, 0, UInt8(RT_TABLE_MAIN.rawValue), UInt8(RTPROT_STATIC), 0, UInt8(RTN_UNICAST)]
        + bytes(of: UInt32(0))
}
