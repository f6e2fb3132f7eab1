import ArgumentParser
import Glibc
import RouterProbes

/// Uses a proxy up, one attack after the other, and says how it stood them.
struct HTTP1AttacksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http1-attacks",
        abstract: "Attack a proxy of this machine, and see what it costs it and its other clients.",
        discussion: """
            Behind the proxy an instance has to answer, as `router-probe attacked-instance` does. Each attack lasts until the \
            proxy has ended its connections, or the limit.
            """)

    @Option(help: "The proxy's port on loopback.")
    var port: Int

    @Option(help: "The proxy's process, of which memory and processor time are read; its workers' would be others.")
    var process: Int32

    @Option(help: "The host that is attacked.")
    var host = "app.localhost"

    @Option(help: "The host that another client asks meanwhile.")
    var otherHost = "app.localhost"

    @Option(help: "How many connections each attack makes; its own number when left out.")
    var connections: Int?

    @Option(help: "Seconds that an attack may last.")
    var limitSeconds = 60

    @Argument(help: "Which attacks; all when left out.")
    var names: [String] = []

    func validate() throws {
        for name in names where !Attacks.all.contains(where: { $0.name == name }) {
            let known = Attacks.all.map(\.name).joined(separator: ", ")
            throw ValidationError("There is no attack '\(name)'; there are: \(known).")
        }
    }

    func run() async throws {
        let server = ServerProcess(id: process)
        var failed = 0
        for attack in Attacks.all where names.isEmpty || names.contains(attack.name) {
            let report = try await RouterProbes.run(
                attack, on: AttackTarget(port: port, host: host), connections: connections,
                bystander: Bystander(port: port, host: otherHost), limit: .seconds(limitSeconds), process: server)
            print(report.line)
            for fault in report.faults() { print("    \(fault)") }
            if !report.faults().isEmpty { failed += 1 }
        }
        if failed > 0 { throw ExitCode(1) }
    }
}

/// Serves what attacks ask for, until it is ended.
struct AttackedInstanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attacked-instance", abstract: "Serve what the attacks ask for, and write the port.")

    func run() async throws {
        let instance = try AttackedInstance()
        print(instance.port)
        // Into a pipe or a file it would wait for a buffer to fill.
        fflush(nil)
        try await instance.whileServing {
            let (forever, _) = AsyncStream.makeStream(of: Never.self)
            // Nothing ever comes; the process is ended from outside.
            for await _ in forever {}
        }
    }
}
