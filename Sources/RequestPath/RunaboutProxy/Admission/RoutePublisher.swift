import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization

/// One service's route as a loop takes it over.
struct RouteUpdate: Sendable {
    let service: SharedService
    /// Nil when the service is gone.
    let route: ServiceRoute?
    let instances: [ListedInstance]
    let hosts: [HostChange]
}

/// Takes what the control plane says, once for all loops, and hands each loop its part.
///
/// Works on the link's thread, so that a large table costs the loops nothing but the taking over of each route.
final class RoutePublisher: Sendable {
    private struct State {
        var table = RouteTable()
        var services: [ServiceID: SharedService] = [:]
        var servicesMade: UInt64 = 0
        var certificates = TLSCertificates()
    }

    private let state = Mutex(State())
    private let mailboxes: [Mailbox]
    private let tls: [TLSServer]
    private let voice: RouterVoice
    private let book: LedgerBook
    private let run: RouterRun
    private let log: @Sendable (String) -> Void

    init(
        _ mailboxes: [Mailbox], _ tls: [TLSServer], _ voice: RouterVoice, _ book: LedgerBook, run: RouterRun,
        log: @escaping @Sendable (String) -> Void,
    ) {
        self.mailboxes = mailboxes
        self.tls = tls
        self.voice = voice
        self.book = book
        self.run = run
        self.log = log
    }

    func handle(_ event: LinkClientEvent) {
        state.withLock { state in
            switch event {
            case .connected(let connection):
                voice.connect(connection, hello: hello(state))
                sayEverything(state)
                book.sayAll(voice)
                post(.report)
                log("connected to the control plane")
            case .disconnected(let reason):
                voice.disconnect()
                log("without control plane, serving \(state.services.count) services: \(reason)")
            case .received(.hello): break
            case .received(.settings(let settings)): post(.settings(settings))
            case .received(.certificates(let certificates)): take(certificates, &state)
            case .received(.snapshot(let routes)): take(routes, &state)
            case .received(.publish(let route)): publish(route, isSnapshot: false, &state)
            case .received(.withdraw(let service, let generation)): withdraw(service, generation, &state)
            }
        }
    }

    private func hello(_ state: State) -> RouterHello {
        RouterHello(
            version: linkVersion, processID: run.processID, startedAt: run.startedAt,
            generations: state.table.routes.values
                .map { ServiceGeneration(service: $0.service, generation: $0.generation) }
                .sorted { $0.service < $1.service })
    }

    private func sayEverything(_ state: State) {
        sayDemand(state)
        for service in state.services.values { say(service.drainedInstances(), of: service) }
    }

    private func sayDemand(_ state: State) {
        voice.tell(.demand(state.services.values.map { $0.takeDemand() }.sorted { $0.service < $1.service }))
    }

    private func say(_ drained: [DrainedInstance], of service: SharedService) {
        for instance in drained { voice.tell(drained: instance, of: service.id) }
    }

    private func take(_ routes: [ServiceRoute], _ state: inout State) {
        let named = Set(routes.map(\.service))
        for route in state.table.routes.values where !named.contains(route.service) {
            withdraw(route.service, Int64.max, &state)
        }
        for route in routes { publish(route, isSnapshot: true, &state) }
        sayDemand(state)
        post(.snapshotTaken)
        log("took a snapshot of \(routes.count) services")
    }

    private func take(_ certificates: [RouterCertificate], _ state: inout State) {
        guard let server = tls.first else { return }
        let before = state.certificates.inForce
        let problems = state.certificates.replace(with: certificates) { server.problem(with: $0) }
        for problem in problems { log("\(problem) What its hosts had stays in force.") }
        guard state.certificates.inForce != before else { return }
        // Made here, so that the loops lose no time with reading certificates.
        for (mailbox, server) in zip(mailboxes, tls) {
            do throws(TLSCertificateProblem) {
                let table = try server.table(state.certificates.inForce)
                if !mailbox.post(.certificates(table)) { table.free() }
            } catch {
                log("\(error)")
            }
        }
        log("took \(state.certificates.inForce.count) certificates")
    }

    private func publish(_ route: ServiceRoute, isSnapshot: Bool, _ state: inout State) {
        let tableChange = state.table.publish(route, isSnapshot: isSnapshot)
        guard tableChange.isAccepted else { return }
        let service = service(route.service, &state)
        guard let change = service.change(route, isSnapshot: isSnapshot) else { return }
        // The loops know the instances before any request is sent to one of them.
        post(
            .update(
                RouteUpdate(service: service, route: route, instances: change.instances, hosts: tableChange.hosts)))
        carryOut(change.settlement, of: service)
    }

    private func withdraw(_ id: ServiceID, _ generation: Int64, _ state: inout State) {
        let tableChange = state.table.withdraw(id, generation: generation)
        guard tableChange.isAccepted, let service = state.services.removeValue(forKey: id) else { return }
        let settlement = service.withdraw()
        post(.update(RouteUpdate(service: service, route: nil, instances: [], hosts: tableChange.hosts)))
        carryOut(settlement, of: service)
        book.forget(id)
    }

    private func service(_ id: ServiceID, _ state: inout State) -> SharedService {
        if let existing = state.services[id] { return existing }
        state.servicesMade += 1
        let created = SharedService(id, number: state.servicesMade)
        state.services[id] = created
        book.remember(id)
        return created
    }

    private func carryOut(_ settlement: Settlement, of service: SharedService) {
        for dispatch in settlement.dispatched { mailboxes[loop(of: dispatch.request)].post(.dispatch(dispatch)) }
        for refusal in settlement.refused { mailboxes[loop(of: refusal.request)].post(.refuse(refusal)) }
        say(settlement.drained, of: service)
    }

    private func post(_ command: LoopCommand) {
        for mailbox in mailboxes { mailbox.post(command) }
    }
}

/// The loop that a request belongs to; its number says so.
func loop(of request: UInt64) -> Int { Int(request >> requestLoopShift) }

/// Below these bits of a request's number each loop counts by itself.
let requestLoopShift: UInt64 = 56
