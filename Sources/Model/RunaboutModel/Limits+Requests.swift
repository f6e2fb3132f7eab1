/// Bounds of the request path.
extension Limits {
    // MARK: Requests

    /// Fewest requests a service's queue holds.
    ///
    /// Source: DESIGN §6.
    public static let queueLengthFloor = 1_000
    /// Queue length per unit of capacity.
    ///
    /// Source: DESIGN §6; Knative's breaker uses the same factor.
    public static let queuePerConcurrency = 10
    /// The shortest limit on waiting in the queue.
    ///
    /// Source: DESIGN §6.
    public static let queueWaitFloor = Duration.seconds(10)
    /// How long a request may queue, in percent of the time the service's starts take.
    ///
    /// Source: DESIGN §6, 3.5 times.
    public static let queueWaitStartPercent: Int64 = 350
    /// From a request's first byte to its answer's last.
    ///
    /// Source: App Runner, 120 s.
    public static let requestTimeout = Duration.seconds(120)
    /// Bytes of a request or response head.
    ///
    /// Source: DESIGN §6; nginx's default is 4 × 8 KiB.
    public static let headBytesMax = 32_768
    /// Headers in one head.
    ///
    /// Our choice; HAProxy's default is 101.
    public static let headersMax = 128
    /// Options that the `Connection` fields of one head may name.
    ///
    /// Our choice: each is looked for among all fields; clients name up to four.
    public static let connectionOptionsMax = 16
    /// From connecting, or the first byte of a head, to its end.
    ///
    /// Source: HAProxy's recommended `http-request` timeout.
    public static let headTimeout = Duration.seconds(10)
    /// How long a client connection may stay idle between requests.
    ///
    /// Source: nginx `keepalive_timeout`, 75 s.
    public static let keepAliveTimeout = Duration.seconds(75)
    /// Connecting to an instance.
    ///
    /// Our choice: it is on the same machine.
    public static let connectTimeout = Duration.seconds(5)
    /// Bytes held for a slow reader before its producer is no longer read.
    ///
    /// Our choice: fifty clients that read nothing hold 6.5 MB.
    public static let sendQueueBytesMax = 131_072
    /// Bytes that the kernel takes for one connection beyond what is on its way.
    ///
    /// Our choice: without it the kernel takes megabytes for a client that reads nothing, and answers that were asked
    /// for first stand before answers that are wanted now. What is on its way, as the line's speed and length need it,
    /// is not limited. Source: Linux tcp(7), TCP_NOTSENT_LOWAT.
    public static let unsentBytesMax = 131_072
    /// Up to this `maxConcurrency` the first instance with room gets a request, above it the least busy one.
    ///
    /// Source: DESIGN §6; Knative's activator draws the line at 3 too.
    public static let firstAvailableConcurrencyMax = 3
    /// How long an instance to which no connection could be made gets no request.
    ///
    /// Our choice: a crashed instance is taken out of the route much sooner.
    public static let suspectPause = Duration.milliseconds(250)
    /// Bytes of a request's method.
    ///
    /// Our choice; the longest registered one has 17.
    public static let methodBytesMax = 32
    /// Bytes of a request's target.
    ///
    /// Source: RFC 9112 §3 asks for at least 8,000.
    public static let targetBytesMax = 16_384
    /// Bytes of a PROXY protocol header.
    ///
    /// Source: "The PROXY protocol" §2.2 has a receiver read 536 at least, what the smallest packet holds.
    public static let proxyHeaderBytesMax = 536
    /// Blocks of addresses whose proxies are trusted.
    ///
    /// Our choice: each is compared with every client's address.
    public static let trustedProxiesMax = 256
    /// Seconds for which browsers may be told to come by HTTPS only.
    ///
    /// Our choice: up to two years, what browsers' preload lists ask for.
    public static let strictTransportSecuritySecondsRange = 0...63_072_000
    /// Bytes of a `Host` value: a DNS name of 253 and a port.
    public static let hostBytesMax = 260
    /// Bytes of an `X-Amzn-Trace-Id` that is passed on; a longer one is replaced.
    ///
    /// Our choice.
    public static let traceIDBytesMax = 256
    /// Hexadecimal digits of a chunk's size: up to 2^60 bytes.
    public static let chunkSizeDigitsMax = 15
    /// Bytes of all chunk extensions of one body.
    ///
    /// Our choice: nobody uses them but for attacks.
    public static let chunkExtensionBytesMax = 4_096
    /// Heads with a status of 1xx before the answer.
    ///
    /// Our choice.
    public static let interimResponsesMax = 16
    /// How long a client may send nothing of a body that it has begun.
    ///
    /// Source: nginx `client_body_timeout` has 60 s.
    public static let bodyIdleTimeout = Duration.seconds(30)
    /// How long a client may take nothing of an answer that waits for it.
    ///
    /// Source: nginx `send_timeout`, 60 s.
    public static let sendIdleTimeout = Duration.seconds(60)
    /// How long a request, or a tunnel (WebSocket), may carry nothing either way.
    ///
    /// Our choice: an hour, since pings are the application's business.
    public static let idleTimeout = Duration.seconds(3_600)
    /// How long a refused client is listened to after the refusal, so that it can read it.
    ///
    /// Source: RFC 9112 §9.6; nginx `lingering_timeout` has 5 s.
    public static let lingerTimeout = Duration.seconds(2)
    /// How long an unused connection to an instance is kept.
    ///
    /// Our choice: below common servers' own limits of 60 s.
    public static let upstreamIdleTimeout = Duration.seconds(50)
    /// Unused connections kept for each instance; at most its requests in flight are ever needed.
    public static let upstreamIdleMax = 200
    /// Bytes that the router reads at once.
    ///
    /// Source: perf spikes; larger reads gain nothing at 64 KB answers.
    public static let readBufferBytes = 131_072
    /// Bytes that the router reads at once where a request's head is next.
    ///
    /// Our choice: what stands behind the head, as requests of a client that does not wait for answers, is put aside for
    /// each of them anew.
    public static let headReadBytes = 16_384
    /// Reads of one connection before others get their turn.
    ///
    /// Our choice.
    public static let readsPerTurnMax = 8
    /// Connections that one listener accepts before others get their turn.
    ///
    /// Our choice.
    public static let acceptsPerTurnMax = 64
    /// Up to this many bytes of a body go out with its head in one write.
    ///
    /// Our choice: copying them costs less than a system call.
    public static let coalescedBytesMax = 16_384
    /// Descriptors that client connections may not take: listeners, logs, the link, one spare.
    ///
    /// Our choice.
    public static let descriptorsReserved = 64
    /// How long accepting stops when the machine has no descriptor left, unless one comes free here.
    ///
    /// Our choice.
    public static let acceptPause = Duration.milliseconds(100)
    /// How long a router that has just started lets connections wait for its first route table.
    ///
    /// Our choice: longer than the link takes to heal, shorter than clients wait for an answer.
    public static let firstRoutesWait = Duration.seconds(10)
    /// Reports of answered requests that had waited for an instance, in one `demandReportInterval`.
    ///
    /// Our choice.
    public static let wakeReportsPerIntervalMax = 32
    /// How long running requests may go on when the router is told to stop.
    ///
    /// Source: App Runner's request limit, 120 s.
    public static let routerDrainDeadline = Duration.seconds(120)
    /// Plain bytes of a record of TLS.
    ///
    /// Source: RFC 8446 §5.1, 2^14.
    public static let tlsRecordBytes = 16_384
    /// Ciphertext that a loop puts together before it writes.
    ///
    /// Our choice: what was read at once and what the records add, so that it is one write.
    public static let sealedBytesMax = 196_608
    /// From connecting to the end of the TLS handshake.
    ///
    /// Our choice: as long as a head may take; a handshake is two round trips.
    public static let tlsHandshakeTimeout = Duration.seconds(10)
    /// How long one set of keys encrypts session tickets.
    ///
    /// They are good for one such period after their own, so a client can go on with its session for so
    /// long at least.
    ///
    /// Our choice: half of the day for which clients commonly keep a session.
    public static let tlsTicketPeriod = Duration.seconds(43_200)
    /// Loops of the router, each a thread.
    ///
    /// Our choice: more cores than that are not busy with one machine's network.
    public static let proxyLoopsMax = 64
    /// Records of ended connections whose memory a loop keeps for the next ones.
    ///
    /// Our choice: a few hundred bytes each.
    public static let recordsKeptMax = 1_024
}
