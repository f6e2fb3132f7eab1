/// Where services are reached from outside: the scheme and port in front of which their hosts stand.
public struct PublicAddress: Hashable, Sendable {
    /// How a browser speaks to it.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        case http
        case https

        /// The port that a URL need not name.
        public var port: Int {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    /// How a browser speaks to it.
    public let scheme: Scheme
    /// A TCP port, 1...65535.
    public let port: Int

    /// Takes both; without a port it is the scheme's own.
    public init(scheme: Scheme, port: Int? = nil) {
        self.scheme = scheme
        self.port = port ?? scheme.port
    }

    /// The URL of a host: `https://shop.example.org`, `http://shop.localhost:8080`.
    public func url(of host: String) -> String {
        port == scheme.port ? "\(scheme.rawValue)://\(host)" : "\(scheme.rawValue)://\(host):\(port)"
    }
}
