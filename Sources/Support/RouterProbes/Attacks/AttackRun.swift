/// Runs an attack while another client asks and the proxy's process is watched.
///
/// `limit` is how long the proxy may take to end the connections; `bystander` asks meanwhile.
/// - Throws: `ProbeFailure` when the attack itself can't be carried out.
package func run(
    _ attack: Attack, on target: AttackTarget, connections: Int? = nil, bystander: Bystander, limit: Duration,
    process: ServerProcess,
) async throws -> AttackReport {
    process.forgetPeak()
    let residentBefore = process.residentKibibytes
    let processorBefore = process.processorNanoseconds
    let (outcome, tally) = try await bystander.watch {
        try attack.run(target, connections ?? attack.connections, limit)
    }
    return AttackReport(
        attack: attack, outcome: outcome, bystander: tally,
        grownKibibytes: max(0, process.peakKibibytes - residentBefore),
        processorTime: .nanoseconds(process.processorNanoseconds - processorBefore))
}
