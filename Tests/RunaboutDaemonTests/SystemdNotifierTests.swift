import Foundation
import RunaboutTestSupport
import Testing

@testable import runaboutd

struct SystemdNotifierTests {
    @Test func withoutASocketNobodyIsTold() {
        #expect(!SystemdNotifier(environment: [:]).send("READY=1"))
        #expect(!SystemdNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent"]).send("READY=1"))
    }

    @Test(arguments: [false, true])
    func theMessageArrives(isAbstract: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "n").path(percentEncoded: false)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array((isAbstract ? "\0" + path : path).utf8)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
            }
            #expect(bound == 0)
            let notifier = SystemdNotifier(environment: ["NOTIFY_SOCKET": (isAbstract ? "@" : "") + path])
            #expect(notifier.send("READY=1"))
            var received = [UInt8](repeating: 0, count: 64)
            let count = recv(descriptor, &received, received.count, Int32(MSG_DONTWAIT))
            #expect(String(decoding: received.prefix(max(0, count)), as: UTF8.self) == "READY=1")
        }
    }
}
