import Foundation
import OCI
import Testing

/// Every case of the four workflows of the distribution specification, against the registry as clients meet it.
@Suite struct RegistryConformanceTests {
    /// All groups, in the order of the page.
    static let groups: [ConformanceGroup] = {
        do {
            var groups = [OtherGroups.empty]
            for algorithm in Digest.Algorithm.allCases {
                groups += [
                    BlobGroups.blobs(algorithm), RangeGroups.ranges(algorithm), RangeGroups.badDigests(algorithm),
                ]
            }
            for algorithm in Digest.Algorithm.allCases {
                groups += try SampleKind.allCases.map { try ContentGroups.content($0, algorithm) }
            }
            return groups
                + [
                    try ReferrerGroups.pages(), OtherGroups.missing, OtherGroups.invalidNames,
                    try OtherGroups.refused(),
                ]
        } catch {
            Issue.record("the cases could not be made: \(error)")
            return []
        }
    }()

    @Test(arguments: groups)
    func theRegistryDoesWhatTheSpecificationSays(group: ConformanceGroup) async throws {
        try await Peer.run { peer in
            for item in group.cases {
                do {
                    try await item.check(peer)
                } catch {
                    Issue.record("\(group.name): \(item.name): \(error)")
                }
            }
        }
    }

    @Test func everyCaseHasANameOfItsOwn() {
        #expect(Set(Self.groups.map(\.name)).count == Self.groups.count)
        for group in Self.groups {
            let names = group.cases.map(\.name)
            let repeated = Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
            #expect(repeated == [], "\(group.name)")
        }
    }

    /// `REGENERATE_PAGES=1 swift test --filter theCasesAreListed` writes the page anew.
    @Test func theCasesAreListed() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = root.appending(path: "docs/reference/registry-conformance.md")
        let wanted = ConformancePage.text(of: Self.groups)
        if ProcessInfo.processInfo.environment["REGENERATE_PAGES"] != nil {
            try wanted.write(to: path, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: path, encoding: .utf8)
        #expect(
            written == wanted, "docs/reference/registry-conformance.md is out of date; REGENERATE_PAGES=1 makes it anew"
        )
    }
}
