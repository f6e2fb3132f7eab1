/// An OCI runtime with runc's command line: runc itself or crun.
public struct Runc: Hashable, Sendable {
    /// The program's name, looked up on the host's usual path.
    public let program: String
    /// Where it keeps the state of its containers.
    public let root: String

    /// Takes both.
    public init(program: String, root: String) {
        self.program = program
        self.root = root
    }

    /// Starts the process of a container that was created.
    ///
    /// - Throws: ``ExternalProgramError`` with what the runtime said.
    public func start(_ id: String) async throws(ExternalProgramError) {
        _ = try await ExternalProgram.run(program, arguments(["start", id]))
    }

    /// Ends a container if it runs and removes what the runtime keeps of it; one that is gone is fine.
    ///
    /// - Throws: ``ExternalProgramError`` with what the runtime said.
    public func delete(_ id: String) async throws(ExternalProgramError) {
        _ = try await ExternalProgram.run(program, arguments(["delete", "--force", id]))
    }

    /// Creates and starts a container and leaves it to itself.
    ///
    /// Not waiting for its end: runc 1.1 can miss the end of a process that is over at once, and wait for ever.
    /// - Throws: ``ExternalProgramError`` with what the runtime said.
    package func launch(_ id: String, bundle: String) async throws(ExternalProgramError) {
        _ = try await ExternalProgram.run(program, arguments(["run", "--detach", "--bundle", bundle, id]))
    }

    func arguments(_ words: [String]) -> [String] { ["--root", root] + words }
}
