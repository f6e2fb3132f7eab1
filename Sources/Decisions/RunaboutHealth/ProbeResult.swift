/// How one probe of an instance ended.
public enum ProbeResult: Hashable, Sendable, Codable {
    /// The instance answered as its health check asks.
    case passed
    /// It did not; the sentence says how: "connection refused", "status 500", "no answer within 2 s".
    case failed(String)
}
