/// A request as an instance that reads strictly would understand it.
package struct ReadRequest: Hashable, Sendable {
    /// As it was written.
    package let method: String
    /// As it was written, one letter per byte.
    package let target: String
    /// `1.0` or `1.1`.
    package let version: String
    /// In their order.
    package let fields: [ReadField]
    /// Without its framing.
    package let body: [UInt8]
    /// In their order.
    package let trailers: [ReadField]
    /// What a careful sender would not have sent, though no two readers disagree about where messages end.
    package let oddities: [String]

    /// The target without scheme and authority.
    package var originTarget: String {
        guard let scheme = target.firstRange(of: "://"), !target.hasPrefix("/") else { return target }
        guard let path = target[scheme.upperBound...].firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
        return target[path] == "?" ? "/" + target[path...] : String(target[path...])
    }

    /// The name it is for, in lower case, without port and the dot behind it: the target's, or that of `Host`.
    package var hostName: String {
        var name = (fields.values(of: "host").first ?? "").lowercased()
        if !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") {
            name = target[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }.lowercased()
        }
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") { name = String(name[..<colon]) }
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// Whether it names exactly one host, in a way that everybody reads.
    package var hasPlainHost: Bool {
        let hosts = fields.values(of: "host")
        return hosts.count == 1 && hosts.allSatisfy { Grammar.isHost($0) }
    }

    /// Whether its sender wants the connection to end after the answer.
    package var closes: Bool {
        version == "1.0" ? !fields.hasConnectionOption("keep-alive") : fields.hasConnectionOption("close")
    }
}

/// What the bytes at a place are.
package enum RequestReading: Hashable, Sendable {
    /// A whole request, and the offset behind it.
    case request(ReadRequest, end: Int)
    /// The beginning of a request; says what was being read.
    case incomplete(String)
    /// Nothing that every reader understands in the same way; says why.
    case malformed(String)
}

/// Reads requests as RFC 9112 demands and takes nothing that two readers could understand differently.
package enum StrictReader {
    /// Reads the request that begins at an offset.
    package static func readRequest(_ bytes: [UInt8], from start: Int = 0) -> RequestReading {
        var cursor = MessageCursor(bytes, at: start)
        do throws(ReadFailure) {
            let request = try request(&cursor)
            return .request(request, end: cursor.position)
        } catch {
            switch error {
            case .incomplete(let what): return .incomplete(what)
            case .malformed(let why): return .malformed(why)
            }
        }
    }

    private static func request(_ cursor: inout MessageCursor) throws(ReadFailure) -> ReadRequest {
        var oddities: [String] = []
        let line = try cursor.line(of: "request line")
        let parts = line.split(separator: 32, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("the request line '\(shown(latin1(line)))'") }
        guard Grammar.isToken(parts[0]) else { throw .malformed("the method '\(shown(latin1(parts[0])))'") }
        let version = latin1(parts[2])
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw .malformed("the version '\(shown(version))'")
        }
        let isHTTP10 = version == "HTTP/1.0"
        let method = latin1(parts[0])
        let target = latin1(parts[1])
        let authority = try authority(of: target, method: method, oddities: &oddities)
        let fields = try cursor.fields(of: "head", oddities: &oddities)
        try checkHost(fields, authority: authority, isHTTP10: isHTTP10, oddities: &oddities)
        var body: [UInt8] = []
        var trailers: [ReadField] = []
        switch try cursor.framing(fields, isHTTP10: isHTTP10, oddities: &oddities) {
        case .unsaid: break
        case .length(let count): body = Array(try cursor.take(count, of: "body"))
        case .chunked: (body, trailers) = try cursor.chunks(checksTrailers: true, oddities: &oddities)
        }
        return ReadRequest(
            method: method, target: target, version: isHTTP10 ? "1.0" : "1.1", fields: fields, body: body,
            trailers: trailers, oddities: oddities)
    }

    /// The authority of a target in absolute form; nil for origin form and `*`.
    ///
    /// Source: RFC 9112 §3.2; the other forms are for proxies that are asked for by name.
    private static func authority(
        of target: String, method: String, oddities: inout [String],
    ) throws(ReadFailure) -> String? {
        if target.unicodeScalars.contains(where: { $0.value < 33 || $0.value == 127 }) {
            throw .malformed("a control character in the target")
        }
        if !target.utf8.allSatisfy({ Grammar.isURI($0) }) {
            oddities.append("a character in the target that no URI holds")
        }
        if target.hasPrefix("/") { return nil }
        if target == "*" {
            guard method == "OPTIONS" else { throw .malformed("the target * with \(shown(method))") }
            return nil
        }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let authority = target.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
            guard Grammar.isHost(String(authority)) else { throw .malformed("the target '\(shown(target))'") }
            return authority.lowercased()
        }
        throw .malformed("the target '\(shown(target))'")
    }

    /// Without a Host, or with one that is malformed, a request is to be refused by every instance: nobody is fooled.
    ///
    /// Two of them, or one that contradicts the target, is another matter.
    private static func checkHost(
        _ fields: [ReadField], authority: String?, isHTTP10: Bool, oddities: inout [String],
    ) throws(ReadFailure) {
        let hosts = fields.values(of: "host")
        guard let host = hosts.first else {
            if !isHTTP10 { oddities.append("no Host") }
            return
        }
        guard hosts.count == 1 else { throw .malformed("\(hosts.count) Hosts") }
        if !Grammar.isHost(host) { oddities.append("the Host '\(shown(host))'") }
        if let authority, authority != host.lowercased() {
            throw .malformed("a target for '\(shown(authority))' and a Host of '\(shown(host))'")
        }
    }
}
