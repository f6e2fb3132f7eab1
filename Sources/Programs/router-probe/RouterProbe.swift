import ArgumentParser

/// Sends hostile traffic to a proxy and judges what it does with it.
@main
struct RouterProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "router-probe",
        abstract: "Send malformed and hostile traffic through a proxy and judge what it does with it.",
        subcommands: [
            HTTP1Command.self, FaultsCommand.self, HTTP2Command.self, AttacksCommand.self, HTTP1AttacksCommand.self,
            AttackedInstanceCommand.self,
        ])
}
