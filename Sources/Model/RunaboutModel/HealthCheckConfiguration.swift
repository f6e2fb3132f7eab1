/// How an instance is probed, and how many answers in a row change what we think of it.
///
/// Source: App Runner `HealthCheckConfiguration`: TCP, `/`, 5 s, 2 s, 1, 5.
public struct HealthCheckConfiguration: Hashable, Sendable, Codable {
    /// What a probe does.
    public enum Method: String, Sendable, Codable, CaseIterable {
        /// Opens a connection to the port.
        case tcp
        /// Sends `GET path` and wants a status of 200...399.
        case http
    }

    /// What a probe does.
    public var method: Method
    /// The path asked for by an HTTP probe; starts with `/`.
    ///
    /// Without meaning for TCP.
    public var path: String
    /// Seconds between probes, 1...20.
    public var intervalSeconds: Int
    /// Seconds a probe may take, 1...20.
    public var timeoutSeconds: Int
    /// Passed probes in a row that make an instance healthy, 1...20.
    public var healthyThreshold: Int
    /// Failed probes in a row that make an instance unhealthy, 1...20.
    public var unhealthyThreshold: Int

    /// Takes values; each default is App Runner's.
    public init(
        method: Method = .tcp,
        path: String = "/",
        intervalSeconds: Int = 5,
        timeoutSeconds: Int = 2,
        healthyThreshold: Int = 1,
        unhealthyThreshold: Int = 5,
    ) {
        self.method = method
        self.path = path
        self.intervalSeconds = intervalSeconds
        self.timeoutSeconds = timeoutSeconds
        self.healthyThreshold = healthyThreshold
        self.unhealthyThreshold = unhealthyThreshold
    }
}
