import CLinux
import Foundation
import Glibc
import LinuxNetworking
import RunaboutModel
import RunaboutRuntime
import RunaboutTestSupport
import Testing

/// What a hostile instance can do, told by a program that tries it all from inside.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: Host.isRoot, "needs root: runs containers"))
struct IsolationTests {
    /// What is known not to be safe, each with a reason: nothing.
    private static let knownUnsafe: Set<String> = []

    @Test func aHostileInstanceCanDoNothing() async throws {
        try await RuntimeBench.with(.oci, programs: ["instance", "prober"]) { bench, runtime in
            let neighbour = try bench.specification(["serve", "wait"])
            let other = try await runtime.start(neighbour).address
            _ = try await firstLine(of: runtime, neighbour.id) { $0 == "serving" }
            let everywhere = try Listener(host: "0.0.0.0")
            let loopback = try Listener(host: "127.0.0.1")
            let abstract = try AbstractListener()
            var environment = [
                "PROBE_STATE": bench.settings.stateDirectory,
                "PROBE_HOSTNAME": ProcessInfo.processInfo.hostName,
                "PROBE_ABSTRACT": abstract.name,
                "PROBE_REACH": [
                    "another instance=\(other.host):\(other.port)",
                    "the host by its bridge=\(bench.settings.subnet.gateway):\(everywhere.port)",
                    "the host's loopback=127.0.0.1:\(loopback.port)",
                    "the metadata service=169.254.169.254:80",
                    "the outside, where egress is off=192.0.2.1:80",
                ].joined(separator: ","),
            ]
            for kind in ["pid", "mnt", "uts", "ipc", "net", "user", "cgroup"] {
                environment["PROBE_NS_\(kind)"] = try FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/ns/\(kind)")
            }
            let specification = try bench.specification([], program: "prober", environment: environment)
            _ = try await runtime.start(specification)
            var verdicts: [String] = []
            for try await line in runtime.logs(specification.id, tail: 1_000, follow: true) {
                if line.text == "DONE" { break }
                verdicts.append(line.text)
            }
            let unsafe = verdicts.filter { !$0.hasPrefix("SAFE ") }
            let names = Set(unsafe.map { String($0.dropFirst("UNSAFE ".count).prefix { $0 != ":" }) })
            #expect(names == Self.knownUnsafe, "\(unsafe.joined(separator: "\n"))")
            #expect(verdicts.count - unsafe.count >= 95)
            print("isolation: \(verdicts.count - unsafe.count) of \(verdicts.count) checks safe")
            withExtendedLifetime((everywhere, loopback, abstract)) {}
        }
    }
}

/// A TCP socket that listens, for as long as the object lives.
final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init(host: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, host, &address.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, size) = (descriptor, length)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        try #require(isListening)
    }

    deinit { close(descriptor) }
}

/// A Unix socket of the host's abstract namespace that listens, for as long as the object lives.
final class AbstractListener: Sendable {
    let name: String
    private let descriptor: Int32

    init() throws {
        name = "runabout-probe-\(getpid())"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (index, byte) in name.utf8.enumerated() { path[index + 1] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
        let descriptor = descriptor
        let isListening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
            }
        }
        try #require(isListening)
    }

    deinit { close(descriptor) }
}
