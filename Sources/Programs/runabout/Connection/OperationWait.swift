import Foundation
import RunaboutClient
import RunaboutModel
import RunaboutWire

/// Makes a change and, unless told otherwise, stays until its operation has ended, showing what happens meanwhile.
struct OperationWait {
    let client: ControlClient
    let terminal: Terminal
    let json: Bool
    let waits: Bool

    /// Makes the change and shows how it goes.
    ///
    /// - Throws: `CommandFailure` when the operation failed; its message has the instance's last log lines.
    func run(
        _ verb: String, _ change: (ControlClient) async throws(ClientError) -> AcceptedBody,
    ) async throws {
        // Events are counted from before the change, so that none of the operation's own is missed.
        let before = try await client.events(limit: 1).last?.sequence ?? 0
        let accepted = try await change(client)
        guard waits, !accepted.operation.status.isEnded else {
            try show(accepted)
            if let failure = accepted.operation.failure { throw failed(accepted.operation, failure) }
            return
        }
        if !json { terminal.line("\(verb) \(accepted.service.name) (operation \(accepted.operation.id))") }
        let operation = try await end(of: accepted.operation, after: before)
        try await finish(operation, accepted)
    }

    private func show(_ accepted: AcceptedBody) throws {
        guard !json else { return try terminal.json(accepted) }
        let operation = accepted.operation
        let status = terminal.style.apply(operation.status.tone, to: operation.status.words)
        terminal.line("\(accepted.service.name): \(operation.type.words) \(status) (operation \(operation.id))")
    }

    private func finish(_ operation: OperationBody, _ accepted: AcceptedBody) async throws {
        let service = try await latest(accepted.service, operation)
        if json { try terminal.json(AcceptedBody(service: service, operation: operation)) }
        if operation.status == .failed || operation.status == .rollbackSucceeded {
            guard let failure = operation.failure else {
                throw CommandFailure(message: "The operation \(operation.status.words), and no reason is known.")
            }
            throw failed(operation, failure)
        }
        guard !json else { return }
        let took = operation.endedAt.map { $0.time.milliseconds - operation.startedAt.time.milliseconds }
        let done = terminal.style.apply(.good, to: operation.status.words)
        let suffix = took.map { " in \(duration(milliseconds: $0))" } ?? ""
        terminal.line("\(service.name): \(operation.type.words) \(done)\(suffix)")
        if service.status == .running { terminal.line("It answers at \(service.url)") }
    }

    /// A deleted service can't be read by name any more; what is known of it is what the change gave.
    private func latest(_ service: ServiceBody, _ operation: OperationBody) async throws -> ServiceBody {
        guard operation.type != .deleteService else { return service }
        return try await client.service(service.id.rawValue)
    }

    private func failed(_ operation: OperationBody, _ failure: OperationFailureBody) -> CommandFailure {
        let head = "The \(operation.type.words) \(operation.status.words)."
        return CommandFailure(
            message: ([head] + failureText(failure, style: terminal.style)).joined(separator: "\n"))
    }

    /// Follows the service's events until the operation has ended.
    ///
    /// A daemon that is away for a moment is waited for.
    private func end(of operation: OperationBody, after sequence: Int64) async throws -> OperationBody {
        var last = sequence
        var attemptsLeft = Self.attemptsMax
        while true {
            do {
                if let ended = try await follow(operation, after: &last, onEvent: { attemptsLeft = Self.attemptsMax }) {
                    return ended
                }
            } catch let error as ClientError {
                guard case .unreachable = error, attemptsLeft > 0 else { throw error }
            }
            attemptsLeft -= 1
            guard attemptsLeft > 0 else { return try await client.operation(operation.id) }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static let attemptsMax = 30

    private func follow(
        _ operation: OperationBody, after last: inout Int64, onEvent: () -> Void,
    ) async throws -> OperationBody? {
        let events = try await client.watchEvents(of: operation.service.rawValue, after: last)
        let now = try await client.operation(operation.id)
        if now.status.isEnded { return now }
        for try await event in events {
            last = event.sequence
            onEvent()
            if !json { terminal.line("  " + eventLine(event, style: terminal.style)) }
            guard event.operation == operation.id, event.kind.hasPrefix("operation.") else { continue }
            let now = try await client.operation(operation.id)
            if now.status.isEnded { return now }
        }
        return nil
    }
}
