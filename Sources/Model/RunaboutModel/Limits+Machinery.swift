/// Bounds of the platform's own parts.
extension Limits {
    // MARK: Store

    /// Connections that read at once.
    ///
    /// Our choice: reads take microseconds to milliseconds.
    public static let storeReadersMax = 4
    /// How long a statement waits for another process, such as a backup, that holds the database.
    ///
    /// Our choice.
    public static let storeBusyTimeout = Duration.seconds(5)
    /// Bytes of the write-ahead log's file kept between checkpoints.
    ///
    /// Our choice.
    public static let storeLogBytesMax = ByteCount.mebibytes(64)

    // MARK: Link

    /// Bytes of one message between router and control plane.
    ///
    /// A table of 10,000 services is about 5 MB.
    public static let linkMessageBytesMax = 33_554_432
    /// Ledger entries in one report; more are counted and dropped, so that a flood of errors can't fill the link.
    public static let ledgerEntriesPerReportMax = 200
    /// Events from routers that the control plane has not read yet; beyond, the link is cut and all is said anew.
    public static let linkEventsBufferedMax = 10_000
    /// Messages that the router holds for the control plane; beyond, the link is cut and all is said anew.
    public static let linkMessagesQueuedMax = 10_000
    /// The first wait before the router connects to the control plane again; doubles.
    ///
    /// Our choice.
    public static let linkRetryFirst = Duration.milliseconds(50)
    /// The longest wait before the router connects again.
    ///
    /// Our choice: a restart of the daemon should not be felt.
    public static let linkRetryMax = Duration.seconds(1)

    // MARK: Reconciler

    /// Services that are planned at once.
    ///
    /// Our choice: plans are short, and the database reads one at a time per core.
    public static let reconcilesAtOnceMax = 16
    /// Instances that are made at once.
    ///
    /// Our choice: more only make each other slow on an ordinary machine.
    public static let startsAtOnceMax = 8
    /// Stops, freezes and releases under way at once.
    ///
    /// Our choice: they mostly wait.
    public static let effectsAtOnceMax = 64
    /// Probes under way at once.
    ///
    /// Our choice: each is one connection for at most its timeout.
    public static let probesAtOnceMax = 256
    /// Making and starting an instance, the unpacking of its image included.
    ///
    /// Our choice: a large image on a slow disk.
    public static let startEffectDeadline = Duration.seconds(600)
    /// Freezing or thawing an instance; it takes about a millisecond.
    ///
    /// Our choice.
    public static let freezeEffectDeadline = Duration.seconds(5)
    /// What stopping an instance may take beyond its grace.
    ///
    /// Our choice.
    public static let stopEffectSlack = Duration.seconds(30)
    /// Releasing what an ended instance held.
    ///
    /// Our choice.
    public static let releaseEffectDeadline = Duration.seconds(60)
    /// How long the end of a stopped instance's process may take to be reported.
    ///
    /// Our choice.
    public static let exitReportWait = Duration.seconds(2)
    /// Reading the last lines of a failed instance's log.
    ///
    /// Our choice.
    public static let failureLogDeadline = Duration.seconds(2)
    /// The first wait after the store or the runtime failed; doubles with each further failure.
    ///
    /// Our choice.
    public static let retryBackoffFirst = Duration.milliseconds(100)
    /// The longest wait before the store or the runtime is tried again.
    ///
    /// Our choice.
    public static let retryBackoffMax = Duration.seconds(30)
    /// Bytes of memory that are never promised to instances: the kernel's and the platform's own.
    ///
    /// Our choice.
    public static let memoryReserve = ByteCount.mebibytes(256)
    /// Decisions, wakes and ledger entries that wait to be written; beyond it the oldest are dropped.
    ///
    /// Our choice.
    public static let recordsBufferedMax = 4_096
    /// How long records are gathered before they are written together.
    ///
    /// Our choice.
    public static let recordFlushInterval = Duration.milliseconds(250)
    /// Bytes of the head of an answer to a health check.
    ///
    /// Our choice; only its first line matters.
    public static let probeHeadBytesMax = 8_192

    // MARK: Daemon

    /// Connections that may wait to be accepted on a listening socket.
    ///
    /// Source: Linux caps it at `somaxconn`, 4096.
    public static let listenBacklog: Int32 = 4_096
    /// How long an earlier daemon's router may take to say hello before it is replaced.
    ///
    /// Our choice; it reconnects within a second.
    public static let routerAdoptionWait = Duration.seconds(5)
    /// How long a router that is told to end may finish its requests.
    ///
    /// Our choice for development, where someone waits.
    public static let routerStopDeadline = Duration.seconds(10)
    /// A router that ran this long is started again at once when it ends.
    ///
    /// Our choice.
    public static let routerSettledAfter = Duration.seconds(5)
    /// The longest wait before a router is started again.
    ///
    /// Our choice.
    public static let routerBackoffMax = Duration.seconds(5)
    /// How long after the first signal to stop another one counts as a second wish.
    ///
    /// Our choice.
    public static let secondSignalAfter = Duration.milliseconds(500)
    /// Event loop threads of the daemon: both APIs and the link.
    ///
    /// Our choice: none of them is on the request path.
    public static let daemonEventLoops = 2
    /// Threads of the daemon for file IO.
    ///
    /// Our choice: uploads are bound by the disk, not by threads.
    public static let daemonBlockingThreads = 4
}
