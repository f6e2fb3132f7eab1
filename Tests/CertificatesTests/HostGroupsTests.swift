import Certificates
import RunaboutModel
import Testing

@Suite struct HostGroupsTests {
    @Test func hostsBelowTheBaseDomainNeedNoCertificateOfTheirOwn() {
        var groups = HostGroups(baseDomain: "apps.example.org")
        groups.update(["a.apps.example.org", "apps.example.org", "b.a.apps.example.org", "shop.test"])
        #expect(
            groups.all == [["*.apps.example.org", "apps.example.org"], ["b.a.apps.example.org", "shop.test"]])
    }

    @Test func belowADomainOfOneLabelEveryHostIsNamed() {
        var groups = HostGroups(baseDomain: "localhost")
        #expect(groups.all == [["*.localhost", "localhost"]])
        groups.update(["b.localhost", "a.localhost"])
        #expect(groups.all == [["*.localhost", "localhost"], ["a.localhost", "b.localhost"]])
    }

    @Test func aHostThatComesOrGoesLeavesOtherCertificatesAsTheyAre() {
        var groups = HostGroups(baseDomain: "localhost")
        let hosts = (100..<350).map { "h\($0).localhost" }
        groups.update(hosts)
        #expect(groups.all.map(\.count) == [2, 100, 100, 50])
        let before = groups.all
        groups.update(hosts + ["a.localhost"])
        #expect(groups.all[..<3] == before[..<3])
        #expect(groups.all[3] == before[3] + ["a.localhost"])
        groups.update(hosts.filter { $0 != "h100.localhost" } + ["a.localhost"])
        #expect(groups.all.map(\.count) == [2, 99, 100, 51])
        groups.update([])
        #expect(groups.all.count == 1)
    }
}
