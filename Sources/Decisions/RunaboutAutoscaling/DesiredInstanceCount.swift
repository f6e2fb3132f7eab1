import RunaboutModel

/// How many instances take a number of requests: `ceil(requests / maxConcurrency)`.
///
/// 100 requests at 30 each are 4 instances; 0 are 0; 1 is 1.
public func instancesFor(requests: Int, maxConcurrency: Int) -> Int {
    guard requests > 0 else { return 0 }
    return (requests - 1) / max(maxConcurrency, 1) + 1
}

/// How many instances a service should have, and why.
///
/// Up at once to what is wanted now: 1 instance and 100 requests at 30 each become 4 in one decision. Down only to the
/// greatest want of the window, at most half at a time: 10 instances and a want of 1 become 5, then 3, 2 and 1.
public func desiredInstanceCount(_ input: ScaleInput) -> ScaleDecision {
    let minSize = max(input.minSize, 0)
    let maxSize = max(input.maxSize, minSize)
    let requests = input.load.map { $0.inFlight + $0.queued } ?? 0
    let asked = instancesFor(requests: requests, maxConcurrency: input.maxConcurrency)
    let wanted = min(max(asked, minSize), maxSize)
    let inWindow = instancesFor(requests: max(input.windowLoad, requests), maxConcurrency: input.maxConcurrency)
    let windowMax = min(max(inWindow, minSize), maxSize)

    var bound: ScaleDecision.Bound = asked > maxSize ? .maxSize : asked < minSize ? .minSize : .none
    let rule: ScaleDecision.Rule
    var desired = input.current
    if wanted > input.current {
        rule = .up
        let startable = input.isBackingOff ? 0 : max(input.capacity, 0)
        let missing = wanted - input.current
        if startable < missing { bound = input.isBackingOff ? .crashBackoff : .memory }
        desired += min(missing, startable)
    } else if windowMax < input.current {
        if input.load == nil || input.isWatching {
            rule = .watching
        } else if input.isSettling {
            rule = .held
        } else {
            rule = .down
            desired = max(windowMax, input.current - max(input.current / 2, 1))
        }
    } else {
        rule = wanted < input.current ? .held : .steady
    }
    return ScaleDecision(
        at: input.now,
        inFlight: input.load?.inFlight ?? 0,
        queued: input.load?.queued ?? 0,
        maxConcurrency: input.maxConcurrency,
        wanted: wanted,
        windowMax: windowMax,
        current: input.current,
        desired: desired,
        rule: rule,
        bound: bound,
    )
}
