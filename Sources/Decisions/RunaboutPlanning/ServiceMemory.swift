/// What the loop remembers of one service between two plans; empty after a restart.
public struct ServiceMemory: Equatable, Sendable {
    /// The generation of the last route that was published or withdrawn; the next has the next number.
    public private(set) var routeGeneration: Int64

    /// Nothing remembered; routes are numbered from the one after the base.
    public init(routeGeneration: Int64 = 0) {
        self.routeGeneration = routeGeneration
    }
}
