import ArgumentParser
import RunaboutClient
import RunaboutWire

/// The registry's upkeep.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Collect and verify what the registry holds.",
        subcommands: [CollectRegistry.self, VerifyRegistry.self],
    )
}

/// Takes away what nothing leads to.
struct CollectRegistry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove what no tag, index, subject or revision leads to.",
        discussion: """
            Safe while pushes run. What a service runs, or may run again, stays; so does what was pushed or asked for in
            the last hours.
            """,
    )

    @Flag(help: "Say what would be removed, and remove nothing.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = connection.client()
        let terminal = Terminal.standard
        var parts: [CollectionBody] = []
        repeat {
            parts.append(try await client.collectRegistry(dryRun: dryRun))
        } while !dryRun && parts.last?.hasMore == true
        guard !connection.json else { return try terminal.json(PageBody(items: parts)) }
        terminal.lines(collectionText(parts, style: terminal.style))
    }
}

/// Hashes everything again.
struct VerifyRegistry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Hash every blob again and set aside what is damaged.",
        discussion: """
            A damaged blob is moved to the folder 'quarantine' of the images, never deleted, and unknown until it is pushed
            again. Exit status 1 when there was one.
            """,
    )

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = connection.client()
        let terminal = Terminal.standard
        var parts: [VerificationBody] = []
        repeat {
            parts.append(try await client.verifyRegistry(after: parts.last?.nextToken))
        } while parts.last?.nextToken != nil
        if connection.json {
            try terminal.json(PageBody(items: parts))
        } else {
            terminal.lines(verificationText(parts, style: terminal.style))
        }
        let damaged = parts.reduce(0) { $0 + $1.damaged.count }
        guard damaged == 0 else { throw CommandFailure(message: "\(counted(damaged, "blob")) damaged") }
    }
}
