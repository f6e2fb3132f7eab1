import RunaboutModel
import Testing

@Test func theVersionHasItsThreeNumbers() {
    let parts = platformVersion.split(separator: ".", omittingEmptySubsequences: false)
    #expect(parts.count == 3)
    #expect(parts.allSatisfy { UInt($0) != nil })
}
