import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutReconciler

struct TimerHeapTests {
    private func time(_ seconds: Int) -> MonotonicTime { .zero + .seconds(seconds) }

    @Test func aReplacedDeadlineDoesNotFire() {
        var heap = TimerHeap<String>()
        heap.set("a", at: time(5))
        heap.set("a", at: time(9))
        #expect(heap.earliest == time(9))
        #expect(heap.popDue(time(6)).isEmpty)
        #expect(heap.popDue(time(9)) == ["a"])
        #expect(heap.earliest == nil)
    }

    @Test func aDeadlineCanBeTakenAwayAndBroughtForwardOnly() {
        var heap = TimerHeap<String>()
        heap.set("a", at: time(5))
        heap.setEarlier("a", at: time(8))
        #expect(heap.earliest == time(5))
        heap.setEarlier("a", at: time(2))
        #expect(heap.earliest == time(2))
        heap.set("a", at: nil)
        #expect(heap.popDue(time(100)).isEmpty)
    }

    @Test(arguments: [UInt64.random(in: 0...UInt64.max)])
    func itAgreesWithAListThatIsSorted(seed: UInt64) {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var heap = TimerHeap<Int>()
        var naive: [Int: MonotonicTime] = [:]
        var now = 0
        for _ in 0..<5_000 {
            let key = Int.random(in: 0..<40, using: &generator)
            let deadline = time(now + Int.random(in: 0..<50, using: &generator))
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: now += Int.random(in: 0..<5, using: &generator)
            case 1:
                heap.set(key, at: nil)
                naive[key] = nil
            case 2...4:
                heap.setEarlier(key, at: deadline)
                naive[key] = min(naive[key] ?? deadline, deadline)
            default:
                heap.set(key, at: deadline)
                naive[key] = deadline
            }
            #expect(heap.earliest == naive.values.min())
            let due = naive.filter { $0.value <= time(now) }.keys
            #expect(Set(heap.popDue(time(now))) == Set(due))
            naive = naive.filter { $0.value > time(now) }
            #expect(heap.count == naive.count)
        }
    }
}
