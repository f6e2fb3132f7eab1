import RunaboutModel
import RunaboutRouting

/// Requests: arrival, dispatch, end.
extension ProxyLoop {
    /// The service that answers at a host, whatever the case of its letters.
    func service(at bytes: Span<UInt8>, _ host: Range<Int>) -> ServiceRef? {
        var length = host.count
        guard length > 0, length <= Limits.hostBytesMax else { return nil }
        for offset in 0..<length { hostBytes[offset] = ByteClass.lowercase(bytes[host.lowerBound + offset]) }
        if hostBytes[length - 1] == 46 { length -= 1 }
        return hosts.value(for: UnsafeBufferPointer(start: hostBytes, count: length).span)
    }

    /// Decides about a request whose head is complete.
    func begin(_ exchange: ExchangeRef, _ service: ServiceRef) {
        exchange.pointee.service = service
        service.pointee.users += 1
        reporter.countAccepted(service, now: now)
        guard service.pointee.gate == .open else {
            fail(exchange, .servicePaused)
            return
        }
        if !service.pointee.hasWaiting, let pool = service.pointee.claim() {
            dispatch(exchange, to: pool)
        } else {
            place(exchange, service, isNew: true)
        }
    }

    /// Finds a place for a request, at an instance or in the queue.
    private func place(_ exchange: ExchangeRef, _ service: ServiceRef, isNew: Bool) {
        let since = MonotonicTime(nanoseconds: exchange.pointee.acceptedAt)
        switch service.pointee.shared.arrive(exchange.pointee.number, since: since, isNew: isNew) {
        case .admit(let instance): dispatch(exchange, to: pool(for: instance, of: service))
        case .queue(let ticket, let edge):
            exchange.pointee.ticket = ticket
            if edge == .withoutInstance || service.pointee.shared.inFlightCount == 0 {
                exchange.pointee.waitedForInstance = true
            }
            waiting[exchange.pointee.number] = exchange
            reporter.noteEdge(service, edge, now: now)
            arm(service)
        case .refuse(let code): fail(exchange, code)
        }
    }

    /// The request is counted at an instance: sends it there.
    private func dispatch(_ exchange: ExchangeRef, to pool: PoolRef) {
        exchange.pointee.pool = pool
        pool.pointee.requests += 1
        exchange.pointee.dispatchedAt = now
        exchange.pointee.instance = pool.pointee.recordedID
        attach(exchange, mayReuse: true)
    }

    /// Sends a request over a connection to the instance where it is counted.
    func attach(_ exchange: ExchangeRef, mayReuse: Bool) {
        guard let pool = exchange.pointee.pool else { return }
        if exchange.pointee.service?.pointee.instanceProtocol == .http2 {
            attachHTTP2(exchange, pool)
            return
        }
        if mayReuse, let idle = takeIdle(pool, checks: !exchange.pointee.isRetryable) {
            carry(exchange, over: idle)
        } else if let fresh = connect(pool) {
            carry(exchange, over: fresh)
        } else {
            unreachable(exchange)
        }
    }

    /// No connection could be made to the instance; the request was never sent.
    ///
    /// It goes to another instance or waits in its old order, since its owner lost nothing but time.
    func unreachable(_ exchange: ExchangeRef) {
        guard let service = exchange.pointee.service, let pool = exchange.pointee.pool else { return }
        exchange.pointee.wasUnreachable = true
        let shared = service.pointee.shared
        shared.suspect(pool.pointee.cell, now: MonotonicTime(nanoseconds: now))
        leaveInstance(exchange, service)
        if now >= exchange.pointee.acceptedAt + Nanoseconds(shared.queueWait) {
            fail(exchange, .instanceUnreachable)
        } else {
            place(exchange, service, isNew: false)
        }
    }

    /// Ends a request: gives its place free and enters it into the ledger, exactly once.
    ///
    /// The client's connection is the caller's business, and so is the record until ``giveBack(_:)``.
    func end(_ exchange: ExchangeRef, _ outcome: RequestOutcome) {
        precondition(!exchange.pointee.isEnded, "a request ended twice")
        exchange.pointee.isEnded = true
        exchange.pointee.outcome = OutcomeCode(outcome)
        exchange.pointee.client = nil
        if let upstream = exchange.pointee.upstream {
            exchange.pointee.upstream = nil
            if let session = upstream.pointee.http2 {
                cancelStream(exchange, upstream, session)
            } else {
                release(upstream)
            }
        }
        guard let service = exchange.pointee.service else {
            reporter.record(exchange, service: nil, instance: nil, outcome: outcome, now: now)
            return
        }
        if exchange.pointee.outcome != .answered {
            let instance = exchange.pointee.pool.map { $0.pointee.cell.id }
            reporter.record(exchange, service: service, instance: instance, outcome: outcome, now: now)
        }
        if let ticket = exchange.pointee.ticket {
            exchange.pointee.ticket = nil
            waiting[exchange.pointee.number] = nil
            _ = service.pointee.shared.leave(ticket)
        }
        if exchange.pointee.pool != nil { leaveInstance(exchange, service) }
    }

    /// Ends a request by the platform's error: answers it, or cuts an answer that has begun.
    ///
    /// `explanation` says it better than the code's own.
    func fail(_ exchange: ExchangeRef, _ code: PlatformErrorCode, explanation: String? = nil) {
        let client = exchange.pointee.client
        let reason = code == .serviceFailing ? exchange.pointee.service?.pointee.failure : nil
        let page = ErrorPage(code, requestID: exchange.pointee.requestID, reason: reason, explanation: explanation)
        end(exchange, .platformError(code))
        if let client {
            let before = deliveredBytes
            exchangeFailed(client, exchange, page)
            exchange.pointee.responseBytes += deliveredBytes - before
            if !exchange.pointee.responseStarted { exchange.pointee.status = page.status }
        }
        giveBack(exchange)
    }

    /// The first byte of an answer has come.
    func answerBegan(_ exchange: ExchangeRef) {
        guard exchange.pointee.waitedForInstance, let service = exchange.pointee.service,
            let pool = exchange.pointee.pool
        else { return }
        reporter.reportWake(exchange, service, instance: pool.pointee.cell.id, now: now)
    }

    /// Gives the request's place at its instance free, which another request may be waiting for.
    private func leaveInstance(_ exchange: ExchangeRef, _ service: ServiceRef) {
        guard let pool = exchange.pointee.pool else { return }
        exchange.pointee.pool = nil
        let hasMore = service.pointee.release(pool)
        if hasMore { carryOut(service.pointee.shared.settle(after: pool.pointee.cell), service) }
        leave(pool, of: service)
    }

    private func carryOut(_ settlement: Settlement, _ service: ServiceRef) {
        for drained in settlement.drained { shared.voice.tell(drained: drained, of: service.pointee.shared.id) }
        for dispatch in settlement.dispatched {
            let owner = loop(of: dispatch.request)
            if owner == index { send(dispatch) } else { shared.mailboxes[owner].post(.dispatch(dispatch)) }
        }
        for refusal in settlement.refused {
            let owner = loop(of: refusal.request)
            if owner == index { refuse(refusal) } else { shared.mailboxes[owner].post(.refuse(refusal)) }
        }
    }
}

/// Waiting requests of this loop.
extension ProxyLoop {
    func send(_ dispatch: SharedDispatch) {
        guard let exchange = waiting.removeValue(forKey: dispatch.request), let service = exchange.pointee.service
        else {
            giveUp(dispatch)
            return
        }
        exchange.pointee.ticket = nil
        self.dispatch(exchange, to: pool(for: dispatch.instance, of: service))
    }

    func refuse(_ refusal: Refusal) {
        guard let exchange = waiting.removeValue(forKey: refusal.request) else { return }
        exchange.pointee.ticket = nil
        let isUnreachable = refusal.code == .queueTimeout && exchange.pointee.wasUnreachable
        fail(exchange, isUnreachable ? .instanceUnreachable : refusal.code)
    }

    /// The request's client left while another loop gave it its place: the place is another's.
    private func giveUp(_ dispatch: SharedDispatch) {
        let shared = dispatch.service
        guard shared.release(dispatch.instance.cell) else { return }
        let settlement = shared.settle(after: dispatch.instance.cell)
        for drained in settlement.drained { self.shared.voice.tell(drained: drained, of: shared.id) }
        for next in settlement.dispatched {
            self.shared.mailboxes[loop(of: next.request)].post(.dispatch(next))
        }
    }

    func arm(_ service: ServiceRef) {
        guard let deadline = service.pointee.shared.nextDeadline?.nanoseconds else { return }
        if service.pointee.armedAt <= deadline { return }
        service.pointee.armedAt = deadline
        serviceTimers.insert(service.pointee.shared.number, at: MonotonicTime(nanoseconds: deadline))
    }

    /// A time at which a service's queue was to be looked at has come.
    func serviceTimer(_ number: UInt64) {
        guard let service = servicesByNumber[number], service.pointee.armedAt <= now else { return }
        service.pointee.armedAt = .never
        service.pointee.users += 1
        carryOut(service.pointee.shared.expire(now: MonotonicTime(nanoseconds: now)), service)
        arm(service)
        drop(service)
    }
}
