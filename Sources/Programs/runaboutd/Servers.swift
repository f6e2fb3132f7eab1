import Foundation
import Hummingbird
import Logging
import NIOCore
import OCIContentStore
import OCIRegistry
import RunaboutAPI
import RunaboutControlPlane
import RunaboutModel

/// The two HTTP servers: one for the network, which wants the token, and one for those who may open its socket.
struct Servers {
    let controlPlane: ControlPlane
    let content: ContentStore
    let catalog: StoreCatalog
    let streams = StreamBudget()
    let logger: Logger
    let readiness: Readiness

    /// Listens on an address for whoever shows the token.
    func network(_ address: ListenAddress, token: Token) -> some ApplicationProtocol {
        application(.hostname(address.host, port: address.port), .bearer(token: token.secret)) { _ in }
    }

    /// Listens on a Unix socket that only the daemon's own account may open.
    func local(_ path: String) throws(StartError) -> some ApplicationProtocol {
        // The state directory's lock says that no other daemon uses what is left there.
        guard unlink(path) == 0 || errno == ENOENT else {
            throw StartError(
                "The socket \(path) of an earlier run can't be removed: \(String(cString: strerror(errno)))")
        }
        let principal = Principal(name: geteuid() == 0 ? "local:root" : "local:uid-\(geteuid())")
        return application(.unixDomainSocket(path: path), .trusted(principal)) { logger in
            // Until here only the owner may write to it, as the usual file mode mask leaves it.
            guard chmod(path, 0o600) != 0 else { return }
            logger.error("The API's socket can't be kept to its owner", metadata: ["path": "\(path)"])
        }
    }

    private func application(
        _ address: BindAddress, _ authentication: Authentication, whenBound: @escaping @Sendable (Logger) -> Void,
    ) -> some ApplicationProtocol {
        let router = Router(context: BasicRequestContext.self)
        ControlAPI(
            controlPlane: controlPlane, authentication: authentication, streams: streams, version: platformVersion
        ).addRoutes(to: router)
        Registry(store: content, catalog: catalog, logger: logger) { head, _, _ in
            authentication.principal(of: head.headerFields) == nil ? .unauthenticated : .allowed
        }.addRoutes(to: router)
        var quiet = logger
        quiet.logLevel = .warning
        return Application(
            router: router,
            configuration: ApplicationConfiguration(address: address, serverName: "runabout"),
            onServerRunning: { [readiness, logger] _ in
                whenBound(logger)
                readiness.partIsUp()
            },
            logger: quiet,
        )
    }
}
