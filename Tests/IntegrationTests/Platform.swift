import AsyncHTTPClient
import Foundation
import Glibc
import NIOHTTP1
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import Synchronization
import Testing

/// A whole platform: daemon, router and what they start, on ports, a bridge and a directory of its own.
final class Platform: Sendable {
    /// How a platform is to be.
    struct Settings: Sendable {
        /// `oci` or `process`.
        var runtime = "oci"
        /// Where state is kept; nil makes a directory of the platform's own.
        var state: URL?
    }

    /// Where all of it lies.
    let directory: URL
    /// The state directory.
    let state: URL
    /// Port of the front proxy.
    let proxyPort: Int
    /// Port of the front proxy for HTTPS.
    let httpsPort: Int
    /// Port of the API and the registry.
    let apiPort: Int
    /// Part of every name this platform gives, so that its remains can be told from others'.
    let mark: String
    /// Sends requests to services.
    let load: LoadClient
    private let client: HTTPClient
    private let daemonProcess = Mutex<RunningProgram?>(nil)

    init(_ settings: Settings, directory: URL) throws {
        self.directory = directory
        state = settings.state ?? directory.appending(path: "s")
        proxyPort = try freePort()
        httpsPort = try freePort()
        apiPort = try freePort()
        mark = String(format: "%06x", UInt32.random(in: 0..<0x100_0000))
        load = LoadClient(proxyPort: proxyPort)
        client = HTTPClient()
        let third = Int.random(in: 0...255)
        let second = Int.random(in: 100...250)
        let text = """
            stateDirectory: \(state.path)
            proxy:
              listen: ["127.0.0.1:\(proxyPort)"]
              httpsListen: ["127.0.0.1:\(httpsPort)"]
            api:
              listen: 127.0.0.1:\(apiPort)
            runtime:
              kind: \(settings.runtime)
              bridge: \(bridge)
              subnet: 10.\(second).\(third).0/24
              networkPoolSize: 2
            """
        try text.write(to: configuration, atomically: true, encoding: .utf8)
    }

    /// The bridge of its instances.
    var bridge: String { "rt\(mark)" }
    /// The daemon's output.
    var log: URL { directory.appending(path: "daemon.log") }
    private var configuration: URL { directory.appending(path: "runabout.yaml") }

    /// The daemon's process.
    var daemon: RunningProgram { get throws { try #require(daemonProcess.withLock { $0 }) } }

    /// The token of the API.
    var token: String {
        get throws {
            try String(contentsOf: state.appending(path: "token"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// The control API.
    var control: Control { get throws { Control(client: client, port: apiPort, token: try token) } }

    /// A service's name on this platform.
    func name(_ word: String) -> String { "\(word)-\(mark)" }

    /// The host at which a service answers.
    func host(_ name: String) -> String { "\(name).localhost:\(proxyPort)" }

    /// The program of that name beside these tests.
    static func program(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.build/debug/\(name)")
            .standardizedFileURL
    }

    /// Starts the daemon and waits until it says that it is ready.
    func start() async throws {
        let ready = try ReadySocket(in: directory)
        let daemon = try RunningProgram(
            Self.program("runaboutd"), ["run", "--config", configuration.path],
            environment: ["NOTIFY_SOCKET": ready.path], output: log)
        daemonProcess.withLock { $0 = daemon }
        daemon.whenEnded { _ in ready.giveUp() }
        guard await ready.ready(within: 60) else {
            throw ToolFailure(command: "runaboutd run", output: "did not become ready\n\(logTail())")
        }
    }

    /// Stops the daemon as Ctrl-C does and waits for its end.
    func stop() async throws {
        guard let daemon = daemonProcess.withLock({ $0 }) else { return }
        daemon.signal(SIGTERM)
        let status = try await within(.seconds(60), "runaboutd ends after SIGTERM") { await daemon.end() }
        daemonProcess.withLock { $0 = nil }
        if status != 0 { throw ToolFailure(command: "runaboutd run", output: "ended with \(status)\n\(logTail())") }
    }

    /// Ends the daemon with `kill -9` and waits for its end.
    func killDaemon() async throws {
        let daemon = try daemon
        daemon.signal(SIGKILL)
        _ = try await within(.seconds(10), "runaboutd ends after SIGKILL") { await daemon.end() }
        daemonProcess.withLock { $0 = nil }
    }

    /// Gives the registry the sample's image as `sample:latest`.
    func pushSample() async throws {
        let layout = try await SampleImage.layout()
        _ = try await runTool(
            "skopeo",
            [
                "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", "any:\(try token)",
                "oci:\(layout.path):latest", "docker://127.0.0.1:\(apiPort)/sample:latest",
            ])
    }

    /// The last lines of the daemon's output.
    func logTail(_ count: Int = 60) -> String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }

    func closeClients() async throws {
        try await load.close()
        try await client.shutdown()
    }
}

/// Runs the body on a platform that is started before and stopped after it, whatever happens, and leaves nothing behind.
func withPlatform(
    _ settings: Platform.Settings = Platform.Settings(), _ body: (Platform) async throws -> Void,
) async throws {
    let directory = URL(filePath: "/tmp/runabout-it-\(String(format: "%08x", UInt32.random(in: 0...UInt32.max)))")
    try FileManager.default.createDirectory(
        at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
    let platform = try Platform(settings, directory: directory)
    do {
        try await platform.start()
        try await body(platform)
        try await platform.stop()
        let remains = try await Remains.of(platform)
        #expect(remains.isEmpty, "left behind: \(remains.joined(separator: "\n"))")
    } catch {
        Issue.record("the daemon's last lines:\n\(platform.logTail())")
        await Remains.sweep(platform)
        try await platform.closeClients()
        try? FileManager.default.removeItem(at: directory)
        throw error
    }
    await Remains.sweep(platform)
    try await platform.closeClients()
    try FileManager.default.removeItem(at: directory)
}

/// The sample service's image, built once in a run of the tests.
actor SampleImage {
    private static let shared = SampleImage()
    private var building: Task<URL, any Error>?

    /// The directory of an OCI image layout with the tag `latest`.
    static func layout() async throws -> URL { try await shared.built() }

    private func built() async throws -> URL {
        if let building { return try await building.value }
        let task = Task {
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
            _ = try await runTool(root.appending(path: "scripts/build-sample").path, [])
            return root.appending(path: ".build/sample/layout")
        }
        building = task
        return try await task.value
    }
}
