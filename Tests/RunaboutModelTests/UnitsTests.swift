import RunaboutModel
import Testing

@Suite struct UnitsTests {
    @Test(
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1 KiB"), (1_536, "1.5 KiB"), (1_572_864, "1.5 MiB"),
            (512 * 1_048_576, "512 MiB"), (3 * 1_099_511_627_776, "3 TiB"), (5_000 * 1_099_511_627_776, "5000 TiB"),
        ] as [(Int64, String)])
    func aByteCountIsSaidInItsLargestUnit(bytes: Int64, text: String) {
        #expect(ByteCount(bytes: bytes).description == text)
    }

    @Test func byteCountsAddUp() {
        #expect(ByteCount.kibibytes(1_024) == .mebibytes(1))
        #expect(ByteCount.mebibytes(3) - .mebibytes(1) == .kibibytes(2_048))
        #expect(ByteCount(bytes: 1) + ByteCount(bytes: 2) == ByteCount(bytes: 3))
        #expect(ByteCount(bytes: 1) < ByteCount(bytes: 2))
    }

    @Test func monotonicTimesAndDurationsAgree() {
        let start = MonotonicTime(nanoseconds: 5_000_000_000)
        #expect(start + .milliseconds(1_500) == MonotonicTime(nanoseconds: 6_500_000_000))
        #expect(start - .seconds(5) == .zero)
        #expect(UnixTime(milliseconds: 5_000) - .milliseconds(1_500) == UnixTime(milliseconds: 3_500))
        #expect(start - MonotonicTime.zero == .seconds(5))
        #expect(Duration.microseconds(1_999).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(1_500).wholeNanoseconds == 1_500_000_000)
    }
}
