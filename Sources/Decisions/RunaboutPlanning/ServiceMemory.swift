import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
package import RunaboutRouting

/// What the loop remembers of one service between two plans; empty after a restart.
///
/// Nothing in it is needed to be correct: an empty memory costs time (a window is watched anew, a crash is forgotten),
/// never a request.
public struct ServiceMemory: Equatable, Sendable {
    /// The generation of the last route that was published or withdrawn; the next has the next number.
    public internal(set) var routeGeneration: Int64
    /// The route as last published by this process; nil before that, and after it was withdrawn.
    package internal(set) var route: ServiceRoute?
    /// What is remembered of each instance that has a row.
    var instances: [InstanceID: InstanceMemory] = [:]
    /// What the router said.
    var demand = DemandMemory()
    /// When instances were last told to end because fewer are wanted.
    var lastDownAt: MonotonicTime?
    /// Crashes in a row of each revision's instances.
    var crashes: [RevisionID: CrashMemory] = [:]
    /// How the revision that an operation wants to see running fares.
    var trial: TrialMemory?
    /// How long the slowest known start of the service's instances took, in milliseconds.
    var learnedStartMilliseconds: Int64 = 0

    /// Nothing remembered; routes are numbered from the one after the base.
    public init(routeGeneration: Int64 = 0) {
        self.routeGeneration = routeGeneration
    }
}

/// What is remembered of one instance.
struct InstanceMemory: Equatable, Sendable {
    /// How far freezing it is.
    enum Freezing: Equatable, Sendable {
        /// It gets no new requests and finishes those it has.
        case draining
        /// It was asked for at this time.
        case asked(MonotonicTime)
    }

    /// When it was first seen, or decided.
    let firstSeen: MonotonicTime
    /// What its probes say; nil until its process runs.
    var health: HealthState?
    /// How far freezing it is; nil when it is not being frozen.
    var freezing: Freezing?
    /// When its thaw was asked for; nil once it shows.
    var thawAskedAt: MonotonicTime?
    /// Not frozen before this time, because freezing it failed.
    var freezeNotBefore: MonotonicTime?
    /// When its end was asked for.
    var stopAskedAt: MonotonicTime?
    /// When its release was asked for.
    var releaseAskedAt: MonotonicTime?
    /// Why its end is wished, one sentence; nil when it is not, or against our wish.
    var wishedEnd: String?

    init(firstSeen: MonotonicTime) { self.firstSeen = firstSeen }
}

/// What the router said of a service, over time.
struct DemandMemory: Equatable, Sendable {
    /// Its newest word; tells a new one from the same one seen again.
    var newest: ServiceDemand?
    /// Since when it has spoken without a gap.
    var since: MonotonicTime?
    /// Loads of the stabilisation window.
    var window = DemandWindow()
    /// Since when no request ran, waited or came; nil while one does.
    var idleSince: MonotonicTime?
}

/// Crashes in a row.
struct CrashMemory: Equatable, Sendable {
    /// How many: those of instances that had started before the last one are not counted again.
    var count: Int
    /// The last.
    var lastAt: MonotonicTime
    /// No instance starts before this time.
    var notBefore: MonotonicTime
    /// What the last one was, one sentence.
    var reason: String
}

/// How a revision fares that an operation (a deployment, a resumption) wants to see running.
struct TrialMemory: Equatable, Sendable {
    /// The operation.
    let operation: OperationID
    /// The revision.
    let revision: RevisionID
    /// When this process first planned for it.
    let since: MonotonicTime
    /// How many starts of its instances failed.
    var failedStarts = 0
    /// What the last of them was.
    var lastFailure: StartFailure?
    /// Whether trying again makes no sense: out of memory, or a whole deadline without a passed probe.
    var isHopeless = false
}

/// A start that came to nothing.
struct StartFailure: Equatable, Sendable {
    let instance: InstanceID
    let code: OperationFailure.Code
    let message: String
    let exit: InstanceExit?
}
