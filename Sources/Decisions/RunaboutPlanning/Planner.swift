/// What to do for one service now. Total and deterministic: the same input gives the same plan.
public func plan(_ input: PlanInput) -> Plan {
    Plan(memory: input.memory)
}
