import OCI
import Testing

@Suite struct DigestTests {
    @Test(arguments: Digest.Algorithm.allCases)
    func keepsItsTextForm(algorithm: Digest.Algorithm) {
        let text = "\(algorithm.rawValue):" + String(repeating: "a0", count: algorithm.digitCount / 2)
        #expect(Digest(text)?.description == text)
        #expect(Digest(text)?.short == "a0a0a0a0a0a0")
    }

    @Test func isMadeFromAHashFunctionsBytes() {
        let value = [UInt8](repeating: 0xAF, count: 32)
        #expect(Digest(algorithm: .sha256, value: value).hex == String(repeating: "af", count: 32))
    }

    @Test(arguments: [
        "", "sha256", "sha256:", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "g", count: 64),
        "sha512:" + String(repeating: "a", count: 64), "sha256:../" + String(repeating: "a", count: 61),
        "SHA256:" + String(repeating: "a", count: 64), "sha256:" + String(repeating: "a", count: 65),
    ])
    func refusesWhatIsNotADigest(text: String) {
        #expect(Digest(text) == nil)
    }
}
