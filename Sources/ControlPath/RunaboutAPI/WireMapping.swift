import RunaboutAutoscaling
import RunaboutControlPlane
import RunaboutModel
import RunaboutRouting
import RunaboutWire

extension ServiceBody {
    /// The body of a detail.
    init(_ detail: ServiceDetail, at address: PublicAddress) {
        self.init(
            detail.service,
            at: address,
            autoScaling: detail.autoScaling,
            revision: detail.revision,
            instances: detail.instances,
            operation: detail.operation,
        )
    }
}

extension CreateServiceRequest {
    /// The request a body stands for.
    init(_ body: CreateServiceBody) {
        self.init(
            name: body.name,
            image: body.image,
            configuration: (body.configuration ?? InstanceConfigurationBody()).model,
            autoScaling: body.autoScaling,
        )
    }
}

extension UpdateServiceRequest {
    /// The request a body stands for.
    init(_ body: UpdateServiceBody) {
        self.init(image: body.image, configuration: body.configuration?.model, autoScaling: body.autoScaling)
    }
}

extension CreateAutoScalingConfigurationRequest {
    /// The request a body stands for, what is absent being the default of App Runner.
    init(_ body: CreateAutoScalingConfigurationBody) {
        self.init(
            name: body.name,
            maxConcurrency: body.maxConcurrency ?? 100,
            minSize: body.minSize ?? 1,
            maxSize: body.maxSize ?? 25,
            stabilizationSeconds: body.stabilizationSeconds ?? Int(Limits.stabilizationWindow.components.seconds),
        )
    }
}

extension HealthBody {
    /// The body of the parts' health.
    init(_ health: PlatformHealth, version: String) {
        self.init(
            isRouterConnected: health.isRouterConnected,
            runtime: health.runtime,
            missingIsolation: health.missingIsolation,
            notices: health.notices,
            version: version,
        )
    }
}

extension ExplanationBody {
    /// The body of an explanation, at most so many of each kind.
    init(_ explanation: Explanation, limit: Int) {
        self.init(
            decisions: explanation.decisions.prefix(limit).map { ScaleDecisionBody($0.decision, at: $0.at) },
            wakes: explanation.wakes.prefix(limit).map { WakeBody($0.report, instance: $0.instance) },
            failures: explanation.failures.prefix(limit).map { RequestFailureBody($0) },
            demand: explanation.demand.map { DemandBody($0) },
        )
    }
}

extension ScaleDecisionBody {
    /// The body of a decision made at this wall-clock time.
    init(_ decision: ScaleDecision, at: UnixTime) {
        self.init(
            at: Timestamp(at),
            inFlight: decision.inFlight,
            queued: decision.queued,
            maxConcurrency: decision.maxConcurrency,
            wanted: decision.wanted,
            windowMax: decision.windowMax,
            current: decision.current,
            desired: decision.desired,
            rule: decision.rule.rawValue,
            bound: decision.bound.rawValue,
        )
    }
}

extension WakeBody {
    /// The body of a wake, with the start of the instance that answered where the request waited for that start.
    ///
    /// An instance that had started before the request came was thawed or became free: its start is no part of the wait.
    init(_ report: WakeReport, instance: Instance?) {
        let arrived = report.at.milliseconds - report.firstByteMilliseconds - report.queueMilliseconds
        let awaited = instance.flatMap { instance in
            instance.createdAt.milliseconds + instance.timings.totalMilliseconds >= arrived ? instance : nil
        }
        self.init(
            at: Timestamp(report.at),
            instance: report.instance,
            queueMilliseconds: report.queueMilliseconds,
            timings: awaited.map { StartTimingsBody($0.timings) },
            firstByteMilliseconds: report.firstByteMilliseconds,
        )
    }
}

extension RequestFailureBody {
    /// The body of a ledger entry.
    init(_ entry: LedgerEntry) {
        self.init(
            at: Timestamp(entry.at),
            instance: entry.instance,
            requestId: entry.requestID,
            outcome: Self.word(entry.outcome),
            queueMilliseconds: entry.queueMilliseconds,
            totalMilliseconds: entry.totalMilliseconds,
        )
    }

    private static func word(_ outcome: RequestOutcome) -> String {
        switch outcome {
        case .answered: "answered"
        case .clientGone: "clientGone"
        case .platformError(let code): code.rawValue
        }
    }
}

extension DemandBody {
    /// The body of the router's word.
    init(_ demand: ServiceDemand) {
        self.init(
            inFlight: demand.inFlight,
            queued: demand.queued,
            peak: demand.peak,
            accepted: demand.accepted,
            instances: demand.instances.map { InstanceDemandBody(id: $0.id, inFlight: $0.inFlight) },
        )
    }
}
