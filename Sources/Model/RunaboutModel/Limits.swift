/// Every bound of the platform in one place, each with its unit and where it comes from.
///
/// What an operator may change is in the configuration file; these are the defaults and the hard ends.
public enum Limits {
    // MARK: Services

    /// How many services one daemon keeps.
    ///
    /// Our choice: route tables and lists stay small enough to hold whole.
    public static let servicesMax = 10_000
    /// Environment variables of one revision.
    ///
    /// Our choice.
    public static let environmentVariablesMax = 512
    /// Bytes of one environment variable's value.
    ///
    /// Source: App Runner `RuntimeEnvironmentVariablesValue`, 0...51200.
    public static let environmentValueBytesMax = 51_200
    /// Bytes of an environment variable's name.
    ///
    /// Our choice.
    public static let environmentNameBytesMax = 255
    /// TCP ports a service's code may listen on.
    public static let portRange = 1...65_535
    /// Bytes of one word of a start command.
    ///
    /// Our choice; the kernel takes 131,072.
    public static let startCommandWordBytesMax = 51_200
    /// Seconds and counts of a health check.
    ///
    /// Source: App Runner `HealthCheckConfiguration`, 1...20 each.
    public static let healthCheckRange = 1...20
    /// Bytes of a health check's path.
    ///
    /// Our choice.
    public static let healthCheckPathBytesMax = 1_024
    /// Seconds an instance may take to become healthy.
    ///
    /// Our choice.
    public static let startDeadlineSecondsRange = 1...3_600
    /// Seconds between SIGTERM and SIGKILL that a service may ask for.
    ///
    /// Our choice.
    public static let stopGraceSecondsRange = 0...3_600
    /// Seconds a request may take that a service may ask for.
    ///
    /// Our choice: up to a day, for streams.
    public static let requestTimeoutSecondsRange = 1...86_400
    /// Seconds that connecting to an instance may take that a service may ask for.
    ///
    /// Our choice.
    public static let connectTimeoutSecondsRange = 1...60
    /// Seconds of silence in a request or a tunnel that a service may ask for.
    ///
    /// Our choice: up to a day, as a request.
    public static let idleTimeoutSecondsRange = 1...86_400
    /// Seconds that the requests of an instance may go on when it is to end that a service may ask for.
    ///
    /// Our choice: up to a day, as a request.
    public static let drainTimeoutSecondsRange = 0...86_400
    /// Letters of a service's name.
    ///
    /// Source: App Runner `ServiceName`.
    public static let serviceNameRange = 4...40
    /// Words of a start command.
    ///
    /// Our choice, far below the kernel's own argument limit.
    public static let startCommandWordsMax = 256
    /// Thousandths of a CPU that one instance may be given: from a twentieth of a core to 64 cores.
    ///
    /// Our choice.
    public static let cpuMillisRange = 50...64_000
    /// Binary megabytes of memory of one instance.
    ///
    /// Below 16 a runtime cannot start a process. Our choice.
    public static let memoryMebibytesRange: ClosedRange<Int64> = 16...262_144
    /// Processes and threads one instance may have.
    ///
    /// Our choice; a fork bomb stays inside it.
    public static let instanceProcessesMax = 512

    /// Deleted services kept for the record.
    ///
    /// Our choice.
    public static let deletedServicesKeptMax = 1_000
    /// Revisions of a service kept, besides those that serve or have instances listed.
    ///
    /// Our choice.
    public static let revisionsKeptMax = 100
    /// Operations of a service kept.
    ///
    /// Our choice.
    public static let operationsKeptMax = 500

    // MARK: Auto scaling

    /// Letters of a configuration's name.
    ///
    /// Source: App Runner `AutoScalingConfigurationName`.
    public static let autoScalingNameRange = 4...32
    /// Seconds of a stabilisation window that a configuration may have.
    ///
    /// Our choice.
    public static let stabilizationSecondsRange = 1...3_600
    /// Requests in flight at one instance.
    ///
    /// Source: App Runner `MaxConcurrency`, 1...200.
    public static let maxConcurrencyRange = 1...200
    /// Instances a service keeps.
    ///
    /// App Runner has 1...25; we add 0, scale to zero.
    public static let minSizeRange = 0...25
    /// Instances a service may have.
    ///
    /// App Runner's quota is 25; a machine of one's own may hold more.
    public static let maxSizeRange = 1...1_000
    /// How far back the greatest want holds the number of instances up.
    ///
    /// Source: DESIGN §7; Knative uses 60 s too.
    public static let stabilizationWindow = Duration.seconds(60)
    /// How long an instance serves nothing before it is frozen.
    ///
    /// Our choice: long enough for keep-alive bursts.
    public static let idleBeforeFreeze = Duration.seconds(10)
    /// How long the router gathers queued requests before it reports the edge, when an instance is already serving.
    ///
    /// A burst of 100 requests arrives over some milliseconds; one decision for all of it beats five for its parts.
    public static let demandSettle = Duration.milliseconds(20)
    /// How often the router reports changed demand when nothing queues.
    ///
    /// Our choice.
    public static let demandReportInterval = Duration.milliseconds(500)
    /// Scaling decisions kept for `explain`, per service.
    ///
    /// Our choice.
    public static let decisionsKeptMax = 500
    /// Between two steps down, each of at most half the instances.
    ///
    /// Our choice: a step shows its effect before the next.
    public static let scaleDownInterval = Duration.seconds(5)
    /// Parts a window of demand is kept in; the greatest load of each is known.
    ///
    /// 60 of 60 s are a second each. Our choice.
    public static let demandWindowParts = 60
    /// How long a service that lacks memory for an instance waits before it looks again.
    ///
    /// Our choice: nobody reports memory that other services gave back.
    public static let capacityRetryInterval = Duration.seconds(5)

    // MARK: Instances

    /// From the start of an instance to its first passed probe.
    ///
    /// Source: App Runner allows 5 minutes; users found it far too long to wait for a mistake, so the default is 60 s
    /// and configurable.
    public static let startDeadline = Duration.seconds(60)
    /// Between SIGTERM and SIGKILL.
    ///
    /// Our choice; the field uses 10...30 s.
    public static let stopGrace = Duration.seconds(10)
    /// How long an instance that is being drained may finish its requests.
    ///
    /// Source: App Runner's request limit, 120 s.
    public static let drainDeadline = Duration.seconds(120)
    /// The first wait after a crash; doubles with each further crash.
    ///
    /// Our choice.
    public static let crashBackoffFirst = Duration.seconds(1)
    /// The longest wait between restarts of a crashing instance.
    ///
    /// Our choice; Kubernetes uses 300 s.
    public static let crashBackoffMax = Duration.seconds(60)
    /// How long an instance must have run for earlier crashes to be forgotten.
    ///
    /// Our choice.
    public static let crashForgottenAfter = Duration.seconds(60)
    /// How many starts of a deployment's instances may fail before the deployment fails.
    ///
    /// Our choice.
    public static let deploymentStartAttemptsMax = 3
    /// Log lines given with a failed operation.
    ///
    /// Source: peers give about 50; an API answer should stay readable.
    public static let failureLogLinesMax = 50
    /// Bytes of one instance's log file; conmon starts it anew beyond.
    ///
    /// Our choice.
    public static let instanceLogBytesMax = ByteCount.mebibytes(16)
    /// Stopped and failed instances listed per service.
    ///
    /// Our choice.
    public static let endedInstancesKeptMax = 20
    /// The first wait between probes of an instance that starts; doubles.
    ///
    /// Our choice: a start that takes 50 ms is then seen as such, where the interval of 5 s would make it 5 s.
    public static let startProbeIntervalFirst = Duration.milliseconds(20)
    /// The longest wait between probes of an instance that starts.
    ///
    /// Our choice: slow starters are noticed 250 ms late at most, at four cheap probes a second while they start.
    public static let startProbeIntervalMax = Duration.milliseconds(250)
    /// How long beyond its timeout a probe's report may take before it counts as lost and is asked for again.
    ///
    /// Our choice: far more than a loaded machine needs to run a timer.
    public static let probeReportGrace = Duration.seconds(5)
    /// How long an effect (freeze, thaw, release, and a stop beyond its grace) may go without a visible result before
    /// it is asked for again.
    ///
    /// Our choice: each takes milliseconds.
    public static let effectRetryInterval = Duration.seconds(5)
    /// Crashes in a row after which requests are refused with a reason, not queued, while the next start waits.
    ///
    /// Our choice: one crash is no reason to refuse, three are a crash loop.
    public static let crashesUntilFailing = 3
    /// Bytes of one line of a log; a longer one is given in pieces.
    ///
    /// Our choice.
    public static let logLineBytesMax = ByteCount.kibibytes(256)
    /// From the call of the container runtime to a created container; it takes about 60 ms.
    ///
    /// Our choice: a busy disk.
    public static let containerCreateDeadline = Duration.seconds(60)
    /// How long every process of an instance may take to be frozen.
    ///
    /// Our choice: it takes a millisecond at most.
    public static let freezeDeadline = Duration.seconds(2)
    /// From SIGKILL to the end of a process; longer when its disk hangs.
    ///
    /// Our choice.
    public static let killDeadline = Duration.seconds(10)
}
