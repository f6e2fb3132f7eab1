import RunaboutModel
import Testing

@Suite struct PublicAddressTests {
    @Test func aURLNamesThePortOnlyWhereItHasTo() {
        #expect(PublicAddress(scheme: .https).url(of: "a.example.org") == "https://a.example.org")
        #expect(PublicAddress(scheme: .http, port: 80).url(of: "a.localhost") == "http://a.localhost")
        #expect(PublicAddress(scheme: .http, port: 8080).url(of: "a.localhost") == "http://a.localhost:8080")
        #expect(PublicAddress(scheme: .http, port: 443).url(of: "a") == "http://a:443")
    }
}
