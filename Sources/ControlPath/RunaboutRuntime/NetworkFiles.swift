import LinuxEvents
import OCIRuntime

/// The files in an instance's `/etc` that tell it of its network.
enum NetworkFiles {
    /// Where systemd keeps the servers behind its own local resolver.
    private static let resolverFiles = ["/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"]

    /// Writes `hosts`, `hostname` and `resolv.conf` into a mounted root.
    static func write(root: String, hostname: String, address: String) throws(LinuxError) {
        let rooted = try RootedDirectory(root)
        let owner = HostInspection.identity.first
        let hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n\(address)\t\(hostname)\n"
        try rooted.replaceFile("hosts", in: "etc", with: hosts, owner: owner)
        try rooted.replaceFile("hostname", in: "etc", with: hostname + "\n", owner: owner)
        try rooted.replaceFile("resolv.conf", in: "etc", with: resolver(), owner: owner)
    }

    /// The host's resolvers without those that only the host itself reaches.
    static func resolver() -> String {
        for file in resolverFiles {
            // The first that exists and names a server.
            guard let text = try? SmallFile.read(file) else { continue }
            let usable = usableLines(text)
            if usable.contains(where: { $0.hasPrefix("nameserver") }) { return usable.joined(separator: "\n") + "\n" }
        }
        return ""
    }

    static func usableLines(_ text: String) -> [String] {
        text.split(separator: "\n").map { String($0) }.filter { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.first == "nameserver", words.count > 1 else {
                return !line.hasPrefix("#") && !line.hasPrefix(";")
            }
            return !words[1].hasPrefix("127.") && words[1] != "::1"
        }
    }
}
