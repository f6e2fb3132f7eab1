import LinuxEvents
import Testing

struct BlockingTests {
    @Test func whatBlockingWorkGivesOrThrowsIsPassedOn() async throws {
        #expect(try await blocking { 7 } == 7)
        await #expect(throws: LinuxError.self) { try await blocking { throw LinuxError("do nothing", number: 5) } }
    }
}
