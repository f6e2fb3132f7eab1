extension HTTP2Rule {
    /// The pseudo-header fields of requests.
    ///
    /// Source: RFC 9113, 8.3 and 8.5.
    static let pseudoFields: [HTTP2Rule] = order + presence + contents + hosts + connect

    private static let order: [HTTP2Rule] = [
        .malformed("9113/8.3/unknown", "A pseudo-header field that no RFC defines is malformed") { peer in
            [HTTP2Field(":test", "ok")] + peer.fields()
        },
        .malformed("9113/8.3/status", "A pseudo-header field of answers is malformed in a request") { peer in
            [HTTP2Field(":status", "200")] + peer.fields()
        },
        .malformed("9113/8.3/behind-regular", "A pseudo-header field behind a regular one is malformed") { peer in
            var fields = peer.fields()
            fields.insert(HTTP2Field("x-early", "1"), at: 2)
            return fields
        },
        .malformed("9113/8.3/authority-behind", ":authority behind a regular field is malformed") { peer in
            var fields = peer.fields()
            fields.insert(HTTP2Field("accept", "*/*"), at: 3)
            return fields
        },
        .malformed("9113/8.3/empty-name", "The name of a colon alone is malformed") { peer in
            [HTTP2Field(":", "x")] + peer.fields()
        },
        .malformed("9113/8.3/upper", "A pseudo-header field with a capital is malformed") { peer in
            peer.replacing(":path", ":Path")
        },
    ]

    private static let presence: [HTTP2Rule] =
        [":method", ":scheme", ":path"].map { name in
            malformed("9113/8.3.1/no-\(name.dropFirst())", "A request without \(name) is malformed") { peer in
                peer.fields().filter { $0.nameText != name }
            }
        }
        + [":method", ":scheme", ":path", ":authority"].map { name in
            malformed("9113/8.3.1/two-\(name.dropFirst())", "A request with two \(name) is malformed") { peer in
                let fields = peer.fields()
                return fields.filter { $0.nameText == name } + fields
            }
        }
        + [
            .open(
                "9113/8.3.1/no-fields", "An empty field block is malformed, not undecodable",
                .streamError(1, [.protocolError])
            ) { $0.send(.headers(1, [])) }
        ]

    private static let contents: [HTTP2Rule] = [
        .malformed("9113/8.3.1/path-empty", "An empty :path is malformed") { $0.replacing(":path", with: "") },
        .malformed("9113/8.3.1/path-relative", "A :path that does not begin with / is malformed") { peer in
            peer.replacing(":path", with: "relative?probe=\(peer.token)")
        },
        .malformed("9113/8.3.1/path-star", "A :path of * is malformed for methods other than OPTIONS") { peer in
            peer.replacing(":path", with: "*")
        },
        .malformed("9113/8.3.1/path-space", "A space in :path is malformed") { peer in
            peer.replacing(":path", with: "/?probe=\(peer.token) HTTP/1.1")
        },
        .malformed("9113/8.3.1/path-line", "A line break in :path is malformed") { peer in
            peer.replacing(":path", with: "/?probe=\(peer.token) HTTP/1.1\r\nx: 1")
        },
        .malformed("9113/8.3.1/path-null", "NUL in :path is malformed") { peer in
            peer.replacing(":path", with: "/?probe=\(peer.token)\0")
        },
        .malformed("9113/8.3.1/path-absolute", "A whole URL in :path is malformed") { peer in
            peer.replacing(":path", with: "http://\(peer.target.authority)/?probe=\(peer.token)")
        },
        .malformed("9113/8.3.1/method-space", "A space in :method is malformed") { peer in
            peer.replacing(":method", with: "GET /admin HTTP/1.1 X")
        },
        .malformed("9113/8.3.1/method-line", "A line break in :method is malformed") { peer in
            peer.replacing(":method", with: "GET\r\nx: 1")
        },
        .malformed("9113/8.3.1/method-empty", "An empty :method is malformed") { $0.replacing(":method", with: "") },
        .malformed("9113/8.3.1/method-token", "A :method that is no token is malformed") { peer in
            peer.replacing(":method", with: "GE(T")
        },
        .malformed("9113/8.3.1/scheme-line", "A line break in :scheme is malformed") { peer in
            peer.replacing(":scheme", with: "http\r\nx: 1")
        },
        .malformed("9113/8.3.1/scheme-empty", "An empty :scheme is malformed") { $0.replacing(":scheme", with: "") },
        .open("9113/8.3.1/options-star", "OPTIONS with a :path of * is taken, whatever its answer is", .ignored) {
            peer in
            let fields = peer.fields("OPTIONS").map { $0.nameText == ":path" ? HTTP2Field(":path", "*") : $0 }
            peer.request(1, fields)
            try peer.answer(1)
        },
        .open("9113/8.3.1/query", "A query in :path reaches the instance", .answered(1, 200)) { peer in
            peer.request(1, "GET", "/echo?a=1&b=%20")
            let text = String(decoding: try peer.expect(200, on: 1).body, as: UTF8.self)
            try peer.require(text.hasPrefix("GET /echo?a=1&b=%20&probe=\(peer.token) HTTP/1.1"), "it came as \(text)")
        },
    ]

    private static let hosts: [HTTP2Rule] = [
        .malformed("9113/8.3.1/host-differs", "A host that differs from :authority is malformed") { peer in
            peer.fields("GET", "/", [("host", "other.localhost")])
        },
        .malformed("9113/8.3.1/two-hosts", "Two host fields are malformed") { peer in
            peer.fields("GET", "/", [("host", peer.target.authority), ("host", "other.localhost")])
        },
        .open("9113/8.3.1/host-equal", "A host equal to :authority is taken", .answered(1, 200)) { peer in
            peer.request(1, "GET", "/", [("host", peer.target.authority)])
        },
        .open("9113/8.3.1/host-only", "A host without :authority is taken", .answered(1, 200)) { peer in
            let fields = peer.fields("GET", "/", [("host", peer.target.authority)])
            peer.request(1, fields.filter { $0.nameText != ":authority" })
        },
        .malformed("9110/7.2/no-host", "A request with neither :authority nor host is malformed") { peer in
            peer.fields().filter { $0.nameText != ":authority" }
        },
        .malformed("9113/8.3.1/userinfo", "An :authority with user information is malformed") { peer in
            peer.replacing(":authority", with: "user@\(peer.target.authority)")
        },
        .malformed("9110/4.2.1/authority-empty", "An empty :authority is malformed") { peer in
            peer.replacing(":authority", with: "")
        },
        .malformed("9110/4.2.1/authority-path", "An :authority with a path is malformed") { peer in
            peer.replacing(":authority", with: "\(peer.target.authority)/x")
        },
        .malformed("9113/8.3.1/authority-line", "A line break in :authority is malformed") { peer in
            peer.replacing(":authority", with: "\(peer.target.authority)\r\nx: 1")
        },
    ]

    private static let connect: [HTTP2Rule] = [
        .malformed("9113/8.5/connect-path", "CONNECT with :scheme and :path is malformed") { peer in
            peer.fields("CONNECT", "/")
        },
        .malformed("9113/8.5/connect-no-authority", "CONNECT without :authority is malformed") { _ in
            [HTTP2Field(":method", "CONNECT")]
        },
        .open("9113/8.5/connect", "CONNECT is refused by a server that is no proxy, and opens no tunnel", .ignored) {
            peer in
            let fields = [HTTP2Field(":method", "CONNECT"), HTTP2Field(":authority", "127.0.0.1:1")]
            peer.request(1, fields, ends: false)
            try peer.wait(for: "a refusal") { peer in
                peer.streams[1].map { $0.status != nil || $0.reset != nil } ?? false || peer.farewell != nil
            }
            let status = peer.streams[1]?.status ?? 400
            try peer.require(!(200...299).contains(status), "it was answered with \(status)")
            peer.send(.resetStream(1))
        },
    ]
}

extension HTTP2Peer {
    /// The fields of a request with another value for one of them.
    func replacing(_ name: String, with value: String) -> [HTTP2Field] {
        fields().map { $0.nameText == name ? HTTP2Field(name, value) : $0 }
    }

    /// The fields of a request with another name for one of them.
    func replacing(_ name: String, _ other: String) -> [HTTP2Field] {
        fields().map { $0.nameText == name ? HTTP2Field(other, $0.valueText) : $0 }
    }
}
