import RunaboutModel

/// Which bucket of the latency histograms a time falls into.
enum LatencyHistogram {
    /// One more than there are bounds: the last is for what took longer than all of them.
    static let bucketCount = Limits.latencyBucketSeconds.count + 1

    // Written once, before anyone can see the pointer, and never freed: every loop reads it.
    private nonisolated(unsafe) static let bounds: UnsafePointer<Int64> = {
        let bounds = UnsafeMutablePointer<Int64>.allocate(capacity: bucketCount)
        for (index, seconds) in Limits.latencyBucketSeconds.enumerated() {
            bounds[index] = Int64((seconds * 1e9).rounded())
        }
        bounds[bucketCount - 1] = .max
        return UnsafePointer(bounds)
    }()

    /// The first bucket whose upper end is not below a time in nanoseconds.
    ///
    /// From below, because most requests are fast.
    @inline(__always)
    static func bucket(ofNanoseconds time: Int64) -> Int {
        let bounds = bounds
        var index = 0
        while bounds[index] < time { index &+= 1 }
        return index
    }
}
