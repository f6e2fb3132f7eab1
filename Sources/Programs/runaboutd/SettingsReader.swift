import Yams

/// Reads settings from YAML.
///
/// Strict: an unknown key, a wrong type or a value out of range is a fault that names the key's path and line; all
/// faults are reported at once.
struct SettingsReader {
    private(set) var faults: [String] = []
    var settings: Settings

    /// Settings out of a text, over given defaults.
    ///
    /// - Throws: ``SettingsError`` with all faults.
    static func read(_ text: String, source: String, over defaults: Settings) throws(SettingsError) -> Settings {
        var reader = SettingsReader(settings: defaults)
        do {
            // An empty file is a valid one.
            if let root = try Yams.compose(yaml: text) { reader.readRoot(root) }
        } catch {
            throw SettingsError(source: source, faults: ["it is not YAML: \(error)"])
        }
        guard reader.faults.isEmpty else { throw SettingsError(source: source, faults: reader.faults) }
        return reader.settings
    }

    private init(settings: Settings) { self.settings = settings }

    private mutating func readRoot(_ root: Node) {
        // A file of comments only is an empty scalar.
        if case .scalar(let scalar) = root, scalar.string.isEmpty { return }
        let known = [
            "stateDirectory", "runDirectory", "baseDomain", "proxy", "api", "runtime", "router", "logFormat",
        ]
        for (key, path, value) in entries(of: root, at: "", known: known) {
            switch key {
            case "stateDirectory": if let path = self.path(value, path) { settings.stateDirectory = path }
            case "runDirectory": if let path = self.path(value, path) { settings.runDirectory = path }
            case "baseDomain": readBaseDomain(value, path)
            case "proxy": readProxy(value, path)
            case "api": readAPI(value, path)
            case "runtime": readRuntime(value, path)
            case "router": readRouter(value, path)
            default: if let format = choice(value, path, of: LogFormat.self) { settings.logFormat = format }
            }
        }
    }

    private mutating func readBaseDomain(_ node: Node, _ path: String) {
        guard let text = string(node, path) else { return }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isDomain = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        }
        guard isDomain, text.utf8.count <= 200 else {
            return fault(node, path, "has to be a domain in lower case, like 'apps.example.org', and is '\(text)'")
        }
        settings.baseDomain = text
    }

    private mutating func readAPI(_ node: Node, _ path: String) {
        for (_, path, value) in entries(of: node, at: path, known: ["listen"]) {
            if let address = address(value, path) { settings.apiListen = address }
        }
    }

    private mutating func readRouter(_ node: Node, _ path: String) {
        for (_, path, value) in entries(of: node, at: path, known: ["user"]) {
            guard let user = string(value, path) else { continue }
            if user.isEmpty { fault(value, path, "has to name an account") } else { settings.routerUser = user }
        }
    }

    private mutating func readRuntime(_ node: Node, _ path: String) {
        let known = ["kind", "program", "bridge", "subnet", "networkPoolSize"]
        for (key, path, value) in entries(of: node, at: path, known: known) {
            switch key {
            case "kind": if let kind = choice(value, path, of: RuntimeKind.self) { settings.runtime = kind }
            case "program":
                if let program = choice(value, path, of: ContainerProgram.self) { settings.containerProgram = program }
            case "bridge": readBridge(value, path)
            case "subnet": readSubnet(value, path)
            default:
                guard case .scalar(let scalar) = value, let size = Int(scalar.string), (0...64).contains(size) else {
                    fault(value, path, "has to be a number of 0...64")
                    continue
                }
                settings.networkPoolSize = size
            }
        }
    }

    private mutating func readBridge(_ node: Node, _ path: String) {
        guard let name = string(node, path) else { return }
        let isName = name.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 45
                || byte == 95
        }
        // Source: IFNAMSIZ of linux/if.h is 16 with the terminating zero; instances' links are called after the bridge.
        guard isName, (1...10).contains(name.utf8.count) else {
            return fault(node, path, "has to be 1...10 letters, digits, '-' and '_', and is '\(name)'")
        }
        settings.bridge = name
    }

    private mutating func readSubnet(_ node: Node, _ path: String) {
        guard let text = string(node, path) else { return }
        let halves = text.split(separator: "/", maxSplits: 1)
        let isNetwork = halves.count == 2 && ListenAddress("\(halves[0]):0") != nil && !halves[0].contains(":")
        guard isNetwork, let bits = Int(halves[1]), (16...28).contains(bits) else {
            return fault(node, path, "has to be an IPv4 network of 16...28 bits, like '10.99.0.0/16', and is '\(text)'")
        }
        settings.subnet = text
    }

    /// Notes what is wrong with a value, and where.
    mutating func fault(_ node: Node, _ path: String, _ message: String) {
        let line = node.mark.map { "line \($0.line): " } ?? ""
        faults.append("\(line)\(path) \(message)")
    }
}
