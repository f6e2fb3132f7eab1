import Foundation
import HTTPTypes
import OCI

/// An empty registry, names and references that are none, and manifests that are refused.
enum OtherGroups {
    static let empty = ConformanceGroup(
        name: "empty registry",
        cases: [
            ConformanceCase(.pull, "the registry answers") { peer in
                try await peer.send(.get, "/v2/").mustBe(200)
                    .mustHave("Docker-Distribution-API-Version", "registry/2.0")
            },
            ConformanceCase(.contentDiscovery, "tags of an unknown repository are 404") { peer in
                try await peer.send(.get, "/v2/\(Peer.repository)/tags/list").mustBe(404, code: "NAME_UNKNOWN")
            },
            ConformanceCase(.contentDiscovery, "referrers of an unknown manifest are an empty index") { peer in
                try await ReferrerGroups.list(Digest.Algorithm.sha256.digest([1]), "", [], peer)
            },
            ConformanceCase(.contentDiscovery, "referrers of an unknown sha512 manifest are an empty index") { peer in
                try await ReferrerGroups.list(Digest.Algorithm.sha512.digest([1]), "", [], peer)
            },
            ConformanceCase(.contentDiscovery, "referrers of what is no digest are 400") { peer in
                try await peer.send(.get, "/v2/\(Peer.repository)/referrers/latest")
                    .mustBe(400, code: "DIGEST_INVALID")
            },
            ConformanceCase(.contentDiscovery, "the catalog is empty") { peer in
                try await peer.send(.get, "/v2/_catalog").mustBe(200).mustCarry(Array(#"{"repositories":[]}"#.utf8))
            },
        ])

    static let missing = ConformanceGroup(
        name: "missing manifests",
        cases: [HTTPRequest.Method.get, .head, .delete].flatMap { method in
            ["absent", "\(Digest.Algorithm.sha256.digest([2]))", "\(Digest.Algorithm.sha512.digest([2]))"].map { text in
                let kind = text.contains(":") ? String(text.prefix(6)) : "tag"
                return ConformanceCase(
                    method == .delete ? .contentManagement : .pull, "\(method.rawValue) of an unknown \(kind) is 404"
                ) { peer in
                    let code = method == .head ? nil : "MANIFEST_UNKNOWN"
                    try await peer.send(method, ContentGroups.path(text)).mustBe(404, code: code)
                }
            }
        })

    static let invalidNames = ConformanceGroup(
        name: "invalid names",
        cases: ["UPPER", "-a", "a//b", "a..b", "a%20b", "_a", "a/"].flatMap { name in
            [
                ConformanceCase(.contentDiscovery, "tags of '\(name)' are 400") { peer in
                    try await peer.send(.get, "/v2/\(name)/tags/list").mustBe(400, code: "NAME_INVALID")
                },
                ConformanceCase(.push, "an upload to '\(name)' is 400") { peer in
                    try await peer.send(.post, "/v2/\(name)/blobs/uploads/").mustBe(400, code: "NAME_INVALID")
                },
            ]
        }
            + ["sha256:baddigeststring", "sha256:12", "md5:d41d8cd98f00b204e9800998ecf8427e"].flatMap { text in
                [
                    ConformanceCase(.push, "PUT of a manifest as '\(text)' is 400") { peer in
                        try await peer.send(
                            .put, ContentGroups.path(text), headers: ["Content-Type": MediaType.imageIndex.rawValue],
                            body: Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8)
                        ).mustBe(400, code: "DIGEST_INVALID")
                    },
                    ConformanceCase(.pull, "GET of a manifest as '\(text)' is 400") { peer in
                        try await peer.send(.get, ContentGroups.path(text)).mustBe(400, code: "DIGEST_INVALID")
                    },
                    ConformanceCase(.pull, "GET of a blob as '\(text)' is 400") { peer in
                        try await peer.send(.get, "/v2/\(Peer.repository)/blobs/\(text)")
                            .mustBe(400, code: "DIGEST_INVALID")
                    },
                ]
            })

    static func refused() throws -> ConformanceGroup {
        let index = MediaType.imageIndex.rawValue
        let image = MediaType.imageManifest.rawValue
        let absent = Digest.Algorithm.sha256.digest([3])
        let config = #"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(absent)","size":1}"#
        let bodies: [(title: String, type: String, body: String, status: Int, code: String)] = [
            ("no JSON", image, "{", 400, "MANIFEST_INVALID"), ("nothing", image, "", 400, "MANIFEST_INVALID"),
            ("schema 1", MediaType.dockerSchema1.rawValue, #"{"schemaVersion":1}"#, 400, "MANIFEST_INVALID"),
            ("an index as an image", image, #"{"schemaVersion":2,"manifests":[]}"#, 400, "MANIFEST_INVALID"),
            (
                "a type that is another's", image, #"{"schemaVersion":2,"mediaType":"\#(index)","manifests":[]}"#, 400,
                "MANIFEST_INVALID"
            ),
            ("an unknown type", "text/plain", #"{"schemaVersion":2}"#, 400, "MANIFEST_INVALID"),
            (
                "a subject that is none", index, #"{"schemaVersion":2,"manifests":[],"subject":{"digest":"x"}}"#, 400,
                "MANIFEST_INVALID"
            ),
            ("an absent blob", image, #"{"schemaVersion":2,"config":\#(config)}"#, 400, "MANIFEST_BLOB_UNKNOWN"),
            (
                "an absent manifest", index, #"{"schemaVersion":2,"manifests":[\#(config)]}"#, 400,
                "MANIFEST_BLOB_UNKNOWN"
            ),
            (
                "more bytes than are taken", index,
                #"{"schemaVersion":2,"manifests":[]"# + String(repeating: " ", count: 4_300_000) + "}", 413,
                "SIZE_INVALID"
            ),
        ]
        var cases = bodies.map { title, type, body, status, code in
            ConformanceCase(.push, "PUT of \(title) is \(status)") { peer in
                try await peer.send(
                    .put, ContentGroups.path("t"), headers: ["Content-Type": type], body: Array(body.utf8)
                ).mustBe(status, code: code)
                try await peer.send(.head, ContentGroups.path("t")).mustBe(404)
            }
        }
        for algorithm in Digest.Algorithm.allCases {
            let wrong = algorithm.digest([4])
            cases.append(
                ConformanceCase(.push, "PUT under another \(algorithm) digest is 400") { peer in
                    try await peer.send(
                        .put, ContentGroups.path("\(wrong)"), headers: ["Content-Type": index],
                        body: Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8)
                    ).mustBe(400, code: "DIGEST_INVALID")
                    try await peer.send(.head, ContentGroups.path("\(wrong)")).mustBe(404)
                })
        }
        return ConformanceGroup(name: "refused manifests", cases: cases + methods)
    }

    private static let methods: [ConformanceCase] = [
        (HTTPRequest.Method.post, "manifests/t"), (.patch, "manifests/t"), (.put, "tags/list"),
        (.post, "blobs/uploads/00000000000000000000000000000000"), (.put, "referrers/x"),
    ].map { method, path in
        ConformanceCase(.push, "\(method.rawValue) of \(path) is 405") { peer in
            try await peer.send(method, "/v2/\(Peer.repository)/\(path)").mustBe(405, code: "UNSUPPORTED")
        }
    }
}
