import RunaboutModel
import RunaboutRuntime

/// Something slow that is done beside the loop and reports back.
enum Effect: Sendable {
    case start(InstanceSpecification)
    case stop(InstanceID, ServiceID, graceSeconds: Int)
    case freeze(InstanceID, ServiceID)
    case release(InstanceID, ServiceID)
    case probe(InstanceID, ServiceID, InstanceAddress, HealthCheckConfiguration, InstanceProtocol)
}

/// One piece of work that the loop starts as a child task.
enum Job: Sendable {
    case reconcile(ServiceID)
    case effect(Effect)
    case writeRecords

    /// Which jobs share a bound on how many run at once.
    enum Lane: Int, CaseIterable {
        case reconcile
        case start
        case effect
        case probe
        case records

        var limit: Int {
            switch self {
            case .reconcile: Limits.reconcilesAtOnceMax
            case .start: Limits.startsAtOnceMax
            case .effect: Limits.effectsAtOnceMax
            case .probe: Limits.probesAtOnceMax
            case .records: 1
            }
        }
    }

    var lane: Lane {
        switch self {
        case .reconcile: .reconcile
        case .writeRecords: .records
        case .effect(.start): .start
        case .effect(.probe): .probe
        case .effect: .effect
        }
    }
}

/// What is to be done and what is being done: each service at most once at a time, each kind of job within its bound.
///
/// A service that is poked while it is being reconciled is reconciled once more afterwards, however often it was poked.
/// The queues are bounded by what exists: a service waits at most once, an instance has at most one effect and one
/// probe.
struct Agenda {
    private struct Line {
        var running = 0
        var waiting: [Job] = []
        var first = 0

        mutating func take() -> Job? {
            guard first < waiting.count else { return nil }
            defer {
                first += 1
                // Moving the rest down only once half is used up keeps taking cheap on average.
                if first * 2 > waiting.count {
                    waiting.removeFirst(first)
                    first = 0
                }
            }
            return waiting[first]
        }
    }

    private var lines = [Line](repeating: Line(), count: Job.Lane.allCases.count)
    private var waiting: Set<ServiceID> = []
    private var running: Set<ServiceID> = []
    private var pokedAgain: Set<ServiceID> = []

    /// Asks for a service to be reconciled.
    mutating func poke(_ service: ServiceID) {
        if running.contains(service) {
            pokedAgain.insert(service)
        } else if waiting.insert(service).inserted {
            enqueue(.reconcile(service))
        }
    }

    /// Asks for an effect or for the records to be written.
    mutating func enqueue(_ job: Job) { lines[job.lane.rawValue].waiting.append(job) }

    /// Jobs to be started now, in the order in which they were asked for within their lane.
    mutating func next() -> [Job] {
        var jobs: [Job] = []
        for lane in Job.Lane.allCases {
            while lines[lane.rawValue].running < lane.limit, let job = lines[lane.rawValue].take() {
                lines[lane.rawValue].running += 1
                if case .reconcile(let service) = job {
                    waiting.remove(service)
                    running.insert(service)
                }
                jobs.append(job)
            }
        }
        return jobs
    }

    /// Notes that a job that ``next()`` gave has ended.
    mutating func finished(_ job: Job) {
        lines[job.lane.rawValue].running -= 1
        if case .reconcile(let service) = job {
            running.remove(service)
            if pokedAgain.remove(service) != nil { poke(service) }
        }
    }
}
