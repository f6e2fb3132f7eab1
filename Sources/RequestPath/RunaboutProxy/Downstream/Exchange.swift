import RunaboutModel
import RunaboutRouting

/// One request and its answer, from the end of its head to its entry in the ledger.
///
/// It knows both connections and belongs to neither, so that a protocol with several requests on one connection needs
/// another kind of client connection only. Records are used again, with the memory of their head.
struct Exchange: ~Copyable {
    /// Names it to the admission; never used twice.
    ///
    /// The top bits are the loop's.
    var number: UInt64 = 0
    var acceptedAt: Nanoseconds = 0
    /// Nil once the client's side is done with it.
    var client: ClientRef?
    /// Nil while no connection to an instance is assigned.
    var upstream: UpstreamRef?
    var service: ServiceRef?
    /// Where it is counted.
    var pool: PoolRef?
    var ticket: QueueTicket?
    /// The next unused record.
    var next: ExchangeRef?

    /// The head that an instance gets, kept because it may have to be sent again.
    var head = ByteWriter()
    /// Where in the head the request's id is.
    var idRange = 0..<0
    var answersHEAD = false
    var isIdempotent = false
    var hasBody = false
    var isHTTP10 = false
    var keepsAlive = false
    /// Whether it came over TLS, here or to a proxy whose word is taken.
    var isSecure = false
    var wantsUpgrade = false
    var sendsChunks = false

    var requestBody = BodyDecoder(.none)
    /// Trailer sections of both bodies, as far as they have come.
    var requestTrailers = ByteWriter()
    var answerTrailers = ByteWriter()
    var lastBodyAt: Nanoseconds = 0
    var deadline: Nanoseconds = 0
    /// The service's, as they were when the request came.
    var timeouts = ServiceTimeouts(RouteTimeouts())
    /// When something last came from the client or the instance.
    var lastActivityAt: Nanoseconds = 0
    /// When it was given to an instance; 0 before.
    var dispatchedAt: Nanoseconds = 0
    /// Whether it waited while no instance served.
    var waitedForInstance = false
    /// Whether a connection to an instance failed while it waited or ran.
    var wasUnreachable = false
    /// Whether bytes of the final head went to the client.
    var responseStarted = false
    /// How the answer's body is framed for a client of HTTP/1.
    var framing = AnswerFraming.plain
    var status = 0
    var isEnded = false

    /// The stream of a client of HTTP/2 that it came on; 0 for other clients.
    var stream: UInt32 = 0
    /// Whether the client of that stream has sent its last frame.
    var streamEnded = false
    /// Whether it asks for a tunnel on that stream.
    var isTunnelStream = false
    /// Whether it asks an instance of HTTP/2 for a tunnel.
    var connects = false
    /// Whether protocols were switched: bytes go both ways as they come.
    var isTunnel = false
    /// Whether its client takes trailers.
    var takesTrailers = false
    /// Bytes of its body that can't be sent yet, which the stream's window bounds.
    var pendingBody = SendQueue()
    /// Bytes of its body that were passed on and that the client has not been told of.
    var passedBytes = 0

    /// The stream to an instance of HTTP/2 that carries it; 0 while it waits for the instance's settings.
    var upstreamStream: UInt32 = 0
    /// Whether anything was heard on that stream.
    var heardAnything = false
    /// Whether bytes of its body went there, so that it can't be sent again.
    var bodyBegan = false
    /// Streams that were lost under it.
    var attempts = 0
    var interimCount = 0
    /// When the last byte of the request was sent there; 0 before.
    var askedAt: Nanoseconds = 0
    /// Whether the instance has sent all of its answer.
    var answerIsComplete = false
    /// Bytes of the answer that wait for the window of the client's stream.
    var pendingAnswer = SendQueue()
    /// Bytes of the answer of which the instance has not been told that they were taken.
    var untakenAnswer = 0
    // For its record:
    /// The client it came from, valid until the record is given back.
    var owner: ClientRef?
    var cameOverTLS = false
    var outcome = OutcomeCode.answered
    /// The instance that it was sent to last.
    var instance = RecordedID.none
    var requestBytes: Int64 = 0
    var responseBytes: Int64 = 0
    /// -1 where no connection to an instance was made or used.
    var connectNanoseconds: Nanoseconds = -1
    /// When the first byte of its answer came; 0 before.
    var firstByteAt: Nanoseconds = 0

    /// Becomes a new request.
    mutating func begin(_ number: UInt64, _ head: borrowing RequestHead, _ client: ClientRef, now: Nanoseconds) {
        self.number = number
        acceptedAt = now
        lastBodyAt = now
        lastActivityAt = now
        deadline = .never
        dispatchedAt = 0
        self.client = client
        upstream = nil
        service = nil
        pool = nil
        ticket = nil
        self.head.removeAll()
        answersHEAD = head.method == .head
        isIdempotent = head.method != .other
        hasBody = head.body != .none
        isHTTP10 = head.isHTTP10
        keepsAlive = head.keepsAlive
        wantsUpgrade = head.upgrade != nil
        sendsChunks = head.body == .chunked
        requestBody = BodyDecoder(head.body)
        requestTrailers.removeAll(keepingCapacity: false)
        answerTrailers.removeAll(keepingCapacity: false)
        waitedForInstance = false
        wasUnreachable = false
        responseStarted = false
        framing = .plain
        status = 0
        isEnded = false
        stream = 0
        streamEnded = false
        isTunnelStream = false
        connects = false
        isTunnel = false
        takesTrailers = false
        passedBytes = 0
        heardAnything = false
        bodyBegan = false
        attempts = 0
        interimCount = 0
        askedAt = 0
        answerIsComplete = false
        untakenAnswer = 0
        owner = client
        cameOverTLS = client.pointee.head.tls != nil
        instance = .none
        requestBytes = 0
        responseBytes = 0
        connectNanoseconds = -1
        firstByteAt = 0
    }

    /// Whether it may be sent again after a connection on which nothing was heard: nobody can have acted on it, or
    /// acting on it twice is like acting once.
    var isRetryable: Bool { isIdempotent && !hasBody && !wantsUpgrade }

    /// What its client wants to read when the platform itself answers; looked up only then.
    var answerForm: AnswerForm { AnswerForm(requestHead: head.span) }

    /// Its `X-Request-Id`.
    var requestID: String { head.text(idRange) }
}

typealias ExchangeRef = UnsafeMutablePointer<Exchange>

extension ProxyLoop {
    /// A record for a new request.
    func makeExchange() -> ExchangeRef {
        exchangesMade += 1
        guard let unused = unusedExchanges else {
            let made = ExchangeRef.allocate(capacity: 1)
            made.initialize(to: Exchange())
            return made
        }
        unusedExchanges = unused.pointee.next
        unused.pointee.next = nil
        return unused
    }

    /// Counts and records the request that has ended and takes its record back; nobody refers to it any more.
    func giveBack(_ exchange: ExchangeRef) {
        exchange.pointee.pendingBody.removeAll()
        exchange.pointee.pendingAnswer.removeAll()
        tell(exchange)
        if let service = exchange.pointee.service {
            exchange.pointee.service = nil
            drop(service)
        }
        exchange.pointee.next = unusedExchanges
        unusedExchanges = exchange
    }

    /// A number for the next request.
    var nextNumber: UInt64 { UInt64(index) << requestLoopShift | exchangesMade }

    func nextIdentity() -> RequestIdentity {
        RequestIdentity(high: random.next(), low: random.next(), unixSeconds: unixSeconds)
    }
}
