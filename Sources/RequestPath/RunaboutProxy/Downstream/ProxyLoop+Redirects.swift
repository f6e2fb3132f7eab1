import RunaboutModel
import RunaboutRouting

/// Requests that came over plain HTTP and have to come over TLS.
extension ProxyLoop {
    /// Answers with the place where the same is had over TLS; the method and its body are to be sent there again.
    ///
    /// Source: RFC 9110 §15.4.9, 308.
    func redirect(
        _ client: ClientRef, _ exchange: ExchangeRef, _ service: ServiceRef, _ head: RequestHead,
        _ text: Span<UInt8>, port: Int,
    ) {
        exchange.pointee.service = service
        service.pointee.users += 1
        reporter.countAccepted(service, now: now)
        exchange.pointee.status = 308
        let isComplete = !exchange.pointee.hasBody
        let closes = client.pointee.closesAfterAnswer || !isComplete || isDraining
        scratch.removeAll()
        scratch.append("HTTP/1.1 308 Permanent Redirect\r\nLocation: https://")
        scratch.append(text, head.host)
        if port != 443 {
            scratch.append(":")
            scratch.append(decimal: UInt64(port))
        }
        let target = head.target
        if target.isEmpty || text[target.lowerBound] != 47 { scratch.append("/") }
        scratch.append(text, target)
        scratch.append("\r\nContent-Length: 0\r\nX-Request-Id: ")
        scratch.append(text: exchange.pointee.requestID)
        scratch.append("\r\n")
        if exchange.pointee.stream != 0 {
            scratch.append("\r\n")
            end(exchange, .answered(status: 308))
            redirectStream(client, exchange)
            giveBack(exchange)
            return
        }
        // A client over TLS is sent on where a proxy in front says that its own client came without.
        if let seconds = strictTransportSecuritySeconds(client) {
            scratch.append(strictTransportSecuritySeconds: seconds)
        }
        if closes {
            scratch.append("Connection: close\r\n")
        } else if exchange.pointee.isHTTP10 {
            scratch.append("Connection: keep-alive\r\n")
        }
        scratch.append("\r\n")
        end(exchange, .answered(status: 308))
        deliverScratch(client)
        exchangeAnswered(client, requestIsComplete: isComplete)
        giveBack(exchange)
    }

    /// Sends the head that was put together to a client of HTTP/2.
    private func redirectStream(_ client: ClientRef, _ exchange: ExchangeRef) {
        guard let http2 = client.pointee.http2 else { return }
        let lines = scratch.buffer
        do throws(Malformation) {
            guard let head = try ResponseHead.scan(lines.span, answersHEAD: false, fields: &fields) else {
                throw Malformation.statusLine
            }
            http2.pointee.session.writeHead(
                exchange.pointee.stream, head, fields, lines.span,
                strictTransportSecuritySeconds: strictTransportSecuritySeconds(client), ends: true)
            streamAnswered(exchange, client, requestIsComplete: exchange.pointee.streamEnded)
        } catch {
            // The target was too long to be said again in a head.
            http2.pointee.session.reset(exchange.pointee.stream, .internalError)
            noteIdle(client, http2)
        }
    }
}
