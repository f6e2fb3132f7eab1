public import RunaboutModel
import RunaboutStore

extension ControlPlane {
    /// Events after a sequence number, oldest first, of one service or of all.
    ///
    /// `nil` as `after` gives the newest `limit`.
    public func events(
        of reference: String?, after sequence: Int64?, limit: Int,
    ) async throws(ControlPlaneError) -> [Event] {
        try Validation.checkPage(limit: limit)
        return try await read("Listing events") { transaction in
            let service = try reference.map { try transaction.service(referredToAs: $0).id }
            guard let sequence else { return try transaction.newestEvents(of: service, limit: limit) }
            return try transaction.events(of: service, after: sequence, limit: limit)
        }
    }

    /// Events from after a sequence number on (nil: only new ones), until the consumer stops.
    ///
    /// Woken by commits, not by polling.
    ///
    /// A number above the newest event's, from before the database was lost, counts as the newest.
    public func watchEvents(
        of reference: String?, after sequence: Int64?,
    ) async throws(ControlPlaneError) -> AsyncThrowingStream<Event, any Error> {
        let start = try await read("Watching events") { transaction in
            let last = try transaction.lastEventSequence()
            return (
                service: try reference.map { try transaction.service(referredToAs: $0).id },
                sequence: min(sequence ?? last, last)
            )
        }
        let signals: AsyncStream<Void>
        do {
            signals = try store.eventSignals(of: start.service)
        } catch {
            throw failure(of: "Watching events", error)
        }
        // The first thing the cursor does is read, so events between the two lines above are not missed.
        let cursor = EventCursor(store: store, signals: signals, service: start.service, sequence: start.sequence)
        return AsyncThrowingStream { try await cursor.next() }
    }
}

/// Where one watcher is among the events.
///
/// It pulls: what it has not handed out is in the database, so a slow consumer holds a page and nothing more.
private actor EventCursor {
    private let store: Store
    private let signals: AsyncStream<Void>
    private let service: ServiceID?
    private var sequence: Int64
    private var page: [Event] = []

    init(store: Store, signals: AsyncStream<Void>, service: ServiceID?, sequence: Int64) {
        self.store = store
        self.signals = signals
        self.service = service
        self.sequence = sequence
    }

    /// The next event, once there is one; nil when the store is closed or the consumer's task is cancelled.
    func next() async throws -> Event? {
        while true {
            if !page.isEmpty {
                let event = page.removeFirst()
                sequence = event.sequence
                return event
            }
            let (service, position) = (service, sequence)
            do {
                page = try await store.read { transaction in
                    try transaction.events(of: service, after: position, limit: Limits.pageSizeDefault)
                }
            } catch {
                // The end of the store is the end of the stream; whoever watches has done nothing wrong.
                guard store.isClosed else { throw error }
                return nil
            }
            if page.isEmpty, await !isSignalled() { return nil }
        }
    }

    /// Waits for a commit with events; false when there will be none.
    ///
    /// Signals from before the last read are kept, so none is missed in between.
    private func isSignalled() async -> Bool {
        for await _ in signals { return true }
        return false
    }
}
