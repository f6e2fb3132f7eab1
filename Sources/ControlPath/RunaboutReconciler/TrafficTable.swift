import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// What routers counted, added up over their lives, so that no count goes down when a router is replaced.
///
/// A router tells totals since its start. While an old one finishes its requests and a new one serves, both tell, so the
/// newest totals of each are kept apart. Beyond `Limits.routersCountedMax` those that were not heard longest are over and
/// become part of a base.
struct TrafficTable {
    private struct Router {
        let run: RouterRun
        var totals: [ServiceID?: ServiceTraffic] = [:]
    }

    /// Those heard last at the end.
    private var routers: [Router] = []
    private var base: [ServiceID?: ServiceTraffic] = [:]
    private var status: RouterStatus?

    /// Takes a router's newest totals.
    mutating func take(_ report: LedgerReport) {
        guard !report.totals.isEmpty else { return }
        var router: Router
        if let index = routers.firstIndex(where: { $0.run == report.run }) {
            router = routers.remove(at: index)
        } else {
            router = Router(run: report.run)
        }
        for totals in report.totals {
            router.totals[totals.service] = ServiceTraffic(totals: totals.totals, traffic: totals.traffic)
        }
        routers.append(router)
        while routers.count > Limits.routersCountedMax {
            for (service, traffic) in routers.removeFirst().totals {
                base[service, default: ServiceTraffic()] += traffic
            }
        }
    }

    /// Takes a router's word on itself; what an older one says while it ends is no news.
    mutating func take(_ status: RouterStatus) {
        if let present = self.status, present.run.startedAt > status.run.startedAt { return }
        self.status = status
    }

    /// Drops what is known of a service that is gone.
    mutating func forget(_ service: ServiceID) {
        base[service] = nil
        for index in routers.indices { routers[index].totals[service] = nil }
    }

    /// Everything, added up.
    var traffic: PlatformTraffic {
        var sums = base
        for router in routers {
            for (service, traffic) in router.totals { sums[service, default: ServiceTraffic()] += traffic }
        }
        var traffic = PlatformTraffic(router: status)
        for (service, sum) in sums {
            if let service { traffic.services[service] = sum } else { traffic.withoutService = sum }
        }
        return traffic
    }
}
