import Glibc
import RunaboutModel
import Testing

@testable import RunaboutProxy

@Suite struct SocketOptionsTests {
    @Test func acceptedConnectionsHaveTheListenersOptions() throws {
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        defer { close(listener.descriptor) }
        let client = try #require(connected(to: listener.port))
        defer { close(client) }
        var ready = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&ready, 1, 10_000) == 1)
        let accepted = accept(listener.descriptor, nil, nil)
        try #require(accepted >= 0)
        defer { close(accepted) }
        #expect(option(accepted, TCP_NODELAY) == 1)
        #expect(option(accepted, TCP_NOTSENT_LOWAT) == Int32(Limits.unsentBytesMax))
    }

    @Test func connectionsToInstancesAreNotPaced() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        SocketOptions.setForInstance(descriptor)
        #expect(option(descriptor, TCP_NODELAY) == 1)
        #expect(option(descriptor, TCP_NOTSENT_LOWAT) == Int32(Limits.unsentBytesMax))
        var name = [UInt8](repeating: 0, count: 16)
        var length = socklen_t(name.count)
        #expect(getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, &name, &length) == 0)
        #expect(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) == "reno")
    }

    private func connected(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 ? descriptor : nil
    }

    private func option(_ descriptor: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, Int32(IPPROTO_TCP), name, &value, &length) == 0 ? value : -1
    }
}
