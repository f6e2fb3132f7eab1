import RunaboutModel
import RunaboutRouting

/// A service as the loop keeps it: its admission machine, connections to its instances and counters.
final class ServiceEntry {
    let id: ServiceID
    /// Names its timer.
    let number: UInt64
    var admission: ServiceAdmission
    var totals = LedgerTotals()
    /// Whether something changed that no report has told.
    var isDirty = false
    /// Whether its totals changed since they were told.
    var hasNewTotals = false
    /// When its queue is looked at next.
    var armedAt: MonotonicTime?
    private var pools: [UpstreamPool?] = []

    init(id: ServiceID, number: UInt64) {
        self.id = id
        self.number = number
        admission = ServiceAdmission(service: id)
    }

    /// The connections to the instance in a slot.
    func pool(_ slot: InstanceSlot) -> UpstreamPool {
        while pools.count <= slot.index { pools.append(nil) }
        if let pool = pools[slot.index] { return pool }
        let pool = UpstreamPool(address: admission.address(of: slot))
        pools[slot.index] = pool
        return pool
    }

    /// Lets unused connections go that no request will use: those to instances that are gone, moved or draining.
    func settlePools(forgotten: [InstanceSlot]) {
        for slot in forgotten where slot.index < pools.count {
            pools[slot.index]?.retire()
            pools[slot.index] = nil
        }
        for (index, pool) in pools.enumerated() {
            guard let pool else { continue }
            let slot = InstanceSlot(index: index)
            if pool.address != admission.address(of: slot) {
                pool.retire()
                pools[index] = nil
            } else if !admission.isReady(slot) {
                pool.closeIdle()
            }
        }
    }
}
