import Certificates
import Glibc
import Logging
import RunaboutLink
import RunaboutLinkServer
import RunaboutModel
import ServiceLifecycle
import Synchronization

/// Keeps the platform's certificates up to date and hands them to the router.
final class CertificateKeeper: Sendable {
    private let certificates: Mutex<PlatformCertificates>
    private let link: LinkServer
    private let logger: Logger
    /// What was set aside at the start, a sentence each.
    let notices: [String]

    /// Opens the authority or makes it, and gives the link what there is to show.
    ///
    /// - Throws: ``StartError`` when certificates can't be made or kept.
    init(directory: String, baseDomain: String, link: LinkServer, logger: Logger) throws(StartError) {
        do throws(CertificateError) {
            var opened = try PlatformCertificates(
                directory: directory, authorityName: Self.authorityName, baseDomain: baseDomain, now: wallClock())
            link.set(try opened.refreshed(for: link.hosts, now: wallClock()).map(RouterCertificate.init))
            notices = opened.takeNotices()
            certificates = Mutex(opened)
        } catch {
            throw StartError("\(error)")
        }
        self.link = link
        self.logger = logger
    }

    /// The root's certificate in PEM.
    var rootCertificate: String { certificates.withLock { $0.rootCertificate } }

    /// Looks again whenever a host comes or goes, and from time to time, until cancelled.
    func run() async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask { [link] in
                for await _ in link.hostChanges { wake.yield() }
            }
            group.addTask {
                while !Task.isCancelled {
                    // A cancelled wait ends the loop at its head.
                    try? await Task.sleep(for: Limits.certificateCheckInterval)
                    wake.yield()
                }
            }
            for await _ in wakes { refresh() }
        }
    }

    private func refresh() {
        do {
            let (current, notices) = try certificates.withLock { certificates in
                (try certificates.refreshed(for: link.hosts, now: wallClock()), certificates.takeNotices())
            }
            for notice in notices { logger.error("\(notice)") }
            link.set(current.map(RouterCertificate.init))
        } catch {
            logger.error("Certificates stay as they are", metadata: ["error": "\(error)"])
        }
    }

    /// What people see where they trust it.
    ///
    /// A common name has 64 characters at most.
    private static var authorityName: String {
        var name = [CChar](repeating: 0, count: 65)
        let isKnown = gethostname(&name, name.count - 1) == 0
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return isKnown && !host.isEmpty ? "Runabout at \(host.prefix(48))" : "Runabout"
    }
}

/// Runs the keeper for as long as the daemon.
struct CertificateService: ServiceLifecycle.Service {
    let keeper: CertificateKeeper

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.keeper.run() }
    }
}

extension RouterCertificate {
    /// As the router gets it.
    init(_ certificate: HostCertificate) {
        self.init(hosts: certificate.hosts, chain: certificate.text.certificate, key: certificate.text.key)
    }
}
