import FoundationEssentials
import Logging
import RunaboutLink
import RunaboutLinkServer
import RunaboutModel
import RunaboutRouting
import RunaboutRuntime
import RunaboutStore
import Synchronization

/// What happens outside and wakes the loop.
extension Reconciler {
    /// Notes ends of instances.
    func watchExits(_ exits: AsyncStream<InstanceExited>) async {
        for await exited in exits {
            let service = state.withLock { state in
                state.table.update(exited.id) { $0.exit = $0.exit ?? exited.exit }
            }
            guard let service else { continue }
            parts.logger.info(
                "Instance ended",
                metadata: metadata(service, exited.id).merging(
                    exited.exit.isOutOfMemory
                        ? ["status": "\(exited.exit.status)", "cause": "out of memory"]
                        : ["status": "\(exited.exit.status)"]
                ) { $1 })
            poke(service)
        }
    }

    /// Takes what routers say.
    func watchLink() async {
        for await event in parts.link.events {
            switch event {
            case .connected(let router):
                hello.yield(router)
            case .disconnected:
                for service in state.withLock({ $0.table.dropDemand() }) { poke(service) }
            case .received(let message): take(message)
            }
        }
    }

    private func take(_ message: RouterMessage) {
        switch message {
        case .hello: break
        case .demand(let demands):
            for demand in demands where state.withLock({ $0.table.take(demand) }) { poke(demand.service) }
        case .drained(let report):
            let word = DrainedWord(
                service: report.service, instance: report.instance, generation: report.generation)
            if state.withLock({ $0.table.take(word) }) { poke(report.service) }
        case .ledger(let report):
            state.withLock { $0.traffic.take(report) }
            for entry in report.entries {
                guard let service = entry.service else { continue }
                record(entry, of: service, kind: .ledgerEntry, at: entry.at)
            }
            if report.dropped > 0 {
                parts.logger.warning(
                    "The router had more failed requests than it reports", metadata: ["dropped": "\(report.dropped)"])
            }
        case .wake(let report): record(report, of: report.service, kind: .wake, at: report.at)
        case .status(let status): state.withLock { $0.traffic.take(status) }
        }
    }

    // MARK: Records

    /// Has a value kept for people.
    func record(_ value: some Encodable, of service: ServiceID, kind: ServiceRecord.Kind, at: UnixTime) {
        let body: String
        do {
            body = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        } catch {
            parts.logger.error("A record can't be written as JSON", metadata: ["kind": "\(kind)", "error": "\(error)"])
            return
        }
        let entry = ServiceRecord(service: service, kind: kind, at: at, body: body)
        if state.withLock({ $0.records.append(entry) }) {
            setTimer(.writeRecords, notAfter: now() + Limits.recordFlushInterval)
        }
    }

    /// Writes what waits to be kept, in one transaction.
    func writeRecords() async {
        let (records, dropped) = state.withLock { $0.records.takeAll() }
        if dropped > 0 {
            parts.logger.warning(
                "More happened than can be kept for explain", metadata: ["dropped": "\(dropped)"])
        }
        guard !records.isEmpty else { return }
        do {
            try await parts.store.write { try $0.insertRecords(records) }
            state.withLock { $0.recordFailures = 0 }
        } catch {
            let failures = state.withLock { state in
                state.records.putBack(records)
                state.recordFailures += 1
                return state.recordFailures
            }
            logStoreFailure(error)
            setTimer(.writeRecords, notAfter: now() + retryBackoff(failures: failures))
        }
    }

    // MARK: Log

    /// Says once that the store fails, until it works again.
    func logStoreFailure(_ error: any Error) {
        let text = "\(error)"
        let isNew = state.withLock { state in
            defer { state.storeFailure = text }
            return state.storeFailure != text
        }
        guard isNew else { return }
        parts.logger.error(
            "The database can't be used; what was decided is kept and tried again", metadata: ["error": "\(text)"])
    }

    /// Says once that the store works again.
    func noteStoreWorks() {
        let hadFailed = state.withLock { state in
            defer { state.storeFailure = nil }
            return state.storeFailure != nil
        }
        if hadFailed { parts.logger.notice("The database works again") }
    }

    func metadata(_ service: ServiceID, _ instance: InstanceID? = nil) -> Logger.Metadata {
        let name = state.withLock { $0.table.services[service]?.name } ?? service.short
        var metadata: Logger.Metadata = ["service": "\(name)"]
        if let instance { metadata["instance.id"] = "\(instance.short)" }
        return metadata
    }
}
