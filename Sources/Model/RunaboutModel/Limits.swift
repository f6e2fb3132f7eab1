public import OCI

/// Every bound of the platform in one place, each with its unit and where it comes from.
///
/// What an operator may change is in the configuration file; these are the defaults and the hard ends.
public enum Limits {
    // MARK: Services

    /// How many services one daemon keeps. Our choice: route tables and lists stay small enough to hold whole.
    public static let servicesMax = 10_000
    /// Environment variables of one revision. Our choice.
    public static let environmentVariablesMax = 512
    /// Bytes of one environment variable's value. Source: App Runner `RuntimeEnvironmentVariablesValue`, 0...51200.
    public static let environmentValueBytesMax = 51_200
    /// Bytes of an environment variable's name. Our choice.
    public static let environmentNameBytesMax = 255
    /// TCP ports a service's code may listen on.
    public static let portRange = 1...65_535
    /// Bytes of one word of a start command. Our choice; the kernel takes 131,072.
    public static let startCommandWordBytesMax = 51_200
    /// Seconds and counts of a health check. Source: App Runner `HealthCheckConfiguration`, 1...20 each.
    public static let healthCheckRange = 1...20
    /// Bytes of a health check's path. Our choice.
    public static let healthCheckPathBytesMax = 1_024
    /// Seconds an instance may take to become healthy. Our choice.
    public static let startDeadlineSecondsRange = 1...3_600
    /// Seconds between SIGTERM and SIGKILL that a service may ask for. Our choice.
    public static let stopGraceSecondsRange = 0...3_600
    /// Seconds a request may take that a service may ask for. Our choice: up to a day, for streams.
    public static let requestTimeoutSecondsRange = 1...86_400
    /// Letters of a service's name. Source: App Runner `ServiceName`.
    public static let serviceNameRange = 4...40
    /// Words of a start command. Our choice, far below the kernel's own argument limit.
    public static let startCommandWordsMax = 256
    /// Thousandths of a CPU that one instance may be given: from a twentieth of a core to 64 cores. Our choice.
    public static let cpuMillisRange = 50...64_000
    /// Binary megabytes of memory of one instance. Below 16 a runtime cannot start a process. Our choice.
    public static let memoryMebibytesRange: ClosedRange<Int64> = 16...262_144
    /// Processes and threads one instance may have. Our choice; a fork bomb stays inside it.
    public static let instanceProcessesMax = 512

    /// Deleted services kept for the record. Our choice.
    public static let deletedServicesKeptMax = 1_000
    /// Revisions of a service kept, besides those that serve or have instances listed. Our choice.
    public static let revisionsKeptMax = 100
    /// Operations of a service kept. Our choice.
    public static let operationsKeptMax = 500

    // MARK: Auto scaling

    /// Letters of a configuration's name. Source: App Runner `AutoScalingConfigurationName`.
    public static let autoScalingNameRange = 4...32
    /// Seconds of a stabilisation window that a configuration may have. Our choice.
    public static let stabilizationSecondsRange = 1...3_600
    /// Requests in flight at one instance. Source: App Runner `MaxConcurrency`, 1...200.
    public static let maxConcurrencyRange = 1...200
    /// Instances a service keeps. App Runner has 1...25; we add 0, scale to zero.
    public static let minSizeRange = 0...25
    /// Instances a service may have. App Runner's quota is 25; a machine of one's own may hold more.
    public static let maxSizeRange = 1...1_000
    /// How far back the greatest want holds the number of instances up. Source: DESIGN §7; Knative uses 60 s too.
    public static let stabilizationWindow = Duration.seconds(60)
    /// How long an instance serves nothing before it is frozen. Our choice: long enough for keep-alive bursts.
    public static let idleBeforeFreeze = Duration.seconds(10)
    /// How long the router gathers queued requests before it reports the edge, when an instance is already serving.
    ///
    /// A burst of 100 requests arrives over some milliseconds; one decision for all of it beats five for its parts.
    public static let demandSettle = Duration.milliseconds(20)
    /// How often the router reports changed demand when nothing queues. Our choice.
    public static let demandReportInterval = Duration.milliseconds(500)
    /// Scaling decisions kept for `explain`, per service. Our choice.
    public static let decisionsKeptMax = 500
    /// Between two steps down, each of at most half the instances. Our choice: a step shows its effect before the next.
    public static let scaleDownInterval = Duration.seconds(5)
    /// Parts a window of demand is kept in; the greatest load of each is known. 60 of 60 s are a second each. Our choice.
    public static let demandWindowParts = 60
    /// How long a service that lacks memory for an instance waits before it looks again. Our choice: nobody reports
    /// memory that other services gave back.
    public static let capacityRetryInterval = Duration.seconds(5)

    // MARK: Instances

    /// From the start of an instance to its first passed probe. Source: App Runner allows 5 minutes; users found it
    /// far too long to wait for a mistake, so the default is 60 s and configurable.
    public static let startDeadline = Duration.seconds(60)
    /// Between SIGTERM and SIGKILL. Our choice; the field uses 10...30 s.
    public static let stopGrace = Duration.seconds(10)
    /// How long an instance that is being drained may finish its requests. Source: App Runner's request limit, 120 s.
    public static let drainDeadline = Duration.seconds(120)
    /// The first wait after a crash; doubles with each further crash. Our choice.
    public static let crashBackoffFirst = Duration.seconds(1)
    /// The longest wait between restarts of a crashing instance. Our choice; Kubernetes uses 300 s.
    public static let crashBackoffMax = Duration.seconds(60)
    /// How long an instance must have run for earlier crashes to be forgotten. Our choice.
    public static let crashForgottenAfter = Duration.seconds(60)
    /// How many starts of a deployment's instances may fail before the deployment fails. Our choice.
    public static let deploymentStartAttemptsMax = 3
    /// Log lines given with a failed operation. Source: peers give about 50; an API answer should stay readable.
    public static let failureLogLinesMax = 50
    /// Bytes of one instance's log file; conmon starts it anew beyond. Our choice.
    public static let instanceLogBytesMax = ByteCount.mebibytes(16)
    /// Stopped and failed instances listed per service. Our choice.
    public static let endedInstancesKeptMax = 20
    /// The first wait between probes of an instance that starts; doubles. Our choice: a start that takes 50 ms is then
    /// seen as such, where the interval of 5 s would make it 5 s.
    public static let startProbeIntervalFirst = Duration.milliseconds(20)
    /// The longest wait between probes of an instance that starts. Our choice: slow starters are noticed 250 ms late
    /// at most, at four cheap probes a second while they start.
    public static let startProbeIntervalMax = Duration.milliseconds(250)
    /// How long beyond its timeout a probe's report may take before it counts as lost and is asked for again. Our
    /// choice: far more than a loaded machine needs to run a timer.
    public static let probeReportGrace = Duration.seconds(5)
    /// How long an effect (freeze, thaw, release, and a stop beyond its grace) may go without a visible result before
    /// it is asked for again. Our choice: each takes milliseconds.
    public static let effectRetryInterval = Duration.seconds(5)
    /// Crashes in a row after which requests are refused with a reason, not queued, while the next start waits. Our
    /// choice: one crash is no reason to refuse, three are a crash loop.
    public static let crashesUntilFailing = 3
    /// Bytes of one line of a log; a longer one is given in pieces. Our choice.
    public static let logLineBytesMax = ByteCount.kibibytes(256)
    /// From the call of the container runtime to a created container; it takes about 60 ms. Our choice: a busy disk.
    public static let containerCreateDeadline = Duration.seconds(60)
    /// How long every process of an instance may take to be frozen. Our choice: it takes a millisecond at most.
    public static let freezeDeadline = Duration.seconds(2)
    /// From SIGKILL to the end of a process; longer when its disk hangs. Our choice.
    public static let killDeadline = Duration.seconds(10)

    // MARK: Requests

    /// Fewest requests a service's queue holds. Source: DESIGN §6.
    public static let queueLengthFloor = 1_000
    /// Queue length per unit of capacity. Source: DESIGN §6; Knative's breaker uses the same factor.
    public static let queuePerConcurrency = 10
    /// The shortest limit on waiting in the queue. Source: DESIGN §6.
    public static let queueWaitFloor = Duration.seconds(10)
    /// How long a request may queue, in percent of the time the service's starts take. Source: DESIGN §6, 3.5 times.
    public static let queueWaitStartPercent: Int64 = 350
    /// From a request's first byte to its answer's last. Source: App Runner, 120 s.
    public static let requestTimeout = Duration.seconds(120)
    /// Bytes of a request or response head. Source: DESIGN §6; nginx's default is 4 × 8 KiB.
    public static let headBytesMax = 32_768
    /// Headers in one head. Our choice; HAProxy's default is 101.
    public static let headersMax = 128
    /// From connecting, or the first byte of a head, to its end. Source: HAProxy's recommended `http-request` timeout.
    public static let headTimeout = Duration.seconds(10)
    /// How long a client connection may stay idle between requests. Source: nginx `keepalive_timeout`, 75 s.
    public static let keepAliveTimeout = Duration.seconds(75)
    /// Connecting to an instance. Our choice: it is on the same machine.
    public static let connectTimeout = Duration.seconds(5)
    /// Bytes held for a slow reader before its producer is no longer read. Source: perf spikes.
    public static let sendQueueBytesMax = 262_144
    /// Up to this `maxConcurrency` the first instance with room gets a request, above it the least busy one.
    /// Source: DESIGN §6; Knative's activator draws the line at 3 too.
    public static let firstAvailableConcurrencyMax = 3
    /// How long an instance to which no connection could be made gets no request. Our choice: a crashed instance is
    /// taken out of the route much sooner.
    public static let suspectPause = Duration.milliseconds(250)
    /// Bytes of a request's method. Our choice; the longest registered one has 17.
    public static let methodBytesMax = 32
    /// Bytes of a request's target. Source: RFC 9112 §3 asks for at least 8,000.
    public static let targetBytesMax = 16_384
    /// Bytes of a `Host` value: a DNS name of 253 and a port.
    public static let hostBytesMax = 260
    /// Bytes of an `X-Amzn-Trace-Id` that is passed on; a longer one is replaced. Our choice.
    public static let traceIDBytesMax = 256
    /// Hexadecimal digits of a chunk's size: up to 2^60 bytes.
    public static let chunkSizeDigitsMax = 15
    /// Bytes of all chunk extensions of one body. Our choice: nobody uses them but for attacks.
    public static let chunkExtensionBytesMax = 4_096
    /// Heads with a status of 1xx before the answer. Our choice.
    public static let interimResponsesMax = 16
    /// How long a client may send nothing of a body that it has begun. Source: nginx `client_body_timeout` has 60 s.
    public static let bodyIdleTimeout = Duration.seconds(30)
    /// How long a client may take nothing of an answer that waits for it. Source: nginx `send_timeout`, 60 s.
    public static let sendIdleTimeout = Duration.seconds(60)
    /// How long a tunnel (WebSocket) may carry nothing. Our choice: an hour, since pings are the application's business.
    public static let tunnelIdleTimeout = Duration.seconds(3_600)
    /// How long a refused client is listened to after the refusal, so that it can read it. Source: RFC 9112 §9.6;
    /// nginx `lingering_timeout` has 5 s.
    public static let lingerTimeout = Duration.seconds(2)
    /// How long an unused connection to an instance is kept. Our choice: below common servers' own limits of 60 s.
    public static let upstreamIdleTimeout = Duration.seconds(50)
    /// Unused connections kept for each instance; at most its requests in flight are ever needed.
    public static let upstreamIdleMax = 200
    /// Bytes that the router reads at once. Source: perf spikes; larger reads gain nothing at 64 KB answers.
    public static let readBufferBytes = 131_072
    /// Reads of one connection before others get their turn. Our choice.
    public static let readsPerTurnMax = 8
    /// Connections that one listener accepts before others get their turn. Our choice.
    public static let acceptsPerTurnMax = 64
    /// Up to this many bytes of a body go out with its head in one write. Our choice: copying them costs less than
    /// a system call.
    public static let coalescedBytesMax = 16_384
    /// Descriptors that client connections may not take: listeners, logs, the link, one spare. Our choice.
    public static let descriptorsReserved = 64
    /// How long accepting stops when the machine has no descriptor left, unless one comes free here. Our choice.
    public static let acceptPause = Duration.milliseconds(100)
    /// How long a router that has just started lets connections wait for its first route table. Our choice: longer than
    /// the link takes to heal, shorter than clients wait for an answer.
    public static let firstRoutesWait = Duration.seconds(10)
    /// Reports of answered requests that had waited for an instance, in one `demandReportInterval`. Our choice.
    public static let wakeReportsPerIntervalMax = 32
    /// How long running requests may go on when the router is told to stop. Source: App Runner's request limit, 120 s.
    public static let routerDrainDeadline = Duration.seconds(120)

    // MARK: Control API

    /// Bytes of a request body of the control API. Our choice; the largest legal service is far smaller.
    public static let apiBodyBytesMax = 1_048_576
    /// Items on one page of a list when the caller gives none, and the most it may ask for. Our choice.
    public static let pageSizeDefault = 100
    /// The most items on one page.
    public static let pageSizeMax = 1_000
    /// Events kept. Our choice: months of an ordinary machine.
    public static let eventsKeptMax = 200_000
    /// Streams of server-sent events open at once. Our choice.
    public static let eventStreamsMax = 256
    /// How long an idempotency key is remembered. Our choice; the field's usual figure.
    public static let idempotencyKeyLifetime = Duration.seconds(86_400)
    /// Idempotency keys remembered at once. Our choice.
    public static let idempotencyKeysMax = 10_000
    /// Bytes of an idempotency key. Our choice; the field's usual figure.
    public static let idempotencyKeyBytesMax = 255
    /// Revisions of auto scaling configurations in all. Our choice.
    public static let autoScalingConfigurationsMax = 1_000
    /// How often an event or log stream without news sends a byte, so that a client that left is noticed. Source:
    /// proxies commonly end connections that are silent for 60 s.
    public static let streamHeartbeat = Duration.seconds(15)
    /// How deep arrays and objects of a request body may nest. Our choice; the deepest legal body nests 3.
    public static let jsonDepthMax = 32
    /// Log lines given before following when the caller gives no number. Our choice.
    public static let logTailDefault = 100
    /// The most log lines given before following. Our choice.
    public static let logTailMax = 10_000
    /// Bytes of a caller's request id. Our choice; a UUID has 36.
    public static let requestIDBytesMax = 128
    /// Bytes of one server-sent event or log line that a client takes. Our choice, above every line we send.
    public static let streamLineBytesMax = 4_194_304
    /// How long a client waits for the head of an answer. Our choice; no answer waits for an operation.
    public static let clientAnswerTimeout = Duration.seconds(30)
    /// How often a live status table asks again for demand, of which no event tells. Our choice.
    public static let statusRefreshInterval = Duration.milliseconds(300)

    // MARK: Registry

    /// Bytes of a manifest. Source: distribution-spec asks for at least 4 MiB.
    public static let manifestBytesMax = 4_194_304
    /// Everything about storing and unpacking images, for the modules that do not know the platform.
    ///
    /// In order of the fields that are not above: a configuration of 4 MiB, as a manifest; 1,024 uploads at once; an untouched upload kept a
    /// day, so that a push can be resumed after a night; files moved in 256 KiB, where throughput stops growing;
    /// 127 layers, overlayfs's and Docker's practical end; 500,000 entries, ten times a full Debian; paths of 4,096
    /// bytes, PATH_MAX; 256 levels, which bounds open descriptors while a tree is removed; 1 MiB of extended headers;
    /// 32 GiB a layer; 200 times its blob's size, where ordinary layers have 2 to 20 times and gzip can reach 1,032;
    /// 64 MiB whatever the ratio; two unpacked at once. Source: our choice where none is named.
    public static let images = ImageLimits(
        manifestBytesMax: manifestBytesMax,
        configurationBytesMax: 4_194_304,
        uploadSessionsMax: 1_024,
        uploadIdleMax: .seconds(86_400),
        chunkBytes: 262_144,
        pageSizeMax: pageSizeMax,
        layersMax: 127,
        layerEntriesMax: 500_000,
        layerPathBytesMax: 4_096,
        layerPathDepthMax: 256,
        layerHeaderBytesMax: 1_048_576,
        layerBytesMax: ByteCount.mebibytes(32_768).bytes,
        layerExpansionMax: 200,
        layerExpansionFloorBytes: ByteCount.mebibytes(64).bytes,
        unpacksMax: 2,
    )

    // MARK: Store

    /// Connections that read at once. Our choice: reads take microseconds to milliseconds.
    public static let storeReadersMax = 4
    /// How long a statement waits for another process, such as a backup, that holds the database. Our choice.
    public static let storeBusyTimeout = Duration.seconds(5)
    /// Bytes of the write-ahead log's file kept between checkpoints. Our choice.
    public static let storeLogBytesMax = ByteCount.mebibytes(64)

    // MARK: Link

    /// Bytes of one message between router and control plane. A table of 10,000 services is about 5 MB.
    public static let linkMessageBytesMax = 33_554_432
    /// Ledger entries in one report; more are counted and dropped, so that a flood of errors can't fill the link.
    public static let ledgerEntriesPerReportMax = 200
    /// Events from routers that the control plane has not read yet; beyond, the link is cut and all is said anew.
    public static let linkEventsBufferedMax = 10_000
    /// Messages that the router holds for the control plane; beyond, the link is cut and all is said anew.
    public static let linkMessagesQueuedMax = 10_000
    /// The first wait before the router connects to the control plane again; doubles. Our choice.
    public static let linkRetryFirst = Duration.milliseconds(50)
    /// The longest wait before the router connects again. Our choice: a restart of the daemon should not be felt.
    public static let linkRetryMax = Duration.seconds(1)

    // MARK: Reconciler

    /// Services that are planned at once. Our choice: plans are short, and the database reads one at a time per core.
    public static let reconcilesAtOnceMax = 16
    /// Instances that are made at once. Our choice: more only make each other slow on an ordinary machine.
    public static let startsAtOnceMax = 8
    /// Stops, freezes and releases under way at once. Our choice: they mostly wait.
    public static let effectsAtOnceMax = 64
    /// Probes under way at once. Our choice: each is one connection for at most its timeout.
    public static let probesAtOnceMax = 256
    /// Making and starting an instance, the unpacking of its image included. Our choice: a large image on a slow disk.
    public static let startEffectDeadline = Duration.seconds(600)
    /// Freezing or thawing an instance; it takes about a millisecond. Our choice.
    public static let freezeEffectDeadline = Duration.seconds(5)
    /// What stopping an instance may take beyond its grace. Our choice.
    public static let stopEffectSlack = Duration.seconds(30)
    /// Releasing what an ended instance held. Our choice.
    public static let releaseEffectDeadline = Duration.seconds(60)
    /// How long the end of a stopped instance's process may take to be reported. Our choice.
    public static let exitReportWait = Duration.seconds(2)
    /// Reading the last lines of a failed instance's log. Our choice.
    public static let failureLogDeadline = Duration.seconds(2)
    /// The first wait after the store or the runtime failed; doubles with each further failure. Our choice.
    public static let retryBackoffFirst = Duration.milliseconds(100)
    /// The longest wait before the store or the runtime is tried again. Our choice.
    public static let retryBackoffMax = Duration.seconds(30)
    /// Bytes of memory that are never promised to instances: the kernel's and the platform's own. Our choice.
    public static let memoryReserve = ByteCount.mebibytes(256)
    /// Decisions, wakes and ledger entries that wait to be written; beyond it the oldest are dropped. Our choice.
    public static let recordsBufferedMax = 4_096
    /// How long records are gathered before they are written together. Our choice.
    public static let recordFlushInterval = Duration.milliseconds(250)
    /// Bytes of the head of an answer to a health check. Our choice; only its first line matters.
    public static let probeHeadBytesMax = 8_192

    // MARK: Daemon

    /// Connections that may wait to be accepted on a listening socket. Source: Linux caps it at `somaxconn`, 4096.
    public static let listenBacklog: Int32 = 4_096
    /// How long an earlier daemon's router may take to say hello before it is replaced. Our choice; it reconnects
    /// within a second.
    public static let routerAdoptionWait = Duration.seconds(5)
    /// How long a router that is told to end may finish its requests. Our choice for development, where someone waits.
    public static let routerStopDeadline = Duration.seconds(10)
    /// A router that ran this long is started again at once when it ends. Our choice.
    public static let routerSettledAfter = Duration.seconds(5)
    /// The longest wait before a router is started again. Our choice.
    public static let routerBackoffMax = Duration.seconds(5)
    /// How long after the first signal to stop another one counts as a second wish. Our choice.
    public static let secondSignalAfter = Duration.milliseconds(500)
    /// Event loop threads of the daemon: both APIs and the link. Our choice: none of them is on the request path.
    public static let daemonEventLoops = 2
    /// Threads of the daemon for file IO. Our choice: uploads are bound by the disk, not by threads.
    public static let daemonBlockingThreads = 4
}
