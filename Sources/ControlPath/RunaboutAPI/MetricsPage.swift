import RunaboutControlPlane
import RunaboutModel
import RunaboutRouting

/// The platform's numbers as Prometheus reads them.
///
/// Labels are bounded by what an operator made: service names, instance ids, and words of our own. Nothing that a client
/// sends becomes a label. Requests that reached no service are counted under the service `-`, which no service can be
/// called.
/// Source: Prometheus exposition formats, text format 0.0.4.
struct MetricsPage {
    /// What the page is sent as.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// Stands for requests that reached no service.
    static let noService = "-"

    private(set) var text = ""

    /// Renders everything.
    init(_ metrics: PlatformMetrics, version: String) {
        gauge("runabout_build_info", "The daemon that answers; always 1.") { page in
            page.sample("runabout_build_info", [("version", version)], "1")
        }
        router(metrics)
        var counted: [(String, ServiceTraffic)] = metrics.services.compactMap { service in
            service.traffic.map { (service.name, $0) }
        }
        if metrics.withoutService != ServiceTraffic() { counted.append((Self.noService, metrics.withoutService)) }
        requests(counted)
        durations(counted)
        demand(metrics.services)
    }

    // MARK: Families

    private mutating func router(_ metrics: PlatformMetrics) {
        single(
            "runabout_router_up", "gauge", "Whether a router is connected to the daemon.",
            metrics.isRouterConnected ? 1 : 0)
        guard let router = metrics.router else { return }
        gauge("runabout_router_start_time_seconds", "When the router started that started last.") { page in
            page.sample(
                "runabout_router_start_time_seconds", [],
                Self.number(Double(router.run.startedAt.milliseconds) / 1_000))
        }
        single("runabout_router_loops", "gauge", "Loops of the router, one to a core.", Int64(router.loops))
        single(
            "runabout_router_client_connections", "gauge", "Connections of clients that are open.",
            Int64(router.clientConnections))
        single(
            "runabout_router_instance_connections", "gauge", "Connections to instances that are open.",
            Int64(router.instanceConnections))
        single(
            "runabout_router_accepted_connections_total", "counter", "Connections accepted since the router started.",
            router.acceptedConnections)
        single(
            "runabout_router_refused_connections_total", "counter",
            "Connections refused for want of descriptors since the router started.", router.refusedConnections)
        single(
            "runabout_router_lost_access_records_total", "counter",
            "Access records that did not reach the log since the router started.", router.lostAccessRecords)
    }

    private mutating func requests(_ counted: [(String, ServiceTraffic)]) {
        counter("runabout_requests_accepted_total", "Requests that were accepted.") { page, name in
            for (service, traffic) in counted { page.sample(name, [("service", service)], traffic.totals.accepted) }
        }
        counter("runabout_requests_total", "Requests that have ended, by the class of their status.") { page, name in
            for (service, traffic) in counted {
                for kind in ResponseClass.allCases {
                    page.sample(name, [("service", service), ("code", kind.label)], traffic.traffic.count(of: kind))
                }
            }
        }
        counter("runabout_requests_ended_total", "Requests that have ended, by who ended them.") { page, name in
            for (service, traffic) in counted {
                let totals = traffic.totals
                let failed = totals.platformErrors.values.reduce(0, &+)
                let ends = [("answered", totals.answered), ("client_gone", totals.clientGone), ("platform", failed)]
                for (end, count) in ends { page.sample(name, [("service", service), ("by", end)], count) }
            }
        }
        counter("runabout_platform_errors_total", "Requests that the platform ended, by its reason.") { page, name in
            for (service, traffic) in counted {
                // Only words of our own, whatever a router says.
                for code in PlatformErrorCode.allCases {
                    guard let count = traffic.totals.platformErrors[code.rawValue] else { continue }
                    page.sample(name, [("service", service), ("code", code.rawValue)], count)
                }
            }
        }
        counter("runabout_request_bytes_total", "Bytes of requests, heads included.") { page, name in
            for (service, traffic) in counted {
                page.sample(name, [("service", service)], traffic.traffic.requestBytes)
            }
        }
        counter("runabout_response_bytes_total", "Bytes of answers, heads included.") { page, name in
            for (service, traffic) in counted {
                page.sample(name, [("service", service)], traffic.traffic.responseBytes)
            }
        }
    }

    private mutating func durations(_ counted: [(String, ServiceTraffic)]) {
        histogram(
            "runabout_request_duration_seconds", "From a request's acceptance to its end.",
            counted.map { ($0.0, $0.1.traffic.duration) })
        histogram(
            "runabout_request_queue_seconds", "From a request's acceptance until an instance had a place for it.",
            counted.map { ($0.0, $0.1.traffic.queueWait) })
    }

    private mutating func demand(_ services: [ServiceMetrics]) {
        let demands = services.compactMap { service in service.demand.map { (service.name, $0) } }
        gauge("runabout_requests_in_flight", "Requests at instances.") { page in
            for (service, demand) in demands {
                page.sample("runabout_requests_in_flight", [("service", service)], Int64(demand.inFlight))
            }
        }
        gauge("runabout_queue_length", "Requests that wait for an instance.") { page in
            for (service, demand) in demands {
                page.sample("runabout_queue_length", [("service", service)], Int64(demand.queued))
            }
        }
        gauge("runabout_instance_in_flight", "Requests at one instance.") { page in
            for (service, demand) in demands {
                for instance in demand.instances {
                    page.sample(
                        "runabout_instance_in_flight",
                        [("service", service), ("instance", instance.id.description)], Int64(instance.inFlight))
                }
            }
        }
    }

    // MARK: Form

    private mutating func single(_ name: String, _ kind: String, _ explanation: String, _ value: Int64) {
        head(name, kind, explanation)
        sample(name, [], value)
    }

    private mutating func counter(
        _ name: String, _ explanation: String, _ samples: (inout MetricsPage, String) -> Void,
    ) {
        head(name, "counter", explanation)
        samples(&self, name)
    }

    private mutating func gauge(_ name: String, _ explanation: String, _ samples: (inout MetricsPage) -> Void) {
        head(name, "gauge", explanation)
        samples(&self)
    }

    private mutating func histogram(_ name: String, _ explanation: String, _ series: [(String, LatencyTotals)]) {
        head(name, "histogram", explanation)
        let bounds = Limits.latencyBucketSeconds.map(Self.number) + ["+Inf"]
        for (service, latency) in series where latency.counts.count == bounds.count {
            var sum: Int64 = 0
            for (bound, count) in zip(bounds, latency.counts) {
                sum += count
                sample(name + "_bucket", [("service", service), ("le", bound)], sum)
            }
            sample(
                name + "_sum", [("service", service)], Self.number(Double(latency.sumNanoseconds) / 1_000_000_000))
            sample(name + "_count", [("service", service)], sum)
        }
    }

    private mutating func head(_ name: String, _ kind: String, _ explanation: String) {
        text += "# HELP \(name) \(explanation)\n# TYPE \(name) \(kind)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Int64) {
        sample(name, labels, String(value))
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    /// A number without a point where it is whole.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        guard text.contains(where: { $0 == "\\" || $0 == "\"" || $0.isNewline }) else { return text }
        return text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
