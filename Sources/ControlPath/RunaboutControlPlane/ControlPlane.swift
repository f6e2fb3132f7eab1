import Logging
public import OCIContentStore
public import OCILayers
public import RunaboutModel
public import RunaboutStore
import Synchronization

/// What of the machine and its settings use cases need.
public struct ControlPlaneSettings: Sendable {
    /// Services answer at `NAME.BASE_DOMAIN`.
    public var baseDomain: String
    /// Architecture of images that can run here, in Go's words: `amd64`.
    public var architecture: String
    /// Where services are reached from outside.
    public var publicAddress: PublicAddress

    /// Takes all values.
    public init(
        baseDomain: String, architecture: String, publicAddress: PublicAddress = PublicAddress(scheme: .http),
    ) {
        self.baseDomain = baseDomain
        self.architecture = architecture
        self.publicAddress = publicAddress
    }
}

/// The use cases of the platform: each one transaction, then a poke of the reconciler.
///
/// What a use case checks before its transaction, it checks again inside it: what was read is stale by then.
public struct ControlPlane: Sendable {
    let store: Store
    let content: ContentStore
    /// Nil where nothing is unpacked.
    let layers: LayerStore?
    let live: any LivePlatform
    /// What the operator decided.
    public let settings: ControlPlaneSettings
    let now: @Sendable () -> UnixTime
    let ids: IDSource
    let logger = Logger(label: "runabout.control-plane")

    /// Takes what it works on.
    public init(
        store: Store,
        content: ContentStore,
        layers: LayerStore? = nil,
        live: any LivePlatform,
        settings: ControlPlaneSettings,
        now: @escaping @Sendable () -> UnixTime,
        generator: any RandomNumberGenerator & Sendable,
    ) {
        self.store = store
        self.content = content
        self.layers = layers
        self.live = live
        self.settings = settings
        self.now = now
        self.ids = IDSource(generator: generator)
    }

    /// Lines of one instance's log.
    public func logs(
        of instance: InstanceID, tail: Int, follow: Bool,
    ) -> AsyncThrowingStream<LogLine, any Error> { live.logs(instance, tail: tail, follow: follow) }

    /// What an instance uses now.
    public func usage(of instance: InstanceID) async -> InstanceUsage? { await live.usage(instance) }

    /// How the platform's parts are.
    public func health() async -> PlatformHealth { await live.health() }

    /// The certificate of the platform's own authority, in PEM; nil when it has none.
    public func rootCertificate() -> String? { live.rootCertificate() }

    // The two ways to the store: what a body throws of ours passes, the rest is a fault that is logged here and once.

    func read<Value: Sendable>(
        _ attempt: String,
        _ body: @Sendable @escaping (borrowing StoreTransaction) throws -> Value,
    ) async throws(ControlPlaneError) -> Value {
        do {
            return try await store.read(body)
        } catch {
            throw failure(of: attempt, error)
        }
    }

    func write<Value: Sendable>(
        _ attempt: String,
        _ body: @Sendable @escaping (borrowing StoreTransaction) throws -> Value,
    ) async throws(ControlPlaneError) -> Value {
        do {
            return try await store.write(body)
        } catch {
            throw failure(of: attempt, error)
        }
    }

    func failure(of attempt: String, _ error: any Error) -> ControlPlaneError {
        if let error = error as? ControlPlaneError { return error }
        if error is CancellationError {
            return ControlPlaneError(code: .internalError, message: "\(attempt) was cancelled; nothing was changed.")
        }
        if let error = error as? StoreError, error.code == .limitExceeded {
            return ControlPlaneError(code: .limitExceeded, message: "\(error.message).")
        }
        logger.error("use case failed", metadata: ["attempt": "\(attempt)", "cause": "\(error)"])
        guard let error = error as? StoreError, error.code == .storageFull else {
            return ControlPlaneError(
                code: .internalError, message: "\(attempt) failed and changed nothing; the daemon's log has the cause.")
        }
        return ControlPlaneError(
            code: .internalError, message: "\(attempt) failed and changed nothing: \(error.message).")
    }
}

/// Draws ids from the one generator that the control plane was given.
final class IDSource: Sendable {
    private let generator: Mutex<any RandomNumberGenerator & Sendable>

    init(generator: any RandomNumberGenerator & Sendable) { self.generator = Mutex(generator) }

    func next<Kind>() -> ID<Kind> {
        generator.withLock { generator in ID(high: generator.next(), low: generator.next()) }
    }
}
