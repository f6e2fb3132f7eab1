import Foundation
import OCI
import OCIContentStore
import PackageInventory
import Testing

@Suite struct BillOfMaterialsTests {
    private let layer = ContentHasher.digest(of: [1])
    private var subject: BillSubject {
        BillSubject(
            name: "hello:1", image: ContentHasher.digest(of: [2]), tool: ("runabout", "1.0"),
            createdAt: "2026-01-02T03:04:05Z", serialNumber: "3e671687-395b-41f5-a30f-a58921a69b79")
    }

    @Test(arguments: [
        (
            PackageKind.dpkg, "libstdc++6", "1:2.4.47-2+b1",
            "pkg:deb/debian/libstdc%2B%2B6@1:2.4.47-2%2Bb1?arch=amd64&distro=debian-12"
        ),
        (.apk, "musl", "1.2.4-r2", "pkg:apk/debian/musl@1.2.4-r2?arch=amd64&distro=debian-12"),
        (.rpm, "curl", "1:7.50-1.fc25", "pkg:rpm/debian/curl@7.50-1.fc25?arch=amd64&distro=debian-12&epoch=1"),
        (.python, "Django_Tools", "1.11", "pkg:pypi/django-tools@1.11"),
        (.npm, "@angular/core", "12.3.1", "pkg:npm/%40angular/core@12.3.1"),
        (.npm, "left", "1.0.0", "pkg:npm/left@1.0.0"),
        (.go, "github.com/Masterminds/semver/v3", "v3.2.1", "pkg:golang/github.com/masterminds/semver/v3@v3.2.1"),
        (.maven, "org.apache:xml graphics", "1.9", "pkg:maven/org.apache/xml%20graphics@1.9"),
    ])
    func packagesHaveTheNamesOfTheSpecification(kind: PackageKind, name: String, version: String, url: String) throws {
        let package = InstalledPackage(
            kind: kind, name: name, version: version, architecture: kind.isOfDistribution ? "amd64" : nil, path: "p",
            layer: layer)
        let inventory = ImageInventory(distribution: Distribution(id: "debian", versionID: "12"), packages: [package])
        for format in BillFormat.allCases {
            let text = String(decoding: try inventory.bill(format, of: subject), as: UTF8.self)
            #expect(text.contains("\"\(url)\""), "\(format)")
        }
    }

    @Test func anSPDXDocumentDescribesTheImage() throws {
        let document = try #require(try parsed(.spdx))
        #expect(document["spdxVersion"] as? String == "SPDX-2.3")
        #expect(document["documentNamespace"] as? String == "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79")
        let packages = try #require(document["packages"] as? [[String: Any]])
        #expect(packages.map { $0["name"] as? String } == ["hello:1", "bash", "six"])
        let relationships = try #require(document["relationships"] as? [[String: Any]])
        #expect(relationships.map { $0["relationshipType"] as? String } == ["DESCRIBES", "CONTAINS", "CONTAINS"])
        #expect(Set(packages.compactMap { $0["SPDXID"] as? String }).count == 3)
    }

    @Test func aCycloneDXDocumentDescribesTheImage() throws {
        let document = try #require(try parsed(.cycloneDX))
        #expect(document["bomFormat"] as? String == "CycloneDX")
        #expect(document["specVersion"] as? String == "1.5")
        let components = try #require(document["components"] as? [[String: Any]])
        #expect(components.map { $0["type"] as? String } == ["operating-system", "library", "library"])
        let metadata = try #require(document["metadata"] as? [String: Any])
        #expect(metadata["timestamp"] as? String == "2026-01-02T03:04:05Z")
    }

    @Test(arguments: BillFormat.allCases)
    func theSameInventoryGivesTheSameBytes(format: BillFormat) throws {
        #expect(try inventory.bill(format, of: subject) == inventory.bill(format, of: subject))
    }

    private var inventory: ImageInventory {
        ImageInventory(
            distribution: Distribution(id: "debian", versionID: "12"),
            packages: [
                InstalledPackage(
                    kind: .dpkg, name: "bash", version: "5.2-1", architecture: "amd64",
                    source: SourcePackage(name: "bash", version: "5.2-1"), path: status, layer: layer),
                InstalledPackage(kind: .python, name: "six", version: "1.16.0", path: "six.egg-info", layer: layer),
            ])
    }

    private func parsed(_ format: BillFormat) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(try inventory.bill(format, of: subject))) as? [String: Any]
    }
}
