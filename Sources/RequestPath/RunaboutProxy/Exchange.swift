import RunaboutModel
import RunaboutRouting

/// One request and its answer, from the end of its head to its entry in the ledger.
///
/// It knows both connections and belongs to neither, so that a protocol with several requests on one connection needs
/// another kind of client connection only.
final class Exchange {
    /// Names it in the admission machine; never used twice.
    let number: UInt64
    let acceptedAt: MonotonicTime
    /// Nil once the client's side is done with it.
    var client: ClientConnection?
    /// Nil while no connection to an instance is assigned.
    var upstream: UpstreamConnection?
    var service: ServiceEntry?
    var slot: InstanceSlot?
    var ticket: QueueTicket?

    /// The head that an instance gets, kept because it may have to be sent again.
    var head = ByteWriter()
    /// Where in the head the request's id is.
    var idRange = 0..<0
    let answersHEAD: Bool
    let isIdempotent: Bool
    let hasBody: Bool
    let isHTTP10: Bool
    let keepsAlive: Bool
    let wantsUpgrade: Bool
    let prefersHTML: Bool
    let sendsChunks: Bool

    var requestBody: BodyDecoder
    var lastBodyAt: MonotonicTime
    var deadline: MonotonicTime
    var dispatchedAt: MonotonicTime?
    /// Whether it waited while no instance served.
    var waitedForInstance = false
    /// Whether a connection to an instance failed while it waited or ran.
    var wasUnreachable = false
    /// Whether bytes of the final head went to the client.
    var responseStarted = false
    var status = 0
    var isEnded = false

    init(number: UInt64, head: RequestHead, client: ClientConnection, now: MonotonicTime) {
        self.number = number
        self.client = client
        acceptedAt = now
        lastBodyAt = now
        deadline = now + Limits.requestTimeout
        answersHEAD = head.method == .head
        isIdempotent = head.method != .other
        hasBody = head.body != .none
        isHTTP10 = head.isHTTP10
        keepsAlive = head.keepsAlive
        wantsUpgrade = head.upgrade != nil
        prefersHTML = head.prefersHTML
        sendsChunks = head.body == .chunked
        requestBody = BodyDecoder(head.body)
    }

    /// Whether it may be sent again after a connection on which nothing was heard: nobody can have acted on it, or
    /// acting on it twice is like acting once.
    var isRetryable: Bool { isIdempotent && !hasBody && !wantsUpgrade }

    /// Its `X-Request-Id`.
    var requestID: String { String(decoding: head.bytes[idRange], as: UTF8.self) }
}
