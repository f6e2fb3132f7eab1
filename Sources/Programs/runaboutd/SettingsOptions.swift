import ArgumentParser
import Foundation

/// Options that say where settings come from and replace single ones.
struct SettingsOptions: ParsableArguments {
    @Option(help: "A configuration file (YAML); docs/reference/settings.md explains every setting.")
    var config: String?

    @Option(help: "Where state is kept.")
    var stateDirectory: String?

    @Option(help: "Where sockets are; 'run' below the state directory if not given.")
    var runDirectory: String?

    @Option(help: "Services answer at NAME.BASE_DOMAIN.")
    var baseDomain: String?

    @Option(help: "ADDRESS:PORT of the front proxy; may be given several times.")
    var proxyListen: [String] = []

    @Option(help: "ADDRESS:PORT of the front proxy for HTTPS; may be given several times.")
    var proxyHttpsListen: [String] = []

    @Option(help: "The file of access records, or 'off'.")
    var accessLog: String?

    @Option(help: "ADDRESS:PORT of the control API and the registry.")
    var apiListen: String?

    @Option(help: "Where instances run: auto, oci or process.")
    var runtime: String?

    @Option(help: "The bridge that instances are attached to.")
    var bridge: String?

    @Option(help: "The network of the instances' addresses.")
    var subnet: String?

    @Option(help: "The account the router runs as when the daemon is root.")
    var routerUser: String?

    @Option(help: "How log lines are written: text or json.")
    var logFormat: String?

    /// The settings: options over the file over the defaults.
    ///
    /// - Throws: ``SettingsError`` with all faults of the file or of the options; ``StartError`` when there is no file.
    func settings(over defaults: Settings) throws -> Settings {
        var settings = defaults
        if let config {
            guard let bytes = FileManager.default.contents(atPath: config) else {
                throw StartError("The configuration file \(config) can't be read: \(String(cString: strerror(errno)))")
            }
            settings = try SettingsReader.read(
                String(decoding: bytes, as: UTF8.self), source: config, over: defaults)
        }
        // Options go through the file's reader, so that both are checked alike.
        return try SettingsReader.read(yaml, source: "The command line", over: settings)
    }

    /// The options as a configuration file would say them.
    private var yaml: String {
        var lines: [String] = []
        func add(_ key: String, _ value: String?, indent: Int = 0) {
            guard let value else { return }
            lines.append(String(repeating: " ", count: indent) + "\(key): \(Self.quoted(value))")
        }
        add("stateDirectory", stateDirectory)
        add("runDirectory", runDirectory)
        add("baseDomain", baseDomain)
        add("logFormat", logFormat)
        func addList(_ key: String, _ values: [String]) {
            guard !values.isEmpty else { return }
            lines.append("  \(key): [\(values.map(Self.quoted).joined(separator: ", "))]")
        }
        if !proxyListen.isEmpty || !proxyHttpsListen.isEmpty || accessLog != nil { lines.append("proxy:") }
        addList("listen", proxyListen)
        addList("httpsListen", proxyHttpsListen)
        add("accessLog", accessLog, indent: 2)
        if apiListen != nil { lines.append("api:") }
        add("listen", apiListen, indent: 2)
        if runtime != nil || bridge != nil || subnet != nil { lines.append("runtime:") }
        add("kind", runtime, indent: 2)
        add("bridge", bridge, indent: 2)
        add("subnet", subnet, indent: 2)
        if routerUser != nil { lines.append("router:") }
        add("user", routerUser, indent: 2)
        return lines.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
