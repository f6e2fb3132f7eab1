import Foundation
import HTTPTypes
import OCI

/// Lists of what refers to a manifest.
enum ReferrerGroups {
    /// Demands that a list has exactly these, in whatever order.
    @discardableResult
    static func list(
        _ subject: Digest, _ query: String, _ expected: [Descriptor], _ peer: Peer,
    ) async throws -> Peer.Answer {
        let answer = try await peer.send(.get, "/v2/\(Peer.repository)/referrers/\(subject)\(query)").mustBe(200)
            .mustHave("Content-Type", MediaType.imageIndex.rawValue)
        let index = try JSONDecoder().decode(ImageIndex.self, from: Data(answer.body))
        guard index.schemaVersion == 2, index.mediaType == .imageIndex else {
            throw Deviation("the list is of type \(index.mediaType?.rawValue ?? "none")")
        }
        guard Set(index.manifests) == Set(expected), index.manifests.count == expected.count else {
            throw Deviation("the list has \(index.manifests.map(\.digest)) where \(expected.map(\.digest)) were due")
        }
        return answer
    }

    /// Many referrers, in pages.
    static func pages() throws -> ConformanceGroup {
        var content = SampleContent(.sha256, seed: 700)
        let subject = try content.add(content.image())
        for _ in 0..<5 { try content.add(content.artifact("application/vnd.example.page", subject: subject)) }
        let manifests = content.manifests
        let blobs = content.blobs
        let all = content.referrers[subject.digest, default: []].sorted { "\($0.digest)" < "\($1.digest)" }
        var cases = [
            ConformanceCase(.push, "push the subject and five referrers") { peer in
                for blob in blobs {
                    try await BlobPush.postOnly.push(blob.bytes, as: blob.digest, to: peer).mustBe(201)
                }
                for manifest in manifests {
                    try await peer.send(
                        .put, ContentGroups.path("\(manifest.digest)"),
                        headers: ["Content-Type": manifest.type.rawValue], body: manifest.bytes
                    ).mustBe(201)
                }
            }
        ]
        for filter in ["", "&artifactType=application/vnd.example.page"] {
            let title = filter.isEmpty ? "referrers" : "referrers of a type"
            cases.append(
                ConformanceCase(.contentDiscovery, "\(title) in pages of two, each with a link to the next") { peer in
                    var query = "?n=2\(filter)"
                    for page in stride(from: 0, to: all.count, by: 2) {
                        let entries = Array(all[page..<min(page + 2, all.count)])
                        let answer = try await list(subject.digest, query, entries, peer)
                        guard let link = answer["Link"] else {
                            guard page + 2 >= all.count else { throw Deviation("there is no link to the next page") }
                            return
                        }
                        query = String(link.drop { $0 != "?" }.prefix { $0 != ">" })
                    }
                    throw Deviation("the last page has a link to a next one")
                })
        }
        return ConformanceGroup(name: "referrers in pages", cases: cases)
    }
}
