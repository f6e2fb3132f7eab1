import RunaboutModel
import Yams

/// The settings of the front proxy.
extension SettingsReader {
    /// Reads the mapping `proxy`.
    mutating func readProxy(_ node: Node, _ path: String) {
        let known = [
            "listen", "httpsListen", "httpRedirect", "strictTransportSecuritySeconds", "trustedProxies",
            "proxyProtocol", "loops", "accessLog", "publicScheme", "publicPort",
        ]
        for (key, path, value) in entries(of: node, at: path, known: known) {
            switch key {
            case "listen":
                if let addresses = addresses(value, path, mayBeEmpty: false) { settings.proxy.listen = addresses }
            case "httpsListen":
                if let addresses = addresses(value, path, mayBeEmpty: true) { settings.proxy.httpsListen = addresses }
            case "httpRedirect": if let flag = flag(value, path) { settings.proxy.redirectsToHTTPS = flag }
            case "strictTransportSecuritySeconds":
                let range = Limits.strictTransportSecuritySecondsRange
                if let seconds = number(value, path, in: range, orNoneAs: "off") {
                    settings.proxy.strictTransportSecuritySeconds = seconds
                }
            case "trustedProxies": readTrustedProxies(value, path)
            case "proxyProtocol": if let flag = flag(value, path) { settings.proxy.expectsProxyHeader = flag }
            case "loops":
                if let loops = number(value, path, in: 1...Limits.proxyLoopsMax, orNoneAs: "auto") {
                    settings.proxy.loops = loops
                }
            case "publicScheme":
                if let scheme = choice(value, path, of: PublicAddress.Scheme.self) {
                    settings.proxy.publicScheme = scheme
                }
            case "publicPort":
                if let port = number(value, path, in: Limits.portRange, orNoneAs: "auto") {
                    settings.proxy.publicPort = port
                }
            default:
                guard let text = string(value, path) else { continue }
                guard !text.isEmpty else {
                    fault(value, path, "has to be a file's path, or 'off'")
                    continue
                }
                settings.proxy.accessLog = text == "off" ? nil : text
            }
        }
    }

    private mutating func addresses(_ node: Node, _ path: String, mayBeEmpty: Bool) -> [ListenAddress]? {
        list(node, path, of: "ADDRESS:PORT", mayBeEmpty: mayBeEmpty) { reader, item, path in
            reader.address(item, path)
        }
    }

    private mutating func readTrustedProxies(_ node: Node, _ path: String) {
        let blocks = list(node, path, of: "addresses or blocks of them", mayBeEmpty: true) { reader, item, path in
            guard let text = reader.string(item, path) else { return AddressBlock?.none }
            guard let block = AddressBlock(text) else {
                reader.fault(
                    item, path,
                    "has to be an address, or a block of them with no bit set behind its prefix, like '10.0.0.0/8' or "
                        + "'2001:db8::/32', and is '\(text)'")
                return nil
            }
            return block
        }
        guard let blocks else { return }
        guard blocks.count <= Limits.trustedProxiesMax else {
            return fault(node, path, "has to be at most \(Limits.trustedProxiesMax) blocks; there are \(blocks.count)")
        }
        settings.proxy.trustedProxies = blocks
    }
}
