import ArgumentParser
import RunaboutClient
import RunaboutModel
import RunaboutWire

/// A service as it is at this moment.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a service does: its instances, requests and last scaling decisions.",
    )

    @Argument(help: "The service's name or id.")
    var service: String

    @Flag(name: .shortAndLong, help: "Go on showing it until interrupted.")
    var watch = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = connection.client()
        let terminal = Terminal.standard
        guard watch else {
            try show(try await Snapshot(of: service, by: client), terminal)
            return
        }
        if terminal.isInteractive, !connection.json {
            try await redraw(client, terminal)
        } else {
            try await log(client, terminal)
        }
    }

    private func show(_ snapshot: Snapshot, _ terminal: Terminal) throws {
        guard !connection.json else { return try terminal.json(StatusJSON(snapshot)) }
        terminal.lines(statusText(snapshot.service, snapshot.explanation, now: currentTime(), style: terminal.style))
    }

    /// Draws the table over the one before.
    ///
    /// A daemon that restarts comes back; the last picture stays meanwhile.
    private func redraw(_ client: ControlClient, _ terminal: Terminal) async throws {
        var screen = Screen()
        var picture = try await picture(client, terminal)
        while true {
            terminal.write(screen.redraw(picture.lines + picture.trouble))
            try await Task.sleep(for: Limits.statusRefreshInterval)
            picture = try await nextPicture(client, terminal, last: picture)
        }
    }

    private struct Picture {
        var lines: [String]
        var trouble: [String] = []
    }

    private func picture(_ client: ControlClient, _ terminal: Terminal) async throws -> Picture {
        let snapshot = try await Snapshot(of: service, by: client)
        let text = statusText(snapshot.service, snapshot.explanation, now: currentTime(), style: terminal.style)
        return Picture(lines: text)
    }

    private func nextPicture(
        _ client: ControlClient, _ terminal: Terminal, last: Picture,
    ) async throws -> Picture {
        do {
            return try await picture(client, terminal)
        } catch ClientError.unreachable(let place, let reason) {
            return Picture(lines: last.lines, trouble: ["", "\(place): \(reason); trying again"])
        }
    }

    /// A line for each change.
    private func log(_ client: ControlClient, _ terminal: Terminal) async throws {
        var last = ""
        while true {
            let snapshot = try await Snapshot(of: service, by: client)
            let line = statusLine(snapshot.service, snapshot.explanation, now: currentTime())
            let facts = String(line.drop { $0 != " " })
            if facts != last {
                last = facts
                try show(snapshot, line: line, terminal)
            }
            try await Task.sleep(for: Limits.statusRefreshInterval)
        }
    }
}

extension StatusCommand {
    private func show(_ snapshot: Snapshot, line: String, _ terminal: Terminal) throws {
        guard !connection.json else { return try terminal.json(StatusJSON(snapshot), pretty: false) }
        terminal.line(line)
    }
}

/// A service and why it is as it is.
private struct Snapshot {
    let service: ServiceBody
    let explanation: ExplanationBody

    init(of reference: String, by client: ControlClient) async throws(ClientError) {
        self.service = try await client.service(reference)
        self.explanation = try await client.explain(reference, limit: 5)
    }
}

private struct StatusJSON: Encodable {
    let service: ServiceBody
    let explanation: ExplanationBody

    init(_ snapshot: Snapshot) {
        self.service = snapshot.service
        self.explanation = snapshot.explanation
    }
}
