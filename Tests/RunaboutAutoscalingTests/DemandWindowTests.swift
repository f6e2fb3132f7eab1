import RunaboutAutoscaling
import RunaboutModel
import Testing

@Suite struct DemandWindowTests {
    let start = MonotonicTime(nanoseconds: 0)
    let span = Duration.seconds(60)

    @Test func aLoadHoldsUntilTheNextIsSeenAndASpanBeyond() {
        var window = DemandWindow()
        window.observe(load: 100, peak: 100, at: start, span: span)
        window.observe(load: 0, peak: 0, at: start + .seconds(50), span: span)
        #expect(window.maximum(at: start + .seconds(109), span: span) == 100)
        #expect(window.nextFall(at: start + .seconds(109), span: span) == start + .seconds(110))
        #expect(window.maximum(at: start + .seconds(110), span: span) == 0)
        #expect(window.nextFall(at: start + .seconds(110), span: span) == nil)
    }

    @Test func aPeakBetweenTwoReportsCounts() {
        var window = DemandWindow()
        window.observe(load: 1, peak: 90, at: start, span: span)
        #expect(window.maximum(at: start + .seconds(59), span: span) == 90)
        #expect(window.maximum(at: start + .seconds(60), span: span) == 1)
    }

    @Test func nothingSeenIsNothing() {
        #expect(DemandWindow().maximum(at: start, span: span) == 0)
        #expect(DemandWindow().nextFall(at: start, span: span) == nil)
    }

    @Test func itKeepsABoundedNumberOfLoads() {
        var window = DemandWindow()
        for step in 0..<20_000 {
            window.observe(load: 20_000 - step, peak: 0, at: start + .milliseconds(step * 10), span: span)
        }
        #expect(window.count <= Limits.demandWindowParts + 2)
    }

    /// Beside a list of everything: never below the true maximum, and at most one part of the span behind it.
    @Test(arguments: 1...50) func agreesWithAListOfEverything(_ seed: UInt64) {
        var state = seed
        func next(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        var window = DemandWindow()
        var all: [(from: MonotonicTime, load: Int, peak: Int)] = []
        var now = start
        for _ in 0..<200 {
            let (load, peak) = (next(50), next(80))
            window.observe(load: load, peak: peak, at: now, span: span)
            all.append((now, load, max(load, peak)))
            now = now + .milliseconds(next(9_000))
            let part = Duration.milliseconds(1_000)
            let maximum = window.maximum(at: now, span: span)
            #expect(maximum >= greatest(all, at: now, span: span), "seed \(seed)")
            #expect(maximum <= greatest(all, at: now, span: span + part), "seed \(seed)")
        }
    }

    /// Each load counts from when it was seen until the next was; a peak counts at its moment.
    private func greatest(
        _ all: [(from: MonotonicTime, load: Int, peak: Int)], at now: MonotonicTime, span: Duration,
    ) -> Int {
        var greatest = 0
        for (index, entry) in all.enumerated() {
            let end = index + 1 < all.count ? all[index + 1].from : now
            if end + span > now { greatest = max(greatest, entry.load) }
            if entry.from + span > now { greatest = max(greatest, entry.peak) }
        }
        return greatest
    }
}
