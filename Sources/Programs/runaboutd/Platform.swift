import RunaboutControlPlane
import RunaboutLinkServer
import RunaboutModel
import RunaboutReconciler
import RunaboutRouting
import RunaboutRuntime

/// The parts that run, as the control plane sees them.
struct Platform: LivePlatform {
    let reconciler: Reconciler
    let runtime: any InstanceRuntime
    let link: LinkServer
    let certificates: CertificateKeeper
    /// What an operator should know, a sentence each.
    let notices: [String]

    func poke(_ service: ServiceID) { reconciler.poke(service) }

    func demand(of service: ServiceID) -> ServiceDemand? { reconciler.demand(of: service) }

    func traffic() -> PlatformTraffic { reconciler.traffic }

    func logs(_ id: InstanceID, tail: Int, follow: Bool) -> AsyncThrowingStream<LogLine, any Error> {
        runtime.logs(id, tail: tail, follow: follow)
    }

    func usage(_ id: InstanceID) async -> InstanceUsage? { await runtime.usage(id) }

    func rootCertificate() -> String? { certificates.rootCertificate }

    func health() async -> PlatformHealth {
        PlatformHealth(
            isRouterConnected: link.isConnected, runtime: runtime.name, missingIsolation: runtime.missingIsolation,
            notices: notices)
    }
}
