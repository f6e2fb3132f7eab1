import RunaboutModel

/// Where containers run, or what runs instead of them.
enum RuntimeKind: String, CaseIterable, Sendable {
    /// Containers where the host can run them, else plain processes.
    case auto
    /// Containers.
    case oci
    /// Plain processes, without isolation.
    case process
}

/// Which program runs containers.
enum ContainerProgram: String, CaseIterable, Sendable {
    /// The first of crun and runc that works on this host.
    case auto
    case runc
    case crun
}

/// How log lines are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// For people, or for the journal when it reads them.
    case text
    /// One JSON object a line.
    case json
}

/// How the front proxy behaves, whichever service a request is for.
struct ProxySettings: Equatable, Sendable {
    /// Where it listens for HTTP.
    ///
    /// Without meaning for `serve`, where systemd gives the router its sockets; so is ``httpsListen``.
    var listen = [ListenAddress(host: "127.0.0.1", port: 8080)]
    /// Where it listens for HTTPS.
    var httpsListen = [ListenAddress(host: "127.0.0.1", port: 8443)]
    /// How services are reached from outside; nil is by HTTPS where plain HTTP is redirected to it, else by HTTP.
    var publicScheme: PublicAddress.Scheme?
    /// At which port; nil as the router listens.
    var publicPort: Int?
    /// Whether plain HTTP is answered with a redirect to HTTPS.
    var redirectsToHTTPS = false
    /// `max-age` of `Strict-Transport-Security`; nil sends none.
    var strictTransportSecuritySeconds: Int?
    /// Peers whose forwarding headers are believed.
    var trustedProxies: [AddressBlock] = []
    /// Whether every connection begins with a PROXY protocol header.
    ///
    /// Without meaning for `serve`, as ``loops`` and ``accessLog``: there they are options of the router's unit.
    var expectsProxyHeader = false
    /// Event loops; nil is one for each processor.
    var loops: Int?
    /// The file of access records; nil writes none.
    var accessLog: String?
}

/// Everything an operator may say to `runaboutd`, each with its default.
///
/// `docs/reference/settings.md` explains them.
struct Settings: Equatable, Sendable {
    /// Where state is kept; absolute once resolved.
    var stateDirectory = "./.runabout"
    /// Where sockets are; nil is `run` below the state directory.
    var runDirectory: String?
    /// Services answer at `NAME.BASE_DOMAIN`.
    var baseDomain = "localhost"
    /// How the front proxy behaves.
    var proxy = ProxySettings()
    /// Where the control API and the registry listen.
    var apiListen = ListenAddress(host: "127.0.0.1", port: 7080)
    /// Where instances run.
    var runtime = RuntimeKind.auto
    /// Which program runs containers.
    var containerProgram = ContainerProgram.auto
    /// The bridge that instances are attached to.
    var bridge = "runabout0"
    /// The network of the instances' addresses.
    var subnet = "10.99.0.0/16"
    /// Networks made ahead of need.
    var networkPoolSize = 4
    /// The account the router runs as when the daemon is root.
    var routerUser = "nobody"
    /// How log lines are written.
    var logFormat = LogFormat.text

    /// Defaults under systemd.
    static var system: Settings {
        var settings = Settings()
        settings.stateDirectory = "/var/lib/runabout"
        settings.runDirectory = "/run/runabout"
        settings.routerUser = "runabout-router"
        settings.proxy.redirectsToHTTPS = true
        settings.proxy.httpsListen = []
        return settings
    }
}

/// Why settings can't be used: every fault found, a line each.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    let source: String
    let faults: [String]

    var description: String { "\(source) can't be used:\n" + faults.map { "  \($0)" }.joined(separator: "\n") }
}
