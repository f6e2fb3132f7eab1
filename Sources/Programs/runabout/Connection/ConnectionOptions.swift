import ArgumentParser
import Foundation
import RunaboutClient

/// How the daemon is found, and in which form answers are printed.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The daemon's URL, like http://127.0.0.1:7080; else RUNABOUT_URL.")
    var url: String?

    @Option(help: "The token for --url; else RUNABOUT_TOKEN.")
    var token: String?

    @Option(help: "The daemon's Unix socket; else RUNABOUT_SOCKET.")
    var socket: String?

    @Flag(help: "Print JSON instead of text.")
    var json = false

    /// A client of the daemon that these options and the environment name.
    func client() -> ControlClient {
        let choice = EndpointChoice(
            url: url, token: token, socket: socket, environment: ProcessInfo.processInfo.environment)
        return ControlClient(endpoint: choice.endpoint { FileManager.default.fileExists(atPath: $0) })
    }
}

/// What decides where the daemon is looked for.
struct EndpointChoice {
    static let developmentSocket = "./.runabout/run/api.sock"
    static let systemSocket = "/run/runabout/api.sock"

    var url: String?
    var token: String?
    var socket: String?
    var environment: [String: String] = [:]

    /// The place: flags before the environment, a URL before a socket, then the sockets of the two ways to run.
    func endpoint(exists: (String) -> Bool) -> ControlEndpoint {
        let token = token ?? set("RUNABOUT_TOKEN")
        if let url { return .url(url, token: token) }
        if let socket { return .unixSocket(path: socket) }
        if let url = set("RUNABOUT_URL") { return .url(url, token: token) }
        if let socket = set("RUNABOUT_SOCKET") { return .unixSocket(path: socket) }
        return .unixSocket(path: exists(Self.developmentSocket) ? Self.developmentSocket : Self.systemSocket)
    }

    private func set(_ name: String) -> String? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return value
    }
}
