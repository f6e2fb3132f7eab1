/// A client that asks for one thing and gets it.
struct SimpleClient {
    let socket: ProbeSocket
    let host: String

    /// What a client saw of an exchange.
    enum Outcome: Equatable {
        case answered(ReadAnswer)
        /// The connection ended before there was an answer.
        case ended
        case late
    }

    func send(_ method: String, _ target: String, body: String = "", closes: Bool = false) {
        let length = body.isEmpty && method != "POST" ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let connection = closes ? "Connection: close\r\n" : ""
        socket.send(rawBytes("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\(length)\(connection)\r\n\(body)"))
    }

    /// The final answers that have come.
    func answers(to methods: [String]) -> [ReadAnswer] {
        AnswerReader.readAll(socket.received, methods: methods, end: socket.end).answers.filter { !$0.isInterim }
    }

    /// Sends a request behind others and waits for its answer.
    func ask(_ lane: Lane, _ method: String, _ target: String, after earlier: [String] = [], body: String = "")
        -> Outcome
    {
        send(method, target, body: body)
        let methods = earlier + [method]
        let isOver = lane.play { socket.end != .open || answers(to: methods).count >= methods.count }
        guard isOver else { return .late }
        let all = answers(to: methods)
        return all.count >= methods.count ? .answered(all[methods.count - 1]) : .ended
    }
}
