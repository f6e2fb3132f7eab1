/// The protocol in which the router speaks to the instances of a service.
public enum InstanceProtocol: String, Hashable, Sendable, Codable, CaseIterable {
    /// HTTP/1.1.
    case http1
    /// HTTP/2 without TLS and without an upgrade (h2c with prior knowledge): what gRPC needs.
    ///
    /// Source: RFC 9113 §3.3.
    case http2
}
