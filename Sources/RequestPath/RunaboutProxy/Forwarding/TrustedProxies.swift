import RunaboutModel

/// The peers whose word about a client is taken.
struct TrustedProxies: Equatable, Sendable {
    private let blocks: [AddressBlock]

    init(_ blocks: [AddressBlock] = []) { self.blocks = blocks }

    var isEmpty: Bool { blocks.isEmpty }

    /// Whether an address is one of them.
    func contain(_ address: IPAddress) -> Bool {
        for block in blocks where block.contains(address) { return true }
        return false
    }
}

/// Finds a request's client among those it claims to have passed.
///
/// A proxy adds the address it heard from at the right end, so that what an attacker made up is at the left. The client
/// is the first from the right that is not trusted; if all are trusted, the leftmost. What is no address ends the search:
/// the client is then the proxy that heard it. Entries are given from the left, since what is quoted can't be read from
/// the right: the last untrusted one is the one that counts.
///
/// Example: peer 10.0.0.1, trusted 10.0.0.0/8. `6.6.6.6, 192.0.2.7, 10.0.0.9` gives 192.0.2.7; `10.0.0.8` gives
/// 10.0.0.8; `192.0.2.7, unknown, 10.0.0.9` gives 10.0.0.9.
struct ClientSearch: Equatable, Sendable {
    private(set) var client: IPAddress?

    /// The next entry from the left; nil for one that is no address.
    mutating func take(_ entry: IPAddress?, trusted: TrustedProxies) {
        if let entry, client != nil, trusted.contain(entry) { return }
        client = entry
    }
}
