import Foundation
import HTTPTypes
import OCI

/// The life of every form of content: pushed, listed, found, read, removed.
enum ContentGroups {
    static func content(_ kind: SampleKind, _ algorithm: Digest.Algorithm) throws -> ConformanceGroup {
        let content = try kind.content(algorithm)
        let cases =
            pushes(content) + lists(content) + referrers(content) + heads(content) + reads(content)
            + removals(content)
        return ConformanceGroup(name: "\(algorithm) \(kind.rawValue)", cases: cases)
    }

    private static func pushes(_ content: SampleContent) -> [ConformanceCase] {
        var cases: [ConformanceCase] = []
        for (ordinal, blob) in content.blobs.enumerated() {
            let push = BlobPush.allCases[ordinal % BlobPush.allCases.count]
            cases.append(
                ConformanceCase(.push, "push blob \(ordinal + 1)") { peer in
                    try await push.push(blob.bytes, as: blob.digest, to: peer).mustBe(201)
                })
        }
        for (ordinal, manifest) in content.manifests.enumerated() {
            let names = content.tags.filter { content.givesTagsAsParameters && $0.manifest == ordinal }.map(\.name)
            let query = names.isEmpty ? "" : "?" + names.map { "tag=\($0)" }.joined(separator: "&")
            cases.append(
                ConformanceCase(.push, "push manifest \(ordinal + 1) by digest") { peer in
                    let answer = try await put(manifest, "\(manifest.digest)\(query)", peer)
                    if !names.isEmpty { try answer.mustHave("OCI-Tag", names.joined(separator: ", ")) }
                })
        }
        for tag in tags(content) where !content.givesTagsAsParameters {
            let manifest = content.manifests[tag.manifest]
            cases.append(
                ConformanceCase(.push, "push manifest \(tag.manifest + 1) by the tag \(tag.name)") { peer in
                    _ = try await put(manifest, tag.name, peer)
                })
        }
        return cases
    }

    private static func put(
        _ manifest: SampleContent.StoredManifest, _ reference: String, _ peer: Peer,
    ) async throws -> Peer.Answer {
        let answer = try await peer.send(
            .put, path(reference), headers: ["Content-Type": manifest.type.rawValue], body: manifest.bytes
        ).mustBe(201)
        try answer.mustHave("Location", path("\(manifest.digest)"))
            .mustHave("Docker-Content-Digest", "\(manifest.digest)")
        if let subject = manifest.subject { try answer.mustHave("OCI-Subject", "\(subject)") }
        return answer
    }

    /// The tags that are pushed; what is put by its tag alone always has a sha256 digest.
    private static func tags(_ content: SampleContent) -> [(name: String, manifest: Int)] {
        content.algorithm == .sha256 || content.givesTagsAsParameters ? content.tags : []
    }

    private static func lists(_ content: SampleContent) -> [ConformanceCase] {
        let names = tags(content).map(\.name).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        var cases = [
            ConformanceCase(.contentDiscovery, "the list of tags") { peer in
                try await tagList("", names, peer)
            }
        ]
        if let first = names.first {
            cases.append(
                ConformanceCase(.contentDiscovery, "the list of tags after one") { peer in
                    try await tagList("?last=\(first)", Array(names.dropFirst()), peer)
                })
            cases.append(
                ConformanceCase(.contentDiscovery, "the list of tags in pages of one") { peer in
                    var query = "?n=1"
                    for (ordinal, name) in names.enumerated() {
                        let answer = try await tagList(query, [name], peer)
                        let next = ordinal + 1 < names.count ? "?n=1&last=\(name)" : nil
                        let link = next.map { "</v2/\(Peer.repository)/tags/list\($0)>; rel=\"next\"" }
                        guard answer["Link"] == link else {
                            throw Deviation("Link is \(answer["Link"] ?? "absent") where \(link ?? "none") was due")
                        }
                        query = next ?? ""
                    }
                })
        }
        return cases
    }

    @discardableResult
    private static func tagList(_ query: String, _ names: [String], _ peer: Peer) async throws -> Peer.Answer {
        struct Page: Decodable {
            let name: String
            let tags: [String]
        }
        let answer = try await peer.send(.get, "/v2/\(Peer.repository)/tags/list\(query)").mustBe(200)
        let page = try JSONDecoder().decode(Page.self, from: Data(answer.body))
        guard page.name == Peer.repository, page.tags == names else {
            throw Deviation("the list has \(page.tags) where \(names) was due")
        }
        return answer
    }

    private static func referrers(_ content: SampleContent) -> [ConformanceCase] {
        content.referrers.flatMap { subject, expected in
            let types = Set(expected.map(\.artifactType)).compactMap(\.self).sorted()
            return [
                ConformanceCase(.contentDiscovery, "all referrers") { peer in
                    try await ReferrerGroups.list(subject, "", expected, peer)
                },
                ConformanceCase(.contentDiscovery, "referrers of a type that none has") { peer in
                    try await ReferrerGroups.list(subject, "?artifactType=application/none", [], peer)
                        .mustHave("OCI-Filters-Applied", "artifactType")
                },
                ConformanceCase(.contentDiscovery, "no tag is made for referrers") { peer in
                    let tag = "\(subject)".replacing(":", with: "-")
                    try await peer.send(.get, path(tag)).mustBe(404, code: "MANIFEST_UNKNOWN")
                },
            ]
                + types.map { type in
                    ConformanceCase(.contentDiscovery, "referrers of the type \(type)") { peer in
                        let query = "?artifactType=\(type.replacing("+", with: "%2B"))"
                        try await ReferrerGroups.list(subject, query, expected.filter { $0.artifactType == type }, peer)
                            .mustHave("OCI-Filters-Applied", "artifactType")
                    }
                }
        }
    }

    private static func heads(_ content: SampleContent) -> [ConformanceCase] {
        references(content).map { title, reference, manifest in
            ConformanceCase(.pull, "HEAD of \(title)") { peer in
                try await peer.send(.head, path(reference)).mustBe(200).mustCarry([])
                    .mustHave("Content-Type", manifest.type.rawValue)
                    .mustHave("Content-Length", "\(manifest.bytes.count)")
                    .mustHave("Docker-Content-Digest", "\(manifest.digest)")
            }
        }
            + content.blobs.enumerated().map { ordinal, blob in
                ConformanceCase(.pull, "HEAD of blob \(ordinal + 1)") { peer in
                    try await peer.send(.head, BlobGroups.path(blob.digest)).mustBe(200)
                        .mustHave("Content-Length", "\(blob.bytes.count)")
                }
            }
    }

    private static func reads(_ content: SampleContent) -> [ConformanceCase] {
        references(content).map { title, reference, manifest in
            ConformanceCase(.pull, "GET of \(title)") { peer in
                let tag = try await peer.send(.get, path(reference), headers: ["Accept": manifest.type.rawValue])
                    .mustBe(200).mustCarry(manifest.bytes).mustHave("Content-Type", manifest.type.rawValue)
                    .mustHave("Docker-Content-Digest", "\(manifest.digest)").required("ETag")
                try await peer.send(.get, path(reference), headers: ["If-None-Match": tag]).mustBe(304)
            }
        }
            + content.blobs.enumerated().map { ordinal, blob in
                ConformanceCase(.pull, "GET of blob \(ordinal + 1)") { peer in
                    try await peer.send(.get, BlobGroups.path(blob.digest)).mustBe(200).mustCarry(blob.bytes)
                }
            }
    }

    private static func removals(_ content: SampleContent) -> [ConformanceCase] {
        var cases = tags(content).map { tag in
            ConformanceCase(.contentManagement, "DELETE of the tag \(tag.name), its manifest stays") { peer in
                try await peer.send(.delete, path(tag.name)).mustBe(202)
                try await peer.send(.head, path(tag.name)).mustBe(404)
                try await peer.send(.head, path("\(content.manifests[tag.manifest].digest)")).mustBe(200)
            }
        }
        for (ordinal, manifest) in content.manifests.enumerated().reversed() {
            cases.append(
                ConformanceCase(.contentManagement, "DELETE of manifest \(ordinal + 1)") { peer in
                    try await peer.send(.delete, path("\(manifest.digest)")).mustBe(202)
                    try await peer.send(.get, path("\(manifest.digest)")).mustBe(404, code: "MANIFEST_UNKNOWN")
                })
        }
        for (subject, _) in content.referrers {
            cases.append(
                ConformanceCase(.contentManagement, "referrers go with their DELETE") { peer in
                    try await ReferrerGroups.list(subject, "", [], peer)
                })
        }
        for (ordinal, blob) in content.blobs.enumerated() {
            cases.append(
                ConformanceCase(.contentManagement, "DELETE of blob \(ordinal + 1)") { peer in
                    try await peer.send(.delete, BlobGroups.path(blob.digest)).mustBe(202)
                    try await peer.send(.head, BlobGroups.path(blob.digest)).mustBe(404)
                })
        }
        return cases
    }

    private static func references(
        _ content: SampleContent,
    ) -> [(title: String, reference: String, manifest: SampleContent.StoredManifest)] {
        tags(content).map { ("the tag \($0.name)", $0.name, content.manifests[$0.manifest]) }
            + content.manifests.enumerated().map { ("manifest \($0 + 1) by digest", "\($1.digest)", $1) }
    }

    static func path(_ reference: String) -> String { "/v2/\(Peer.repository)/manifests/\(reference)" }
}
