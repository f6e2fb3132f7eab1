import ArgumentParser
import RunaboutClient
import RunaboutModel
import RunaboutWire

/// What happened.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happened, to one service or to all.")

    @Argument(help: "The service's name or id; without it all events.")
    var service: String?

    @Flag(name: .shortAndLong, help: "Go on with each new event.")
    var follow = false

    @Option(help: "How many of the past (default 20).")
    var limit = 20

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = connection.client()
        let past = try await client.events(of: service, limit: max(1, limit))
        var names = Names(client: client)
        guard follow else {
            if connection.json { return try Terminal.standard.json(PageBody(items: past)) }
            for event in past { try await show(event, &names) }
            return
        }
        for event in past { try await show(event, &names) }
        // Without a past, everything from the first event on is new.
        for try await event in try await client.watchEvents(of: service, after: past.last?.sequence ?? 0) {
            try await show(event, &names)
        }
    }

    private func show(_ event: EventBody, _ names: inout Names) async throws {
        guard !connection.json else { return try Terminal.standard.json(event, pretty: false) }
        if service == nil { await names.learn(event.service) }
        Terminal.standard.line(eventLine(event, names: names.known, style: Terminal.standard.style))
    }
}

/// The names of the services that events are about.
private struct Names {
    let client: ControlClient
    var known: [ServiceID: String] = [:]

    init(client: ControlClient) { self.client = client }

    mutating func learn(_ id: ServiceID?) async {
        guard let id, known[id] == nil else { return }
        // A service that is gone keeps its short id as its name.
        known[id] = (try? await client.service(id.rawValue).name) ?? id.short
    }
}
