import ArgumentParser
import RunaboutClient
import RunaboutWire

/// The root certificate to trust.
struct AuthorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "Write the root certificate of the platform's own authority, in PEM.",
        discussion: """
            Whoever trusts it gets HTTPS for every service:
              runabout ca > runabout-ca.pem
              curl --cacert runabout-ca.pem https://NAME.BASE_DOMAIN/
            """,
    )

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let authority = try await connection.client().certificateAuthority()
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(authority) }
        terminal.write(authority.certificate)
    }
}
