public import OCI

/// What an instance is made of: an immutable image digest with a configuration.
public struct Revision: Hashable, Sendable, Codable {
    /// Assigned by the control plane.
    public let id: RevisionID
    /// The service it belongs to.
    public let service: ServiceID
    /// 1 for the service's first revision, then counted up.
    public let number: Int
    /// The image as the user named it: `repository`, `repository:tag` or `repository@digest`.
    public let imageName: String
    /// The manifest that name stood for when the revision was made: of one platform, never an index.
    public let imageDigest: Digest
    /// How instances run.
    public let configuration: InstanceConfiguration
    /// When it was made.
    public let createdAt: UnixTime

    /// Takes all values.
    public init(
        id: RevisionID,
        service: ServiceID,
        number: Int,
        imageName: String,
        imageDigest: Digest,
        configuration: InstanceConfiguration,
        createdAt: UnixTime,
    ) {
        self.id = id
        self.service = service
        self.number = number
        self.imageName = imageName
        self.imageDigest = imageDigest
        self.configuration = configuration
        self.createdAt = createdAt
    }
}

/// How the instances of a revision run.
public struct InstanceConfiguration: Hashable, Sendable, Codable {
    /// The port the service's code listens on, 1...65535; 8080 when the user gives none.
    ///
    /// Instances get it as `PORT`.
    public var port: Int
    /// Words that replace the image's own command; nil keeps it.
    public var startCommand: [String]?
    /// Environment variables added to the image's.
    ///
    /// `PORT` is set by the platform and refused here.
    public var environment: [String: String]
    /// Thousandths of a CPU; 1000 when the user gives none.
    public var cpuMillis: Int
    /// Binary megabytes of memory, enforced; 512 when the user gives none.
    public var memoryMebibytes: Int64
    /// How instances are probed.
    public var healthCheck: HealthCheckConfiguration
    /// Seconds from start to the first passed probe, 1...3600; 60 when the user gives none.
    public var startDeadlineSeconds: Int
    /// Seconds between SIGTERM and SIGKILL, 0...3600; 10 when the user gives none.
    public var stopGraceSeconds: Int
    /// Seconds a request may take from its first byte to its answer's last, 1...86400; 120 when the user gives none.
    ///
    /// What has become a tunnel (WebSocket) has no such end.
    public var requestTimeoutSeconds: Int
    /// Seconds that connecting to an instance may take, 1...60; 5 when the user gives none.
    public var connectTimeoutSeconds: Int
    /// Seconds from the end of a request to the head of its answer, 1...`requestTimeoutSeconds`; nil for as long as the
    /// request may take.
    public var responseHeaderTimeoutSeconds: Int?
    /// Seconds in which a request, or a tunnel (WebSocket), may carry nothing either way, 1...86400; 3600 when the user
    /// gives none.
    public var idleTimeoutSeconds: Int
    /// Seconds the requests of an instance may go on when it is to end, 0...86400; nil for as long as a request may
    /// take, and 120 at least.
    public var drainTimeoutSeconds: Int?
    /// The protocol the service's code speaks; HTTP/1.1 when the user gives none.
    public var instanceProtocol: InstanceProtocol

    /// Takes values; each default is what a user gets who says nothing.
    public init(
        port: Int = 8080,
        startCommand: [String]? = nil,
        environment: [String: String] = [:],
        cpuMillis: Int = 1_000,
        memoryMebibytes: Int64 = 512,
        healthCheck: HealthCheckConfiguration = HealthCheckConfiguration(),
        startDeadlineSeconds: Int = Int(Limits.startDeadline.components.seconds),
        stopGraceSeconds: Int = Int(Limits.stopGrace.components.seconds),
        requestTimeoutSeconds: Int = Int(Limits.requestTimeout.components.seconds),
        connectTimeoutSeconds: Int = Int(Limits.connectTimeout.components.seconds),
        responseHeaderTimeoutSeconds: Int? = nil,
        idleTimeoutSeconds: Int = Int(Limits.idleTimeout.components.seconds),
        drainTimeoutSeconds: Int? = nil,
        instanceProtocol: InstanceProtocol = .http1,
    ) {
        self.port = port
        self.startCommand = startCommand
        self.environment = environment
        self.cpuMillis = cpuMillis
        self.memoryMebibytes = memoryMebibytes
        self.healthCheck = healthCheck
        self.startDeadlineSeconds = startDeadlineSeconds
        self.stopGraceSeconds = stopGraceSeconds
        self.requestTimeoutSeconds = requestTimeoutSeconds
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.responseHeaderTimeoutSeconds = responseHeaderTimeoutSeconds
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.drainTimeoutSeconds = drainTimeoutSeconds
        self.instanceProtocol = instanceProtocol
    }
}
