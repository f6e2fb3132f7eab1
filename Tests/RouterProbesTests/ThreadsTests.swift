import RouterProbes
import Testing

@Suite struct ThreadsTests {
    @Test func resultsComeInTheOrderOfTheirNumbers() async {
        #expect(await onThreads(20, name: "probe") { $0 * $0 } == (0..<20).map { $0 * $0 })
        #expect(await onThread(name: "probe") { "done" } == "done")
    }
}
