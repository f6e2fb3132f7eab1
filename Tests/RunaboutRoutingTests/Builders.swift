import RunaboutModel
import RunaboutRouting

func serviceID(_ number: UInt64) -> ServiceID { ServiceID(high: 1, low: number) }
func instanceID(_ number: UInt64) -> InstanceID { InstanceID(high: 2, low: number) }
func at(_ milliseconds: Int64) -> MonotonicTime { .zero + .milliseconds(milliseconds) }

func instance(_ number: UInt64, _ state: RouteInstanceState = .ready) -> RouteInstance {
    RouteInstance(
        id: instanceID(number), address: InstanceAddress(host: "10.0.0.\(number)", port: 8080), state: state)
}

func route(
    _ instances: [RouteInstance],
    service: UInt64 = 1,
    hosts: [String] = ["a.localhost"],
    generation: Int64 = 1,
    maxConcurrency: Int = 2,
    queueLengthMax: Int = 10,
    queueWaitMilliseconds: Int64 = 1_000,
    availability: RouteAvailability = .serving,
) -> ServiceRoute {
    ServiceRoute(
        service: serviceID(service), hosts: hosts, generation: generation, maxConcurrency: maxConcurrency,
        queueLengthMax: queueLengthMax, queueWaitMilliseconds: queueWaitMilliseconds,
        timeouts: RouteTimeouts(), availability: availability, instances: instances,
    )
}

/// A machine with a route in force.
func admission(_ route: ServiceRoute) -> ServiceAdmission {
    var machine = ServiceAdmission(service: route.service)
    _ = machine.change(route)
    return machine
}

extension ServiceAdmission {
    /// Lets requests arrive and gives the instances that got them; nil for those that wait.
    mutating func arriveAll(_ requests: ClosedRange<UInt64>, now: MonotonicTime) -> [InstanceID?] {
        requests.map {
            if case .admit(let slot) = arrive($0, now: now) { instance(in: slot) } else { nil }
        }
    }
}
