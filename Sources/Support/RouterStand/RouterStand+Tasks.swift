import Glibc
public import RunaboutLink
public import RunaboutModel
public import RunaboutRouting

/// What waits, for tasks: the waiting is done by a thread of its own, never by one of the cooperative pool.
extension RouterStand {
    /// Starts a router, runs the body with it and kills what is left of it, however the body ends.
    ///
    /// - Throws: what starting or the body throws.
    public static func with<Value: Sendable>(
        _ configuration: Configuration, _ body: (RouterStand) async throws -> Value,
    ) async throws -> Value {
        let stand = try await offPool { try startBlocking(configuration) }
        do {
            let value = try await body(stand)
            await stand.kill()
            return value
        } catch {
            await stand.kill()
            throw error
        }
    }

    /// As ``startBlocking(_:)``; the caller ends it with ``stop(within:)`` or ``kill()``.
    public static func start(_ configuration: Configuration) async throws -> RouterStand {
        try await offPool { try startBlocking(configuration) }
    }

    /// As ``publishBlocking(_:within:)``.
    public func publish(_ route: ServiceRoute, within limit: Duration = .seconds(10)) async throws {
        try await Self.offPool { [self] in try publishBlocking(route, within: limit) }
    }

    /// As ``replaceTableBlocking(_:within:)``.
    public func replaceTable(_ routes: [ServiceRoute], within limit: Duration = .seconds(10)) async throws {
        try await Self.offPool { [self] in try replaceTableBlocking(routes, within: limit) }
    }

    /// As ``nextBlocking(within:_:_:)``.
    public func next<Value: Sendable>(
        within limit: Duration = .seconds(10), _ what: String,
        _ match: @escaping @Sendable (RouterMessage) -> Value?,
    ) async throws -> Value {
        try await Self.offPool { [self] in try nextBlocking(within: limit, what, match) }
    }

    /// As ``totalsBlocking(of:within:_:)``.
    public func totals(
        of service: ServiceID?, within limit: Duration = .seconds(10),
        _ condition: @escaping @Sendable (LedgerTotals) -> Bool,
    ) async throws -> LedgerTotals {
        try await Self.offPool { [self] in try totalsBlocking(of: service, within: limit, condition) }
    }

    /// As ``restoreLinkBlocking(within:)``.
    public func restoreLink(within limit: Duration = .seconds(10)) async throws {
        try await Self.offPool { [self] in try restoreLinkBlocking(within: limit) }
    }

    /// As ``stopBlocking(within:)``.
    @discardableResult
    public func stop(within limit: Duration = .seconds(10)) async throws -> Int32 {
        try await Self.offPool { [self] in try stopBlocking(within: limit) }
    }

    /// As ``killBlocking()``.
    public func kill() async {
        await withCheckedContinuation { continuation in
            do {
                _ = try NamedThread(name: "stand-wait") { [self] in
                    killBlocking()
                    continuation.resume()
                }
            } catch {
                // Without a thread there is no router either that could be waited for; the signal is what matters.
                signal(SIGKILL)
                continuation.resume()
            }
        }
    }

    private static func offPool<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value,
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try NamedThread(name: "stand-wait") { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
