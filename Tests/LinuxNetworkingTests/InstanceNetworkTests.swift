import CLinux
import Foundation
import Glibc
import LinuxEvents
import LinuxNetworking
import RunaboutTestSupport
import Testing

struct IPv4SubnetTests {
    @Test func addressesAreCountedFromTheSubnetsOwn() throws {
        let subnet = try #require(IPv4Subnet("10.99.0.0/16"))
        #expect(subnet == .standard)
        #expect(subnet.gateway == "10.99.0.1")
        #expect(subnet.address(258) == "10.99.1.2")
        #expect(subnet.indices == 2...65_534)
        #expect("\(subnet)" == "10.99.0.0/16")
    }

    @Test(arguments: [
        "10.99.0.0", "10.99.0.1/16", "10.99.0/16", "10.99.0.0/8", "10.99.0.0/30", "a.b.c.d/16", "10.256.0.0/16", "",
    ])
    func whatIsNoUsableSubnetIsRefused(text: String) {
        #expect(IPv4Subnet(text) == nil)
    }
}

@Suite(.enabled(if: Host.isRoot, "needs root: makes bridges and network namespaces"), .serialized)
struct InstanceNetworkTests {
    /// A network with a bridge and a subnet of its own, removed however the body ends.
    private func withNetwork(
        poolSize: Int = 2, _ body: (InstanceNetwork, NetworkSettings) async throws -> Void,
    ) async throws {
        try await withTemporaryDirectory { directory in
            let number = UInt16.random(in: 0...UInt16.max)
            let subnet = try #require(IPv4Subnet("10.\(200 + number % 50).\(number / 256).0/24"))
            let settings = NetworkSettings(
                bridge: "rt" + String(number, radix: 16), subnet: subnet, namespaceDirectory: directory.path + "/netns",
                poolSize: poolSize, allowsEgress: false)
            let network = InstanceNetwork(settings)
            do {
                _ = try await network.setUp(inUse: [])
                try await body(network, settings)
            } catch {
                await cleanUp(settings)
                throw error
            }
            await cleanUp(settings)
            #expect(if_nametoindex(settings.bridge) == 0)
            #expect(links(settings).isEmpty)
        }
    }

    private func cleanUp(_ settings: NetworkSettings) async {
        let network = InstanceNetwork(settings)
        _ = try? await network.setUp(inUse: [])
        await network.tearDown()
    }

    private func links(_ settings: NetworkSettings) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")) ?? []
        return names.filter { $0.hasPrefix(settings.bridge) }
    }

    /// A TCP socket that listens in a namespace (or on the host) on a port of the kernel's choice.
    private func listen(in namespace: NetworkNamespace?) -> (socket: Int32, port: UInt16) {
        let socket =
            namespace.map { clinux_netns_socket($0.path, AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
            ?? Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #expect(Glibc.listen(socket, 8) == 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(socket, $0, &length) }
        }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    /// Whether a TCP connection from a namespace (or the host) to an address is made within a second.
    private func connects(from namespace: NetworkNamespace?, to host: String, port: UInt16) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue)
        let socket = namespace.map { clinux_netns_socket($0.path, AF_INET, kind, 0) } ?? Glibc.socket(AF_INET, kind, 0)
        defer { close(socket) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func theHostReachesAnInstanceAndNobodyElseDoes() async throws {
        try await withNetwork { network, settings in
            let first = try await network.take()
            let second = try await network.take()
            #expect(first.address != second.address)
            let listener = listen(in: first)
            defer { close(listener.socket) }
            #expect(connects(from: nil, to: first.address, port: listener.port))
            #expect(connects(from: first, to: "127.0.0.1", port: listener.port), "its own loopback is up")
            #expect(!connects(from: second, to: first.address, port: listener.port))
            let onHost = listen(in: nil)
            defer { close(onHost.socket) }
            #expect(connects(from: nil, to: settings.subnet.gateway, port: onHost.port))
            #expect(!connects(from: first, to: settings.subnet.gateway, port: onHost.port))
            #expect(!connects(from: first, to: "169.254.169.254", port: 80))
            await network.giveBack(first.index)
            await network.giveBack(second.index)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aNamespaceGivenBackIsGoneAndItsAddressIsNotGivenAgainAtOnce() async throws {
        try await withNetwork(poolSize: 0) { network, settings in
            let first = try await network.take()
            #expect(network.isWhole(first))
            await network.giveBack(first.index)
            #expect(!network.isWhole(first))
            #expect(links(settings) == [settings.bridge])
            let second = try await network.take()
            #expect(second.index != first.index)
            await network.giveBack(second.index)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aSecondNetworkKeepsWhatInstancesUseAndRemovesTheRest() async throws {
        try await withNetwork(poolSize: 0) { network, settings in
            let used = try await network.take()
            let lost = try await network.take()
            let next = InstanceNetwork(settings)
            _ = try await next.setUp(inUse: [used.index])
            #expect(next.isWhole(used))
            #expect(!next.isWhole(lost))
            let listener = listen(in: used)
            #expect(connects(from: nil, to: used.address, port: listener.port))
            close(listener.socket)
            // With an instance left, an ended daemon leaves the bridge.
            await next.tearDown()
            #expect(next.isWhole(used))
        }
    }

    @Test func aBridgeNameThatLeavesNoRoomForLinksIsRefused() async throws {
        let network = InstanceNetwork(
            NetworkSettings(bridge: "much-too-long", subnet: .standard, namespaceDirectory: "/nowhere", poolSize: 0))
        await #expect(throws: NetworkError.self) { try await network.setUp(inUse: []) }
    }
}
