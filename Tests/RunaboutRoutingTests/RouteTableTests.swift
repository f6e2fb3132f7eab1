import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

@Suite struct RouteTableTests {
    @Test func aHostFindsItsServiceUntilThatIsWithdrawn() {
        var table = RouteTable()
        let change = table.publish(route([], hosts: ["a.localhost", "b.localhost"]))
        #expect(change.hosts.map(\.host) == ["a.localhost", "b.localhost"])
        #expect(table.service(at: "a.localhost") == serviceID(1))
        #expect(!table.withdraw(serviceID(1), generation: 0).isAccepted)
        #expect(table.withdraw(serviceID(1), generation: 1).isAccepted)
        #expect(table.service(at: "a.localhost") == nil)
    }

    @Test func anOlderRouteChangesNothing() {
        var table = RouteTable()
        _ = table.publish(route([], hosts: ["new"], generation: 7))
        #expect(!table.publish(route([], hosts: ["old"], generation: 7)).isAccepted)
        #expect(table.service(at: "old") == nil)
        #expect(table.publish(route([], hosts: ["old"], generation: 3), isSnapshot: true).isAccepted)
        #expect(table.service(at: "new") == nil)
    }

    @Test func aHostClaimedTwiceGoesBackWhenTheLaterClaimEnds() {
        var table = RouteTable()
        _ = table.publish(route([], service: 1, hosts: ["a"]))
        _ = table.publish(route([], service: 2, hosts: ["a"]))
        #expect(table.service(at: "a") == serviceID(2))
        let change = table.withdraw(serviceID(2), generation: 1)
        #expect(change.hosts == [HostChange(host: "a", service: serviceID(1))])
        #expect(table.service(at: "a") == serviceID(1))
    }
}

@Suite struct HostTableTests {
    @Test(arguments: [UInt64(1), 2, 3]) func itHoldsWhatADictionaryHolds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = HostTable<Int>()
        var dictionary: [String: Int] = [:]
        for _ in 0..<5_000 {
            let host = "host-\(Int.random(in: 0..<300, using: &random)).localhost"
            let value = Bool.random(using: &random) ? Int.random(in: 0..<1_000, using: &random) : nil
            table.set(value, for: host)
            dictionary[host] = value
            let probe = "host-\(Int.random(in: 0..<300, using: &random)).localhost"
            let bytes = Array(probe.utf8)
            #expect(table.value(for: bytes.span) == dictionary[probe], "seed \(seed)")
        }
        #expect(table.count == dictionary.count)
    }
}
