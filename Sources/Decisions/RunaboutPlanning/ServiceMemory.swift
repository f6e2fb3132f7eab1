/// What the loop remembers of one service between two plans; empty after a restart.
public struct ServiceMemory: Equatable, Sendable {
    /// Nothing remembered.
    public init() {}
}
