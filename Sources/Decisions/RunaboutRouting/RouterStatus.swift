public import RunaboutModel

/// One life of a router: totals of different lives are added up, never compared.
public struct RouterRun: Hashable, Sendable, Codable {
    /// Its process id.
    public let processID: Int32
    /// When it started.
    public let startedAt: UnixTime

    /// Takes both values.
    public init(processID: Int32, startedAt: UnixTime) {
        self.processID = processID
        self.startedAt = startedAt
    }
}

/// How a router is, in numbers.
public struct RouterStatus: Hashable, Sendable, Codable {
    /// Which router.
    public var run: RouterRun
    /// Its loops, one to a core.
    public var loops: Int
    /// Connections of clients that are open.
    public var clientConnections: Int
    /// Connections to instances that are open, unused ones included.
    public var instanceConnections: Int
    /// Connections that were accepted since it started.
    public var acceptedConnections: Int64
    /// Connections that were refused for want of descriptors since it started.
    public var refusedConnections: Int64
    /// Access records that were lost since it started: dropped, or not taken by the file.
    public var lostAccessRecords: Int64

    /// Takes all values.
    public init(
        run: RouterRun,
        loops: Int,
        clientConnections: Int = 0,
        instanceConnections: Int = 0,
        acceptedConnections: Int64 = 0,
        refusedConnections: Int64 = 0,
        lostAccessRecords: Int64 = 0,
    ) {
        self.run = run
        self.loops = loops
        self.clientConnections = clientConnections
        self.instanceConnections = instanceConnections
        self.acceptedConnections = acceptedConnections
        self.refusedConnections = refusedConnections
        self.lostAccessRecords = lostAccessRecords
    }
}
