public import RunaboutModel

/// How the instances of a revision run.
///
/// In requests every field may be left out and then has its default.
public struct InstanceConfigurationBody: Hashable, Sendable, Codable {
    /// The port the service's code listens on.
    public var port: Int
    /// Words that replace the image's own command; absent keeps it.
    public var startCommand: [String]?
    /// Environment variables added to the image's.
    public var environment: [String: String]
    /// Thousandths of a CPU.
    public var cpuMillis: Int
    /// Binary megabytes of memory.
    public var memoryMebibytes: Int64
    /// How instances are probed.
    public var healthCheck: HealthCheckBody
    /// Seconds from start to the first passed probe.
    public var startDeadlineSeconds: Int
    /// Seconds between SIGTERM and SIGKILL.
    public var stopGraceSeconds: Int
    /// Seconds a request may take in all.
    public var requestTimeoutSeconds: Int
    /// Seconds that connecting to an instance may take.
    public var connectTimeoutSeconds: Int
    /// Seconds from the end of a request to the head of its answer; absent for as long as the request may take.
    public var responseHeaderTimeoutSeconds: Int?
    /// Seconds in which a request, or a tunnel, may carry nothing either way.
    public var idleTimeoutSeconds: Int
    /// Seconds the requests of an instance may go on when it is to end; absent for as long as a request may take.
    public var drainTimeoutSeconds: Int?
    /// `http1` or `http2`: what the service's code speaks.
    public var `protocol`: InstanceProtocol

    /// Takes the model's values.
    public init(_ configuration: InstanceConfiguration = InstanceConfiguration()) {
        self.port = configuration.port
        self.startCommand = configuration.startCommand
        self.environment = configuration.environment
        self.cpuMillis = configuration.cpuMillis
        self.memoryMebibytes = configuration.memoryMebibytes
        self.healthCheck = HealthCheckBody(configuration.healthCheck)
        self.startDeadlineSeconds = configuration.startDeadlineSeconds
        self.stopGraceSeconds = configuration.stopGraceSeconds
        self.requestTimeoutSeconds = configuration.requestTimeoutSeconds
        self.connectTimeoutSeconds = configuration.connectTimeoutSeconds
        self.responseHeaderTimeoutSeconds = configuration.responseHeaderTimeoutSeconds
        self.idleTimeoutSeconds = configuration.idleTimeoutSeconds
        self.drainTimeoutSeconds = configuration.drainTimeoutSeconds
        self.protocol = configuration.instanceProtocol
    }

    /// The same values as the model has them.
    public var model: InstanceConfiguration {
        InstanceConfiguration(
            port: port,
            startCommand: startCommand,
            environment: environment,
            cpuMillis: cpuMillis,
            memoryMebibytes: memoryMebibytes,
            healthCheck: healthCheck.model,
            startDeadlineSeconds: startDeadlineSeconds,
            stopGraceSeconds: stopGraceSeconds,
            requestTimeoutSeconds: requestTimeoutSeconds,
            connectTimeoutSeconds: connectTimeoutSeconds,
            responseHeaderTimeoutSeconds: responseHeaderTimeoutSeconds,
            idleTimeoutSeconds: idleTimeoutSeconds,
            drainTimeoutSeconds: drainTimeoutSeconds,
            instanceProtocol: `protocol`,
        )
    }
}

extension InstanceConfigurationBody: RequestBodyDecodable {
    /// Reads its fields.
    public init(from reader: inout FieldReader) {
        self.init()
        port = reader.integer("port") ?? port
        startCommand = reader.strings("startCommand")
        environment = reader.stringMap("environment") ?? environment
        cpuMillis = reader.integer("cpuMillis") ?? cpuMillis
        memoryMebibytes = reader.integer("memoryMebibytes").map(Int64.init) ?? memoryMebibytes
        healthCheck = reader.object("healthCheck", of: HealthCheckBody.self) ?? healthCheck
        startDeadlineSeconds = reader.integer("startDeadlineSeconds") ?? startDeadlineSeconds
        stopGraceSeconds = reader.integer("stopGraceSeconds") ?? stopGraceSeconds
        requestTimeoutSeconds = reader.integer("requestTimeoutSeconds") ?? requestTimeoutSeconds
        connectTimeoutSeconds = reader.integer("connectTimeoutSeconds") ?? connectTimeoutSeconds
        responseHeaderTimeoutSeconds = reader.integer("responseHeaderTimeoutSeconds")
        idleTimeoutSeconds = reader.integer("idleTimeoutSeconds") ?? idleTimeoutSeconds
        drainTimeoutSeconds = reader.integer("drainTimeoutSeconds")
        `protocol` = reader.choice("protocol", of: InstanceProtocol.self) ?? `protocol`
    }
}

/// How an instance is probed.
///
/// In requests every field may be left out and then has its default.
public struct HealthCheckBody: Hashable, Sendable, Codable {
    /// `tcp` or `http`.
    public var method: HealthCheckConfiguration.Method
    /// The path asked for by an HTTP probe.
    public var path: String
    /// Seconds between probes.
    public var intervalSeconds: Int
    /// Seconds a probe may take.
    public var timeoutSeconds: Int
    /// Passed probes in a row that make an instance healthy.
    public var healthyThreshold: Int
    /// Failed probes in a row that make an instance unhealthy.
    public var unhealthyThreshold: Int

    /// Takes the model's values.
    public init(_ configuration: HealthCheckConfiguration = HealthCheckConfiguration()) {
        self.method = configuration.method
        self.path = configuration.path
        self.intervalSeconds = configuration.intervalSeconds
        self.timeoutSeconds = configuration.timeoutSeconds
        self.healthyThreshold = configuration.healthyThreshold
        self.unhealthyThreshold = configuration.unhealthyThreshold
    }

    /// The same values as the model has them.
    public var model: HealthCheckConfiguration {
        HealthCheckConfiguration(
            method: method,
            path: path,
            intervalSeconds: intervalSeconds,
            timeoutSeconds: timeoutSeconds,
            healthyThreshold: healthyThreshold,
            unhealthyThreshold: unhealthyThreshold,
        )
    }
}

extension HealthCheckBody: RequestBodyDecodable {
    /// Reads its fields.
    public init(from reader: inout FieldReader) {
        self.init()
        method = reader.choice("method", of: HealthCheckConfiguration.Method.self) ?? method
        path = reader.string("path") ?? path
        intervalSeconds = reader.integer("intervalSeconds") ?? intervalSeconds
        timeoutSeconds = reader.integer("timeoutSeconds") ?? timeoutSeconds
        healthyThreshold = reader.integer("healthyThreshold") ?? healthyThreshold
        unhealthyThreshold = reader.integer("unhealthyThreshold") ?? unhealthyThreshold
    }
}
