import RunaboutModel

/// Which hosts share a certificate.
///
/// The first certificate is for the base domain and everything one level below it. Clients do not accept `*` above a
/// domain of one label (`*.localhost`), and it stands for one level only, so other hosts are named one by one, many in a
/// certificate.
public struct HostGroups: Hashable, Sendable {
    /// The domain below which services are.
    public let baseDomain: String
    /// Hosts of each further certificate; one that is full never changes, unless a host goes.
    private var named: [[String]] = []

    /// Begins with the base domain.
    public init(baseDomain: String) { self.baseDomain = baseDomain }

    /// The hosts of each certificate, the default one first.
    public var all: [[String]] { [["*.\(baseDomain)", baseDomain]] + named.filter { !$0.isEmpty } }

    /// Takes all hosts there are.
    public mutating func update(_ hosts: [String]) {
        let wanted = Set(hosts.filter(needsName))
        let known = Set(named.joined())
        for index in named.indices { named[index].removeAll { !wanted.contains($0) } }
        for host in wanted.subtracting(known).sorted() {
            if let index = named.firstIndex(where: { $0.count < Limits.certificateHostsMax }) {
                named[index].append(host)
            } else {
                named.append([host])
            }
        }
    }

    /// Whether the base domain's certificate is not for a host, as clients see it.
    private func needsName(_ host: String) -> Bool {
        guard host != baseDomain else { return false }
        guard baseDomain.contains("."), host.hasSuffix(".\(baseDomain)") else { return true }
        return host.dropLast(baseDomain.count + 1).contains(".")
    }
}
