import Subprocess

/// The rules for packets of instances: a table of our own, nobody else's is touched.
enum PacketRules {
    /// Enough for nft's complaint about any rule of ours, in bytes.
    private static let outputBytesMax = 65_536

    /// The program that makes the table anew, in one transaction.
    ///
    /// Instances don't reach each other (the bridge isolates its ports; what would be routed back is dropped), the
    /// host (only answers get in), or link-local addresses such as the metadata service of clouds.
    static func program(_ settings: NetworkSettings) -> String {
        let bridge = settings.bridge
        let ports = settings.reachableHostPorts.map { String($0) }.joined(separator: ", ")
        let portsRule = ports.isEmpty ? "" : "iifname \"\(bridge)\" tcp dport { \(ports) } accept"
        let egressRule = settings.allowsEgress ? "" : "iifname \"\(bridge)\" ct state new drop"
        return """
            table inet \(settings.table) {}
            delete table inet \(settings.table)
            table inet \(settings.table) {
                chain input {
                    type filter hook input priority -10; policy accept;
                    iifname "\(bridge)" ct state established,related accept
                    \(portsRule)
                    iifname "\(bridge)" drop
                }
                chain forward {
                    type filter hook forward priority -10; policy accept;
                    iifname "\(bridge)" oifname "\(bridge)" drop
                    iifname "\(bridge)" ip daddr { 169.254.0.0/16, 224.0.0.0/4, 240.0.0.0/4 } drop
                    iifname "\(bridge)" meta nfproto ipv6 drop
                    oifname "\(bridge)" ct state new drop
                    \(egressRule)
                }
                chain postrouting {
                    type nat hook postrouting priority 100; policy accept;
                    ip saddr \(settings.subnet) oifname != "\(bridge)" masquerade
                }
            }
            """
    }

    static func install(_ settings: NetworkSettings) async throws(NetworkError) {
        try await run(program(settings))
    }

    static func remove(_ settings: NetworkSettings) async throws(NetworkError) {
        try await run("table inet \(settings.table) {}\ndelete table inet \(settings.table)\n")
    }

    private static func run(_ program: String) async throws(NetworkError) {
        do {
            let result = try await Subprocess.run(
                .name("nft"),
                arguments: ["-f", "-"],
                environment: .inherit.updating(["PATH": "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"]
                ),
                input: .string(program),
                output: .discarded,
                error: .string(limit: outputBytesMax))
            if result.terminationStatus.isSuccess { return }
            throw NetworkError(
                message: "nft refused the rules that keep instances apart: \(result.standardError)")
        } catch let error as NetworkError {
            throw error
        } catch {
            throw NetworkError(
                message: "The rules that keep instances apart need nft, which could not be run (\(error)). Install the "
                    + "Debian package nftables.")
        }
    }
}
