import OCI
import RunaboutModel
import RunaboutWire
import Testing

@testable import runabout

/// What people see, letter by letter.
@Suite struct RenderingTests {
    private let now = UnixTime(milliseconds: 1_700_000_300_000)

    private func ago(_ seconds: Int64) -> UnixTime { UnixTime(milliseconds: now.milliseconds - seconds * 1_000) }

    private func scaling(_ name: String = "wide", revision: Int = 2) -> AutoScalingConfiguration {
        AutoScalingConfiguration(
            id: AutoScalingConfigurationID(high: 1, low: 1),
            name: name,
            revision: revision,
            maxConcurrency: 30,
            minSize: 1,
            maxSize: 10,
            createdAt: ago(7_200),
        )
    }

    private func instance(_ digit: UInt64, _ state: InstanceState, age: Int64, reason: String? = nil) -> Instance {
        Instance(
            id: InstanceID(high: digit << 60, low: 0),
            service: ServiceID(high: 5, low: 5),
            revision: RevisionID(high: 6, low: 6),
            state: state,
            address: state == .failed ? nil : InstanceAddress(host: "10.1.0.\(digit)", port: 8080),
            exit: state == .failed ? InstanceExit(status: 137, isOutOfMemory: true) : nil,
            reason: reason,
            timings: state == .ready
                ? StartTimings(createMilliseconds: 80, startMilliseconds: 32, healthyMilliseconds: 300)
                : StartTimings(),
            createdAt: ago(age),
            updatedAt: ago(age),
        )
    }

    private func service(
        _ name: String, status: ServiceStatus = .running, instances: [Instance] = [], operation: Operation? = nil,
    ) throws -> ServiceBody {
        let digest = try #require(Digest(algorithm: .sha256, hex: String(repeating: "ab", count: 32)))
        var configuration = InstanceConfiguration()
        configuration.environment = ["B": "2", "A": "1"]
        configuration.startCommand = ["/run", "-v"]
        return ServiceBody(
            Service(
                id: ServiceID(high: 5, low: 5),
                name: name,
                host: "\(name).localhost",
                desired: .running,
                status: status,
                generation: 3,
                activeRevision: nil,
                targetRevision: nil,
                autoScaling: AutoScalingConfigurationID(high: 1, low: 1),
                createdAt: ago(600),
                updatedAt: ago(125),
                deletedAt: nil,
            ),
            at: PublicAddress(scheme: .http, port: 8080),
            autoScaling: scaling(),
            revision: Revision(
                id: RevisionID(high: 6, low: 6),
                service: ServiceID(high: 5, low: 5),
                number: 4,
                imageName: "demo:latest",
                imageDigest: digest,
                configuration: configuration,
                createdAt: ago(130),
            ),
            instances: instances,
            operation: operation,
        )
    }

    private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") }

    @Test func servicesAreATable() throws {
        let services = [
            try service("demo", instances: [instance(1, .ready, age: 60), instance(2, .frozen, age: 60)]),
            try service("a-longer-name", status: .createFailed),
        ]
        #expect(
            text(serviceTable(services, now: now, style: .plain)) == """
                NAME           STATUS         READY  SIZES  URL                                  IMAGE        CHANGED
                demo           running            2  1…10   http://demo.localhost:8080           demo:latest      2 m
                a-longer-name  create failed      0  1…10   http://a-longer-name.localhost:8080  demo:latest      2 m
                """)
        #expect(serviceTable([], now: now, style: .plain).count == 1)
    }

    @Test func coloursDoNotMoveColumns() throws {
        let services = [try service("demo"), try service("other", status: .paused)]
        let plain = serviceTable(services, now: now, style: .plain)
        let coloured = serviceTable(services, now: now, style: .coloured)
        #expect(coloured != plain)
        #expect(coloured.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") } == plain)
        #expect(coloured[1].contains("\u{1B}[32mrunning\u{1B}[0m"))
    }

    @Test func aServiceIsAFactALine() throws {
        let failure = OperationFailure(
            code: .instanceExited,
            message: "The instance ended before it was healthy.",
            logLines: ["listening", "panic"],
            exit: InstanceExit(status: 2, isOutOfMemory: false),
        )
        let operation = Operation(
            id: OperationID(high: 7, low: 7),
            service: ServiceID(high: 5, low: 5),
            type: .updateService,
            status: .rollbackSucceeded,
            failure: failure,
            startedAt: ago(60),
            endedAt: ago(50),
        )
        let lines = serviceText(try service("demo", operation: operation), now: now, style: .plain)
        #expect(
            text(lines) == """
                name            demo
                id              00000000000000050000000000000005
                status          running
                url             http://demo.localhost:8080
                generation      3
                scaling         wide/2: 30 requests at one instance, 1 to 10 instances, window 60 s
                revision        4, made 2 m ago
                image           demo:latest
                digest          sha256:abababababababababababababababababababababababababababababababab
                port            8080
                instance size   1000m CPU, 512 MiB
                health check    TCP every 5 s, 2 s each
                protocol        HTTP/1.1
                timeouts        request 120 s, idle 3600 s, connect 5 s
                command         /run -v
                environment     A=1
                environment     B=2
                last operation  update failed, rolled back (00000000000000070000000000000007)

                instanceExited: The instance ended before it was healthy.
                Exit status 2.
                Last lines of its log:
                  | listening
                  | panic

                No instances.
                """)
    }

    @Test func instancesShowWhatTheyDoAndWhyTheyEnded() {
        let ready = instance(1, .ready, age: 192)
        let failed = instance(2, .failed, age: 3, reason: "it went over 512 MiB")
        let demand = DemandBody(
            inFlight: 30, queued: 0, peak: 30, accepted: 30, instances: [.init(id: ready.id, inFlight: 30)])
        let lines = instanceTable([ready, failed].map { InstanceBody($0) }, demand: demand, now: now, style: .plain)
        #expect(
            text(lines) == """
                INSTANCE      STATE   IN FLIGHT  ADDRESS         START  AGE
                100000000000  ready          30  10.1.0.1:8080  412 ms  3 m
                200000000000  failed          -  -                   -  3 s  it went over 512 MiB; killed: out of memory
                """)
    }

    private var decision: ScaleDecisionBody {
        ScaleDecisionBody(
            at: Timestamp(ago(12)),
            inFlight: 30,
            queued: 70,
            maxConcurrency: 30,
            wanted: 4,
            windowMax: 4,
            current: 1,
            desired: 4,
            rule: "up",
            bound: "none",
        )
    }

    @Test func statusShowsDemandInstancesAndDecisions() throws {
        let explanation = ExplanationBody(
            decisions: [decision],
            wakes: [],
            failures: [],
            demand: DemandBody(inFlight: 30, queued: 70, peak: 100, accepted: 12_345, instances: []),
        )
        let body = try service("demo", instances: [instance(1, .ready, age: 60), instance(2, .starting, age: 1)])
        #expect(
            text(statusText(body, explanation, now: now, style: .plain)) == """
                demo  running  http://demo.localhost:8080  revision 4 of demo:latest
                30 in flight, 70 queued, 12,345 accepted  (at most 30 at one instance, 1 to 10 instances)

                INSTANCE      STATE     IN FLIGHT  ADDRESS         START  AGE
                100000000000  ready             -  10.1.0.1:8080  412 ms  1 m
                200000000000  starting          -  10.1.0.2:8080       -  1 s

                LAST DECISIONS
                 12 s ago  1 → 4 instances  up at once: 30 in flight and 70 queued at 30 each want 4
                """)
        #expect(
            statusLine(body, explanation, now: now)
                == "2023-11-14T22:18:20.000Z demo running starting=1 ready=1 inFlight=30 queued=70 accepted=12345")
    }

    @Test(arguments: [
        (
            "down", "none", 4, 2,
            "4 → 2 instances  down: 0 in flight and 0 queued at 30 each want 1, and no more than 4"
                + " was wanted for a whole window"
        ),
        (
            "held", "none", 4, 4,
            "stays at 4 instances  held: 0 in flight and 0 queued at 30 each want 1, and 4 was wanted"
                + " within the window"
        ),
        (
            "watching", "none", 1, 1,
            "stays at 1 instance  watching: 0 in flight and 0 queued at 30 each want 1, and too"
                + " little was seen since the daemon started to end any"
        ),
        (
            "steady", "minSize", 1, 1,
            "stays at 1 instance  steady: 0 in flight and 0 queued at 30 each want 1; minSize"
                + " keeps it from being fewer"
        ),
        (
            "up", "crashBackoff", 0, 0,
            "stays at 0 instances  up at once: 0 in flight and 0 queued at 30 each want 1;"
                + " restarts wait after crashes"
        ),
        (
            "sideways", "moon", 0, 1,
            "0 → 1 instance  sideways: 0 in flight and 0 queued at 30 each want 1; bound by moon"
        ),
    ])
    func decisionsAreSentences(rule: String, bound: String, current: Int, desired: Int, sentence: String) {
        let decision = ScaleDecisionBody(
            at: Timestamp(now),
            inFlight: 0,
            queued: 0,
            maxConcurrency: 30,
            wanted: 1,
            windowMax: 4,
            current: current,
            desired: desired,
            rule: rule,
            bound: bound,
        )
        #expect(decisionSentence(decision) == sentence)
    }

    @Test func explanationsSplitWaitsIntoTheirParts() {
        let explanation = ExplanationBody(
            decisions: [decision],
            wakes: [
                WakeBody(
                    at: Timestamp(ago(12)),
                    instance: InstanceID(high: 1 << 60, low: 0),
                    queueMilliseconds: 450,
                    timings: StartTimingsBody(
                        StartTimings(createMilliseconds: 80, startMilliseconds: 32, healthyMilliseconds: 300)),
                    firstByteMilliseconds: 3,
                )
            ],
            failures: [
                RequestFailureBody(
                    at: Timestamp(ago(5)),
                    instance: nil,
                    requestId: "r1",
                    outcome: "queueFull",
                    queueMilliseconds: 0,
                    totalMilliseconds: 1,
                )
            ],
            demand: nil,
        )
        #expect(
            text(explanationText(explanation, now: now, style: .plain)) == """
                Decisions that changed something, newest first
                   12 s ago  1 → 4 instances  up at once: 30 in flight and 70 queued at 30 each want 4

                Requests that waited for an instance, newest first
                      WHEN   QUEUE  CREATE  START  HEALTHY  FIRST BYTE  IN ALL  INSTANCE
                  12 s ago  450 ms   80 ms  32 ms   300 ms        3 ms  453 ms  100000000000

                Requests that the platform ended, newest first
                     WHEN  OUTCOME    QUEUE  IN ALL  INSTANCE  REQUEST
                  5 s ago  queueFull   0 ms    1 ms  -         r1
                """)
    }

    @Test func eventsAndLogLinesAreOneLineEach() {
        let service = ServiceID(high: 5, low: 5)
        let event = EventBody(
            Event(
                sequence: 1,
                at: now,
                principal: "system",
                kind: "instance.ready",
                service: service,
                instance: nil,
                operation: nil,
                message: "It is healthy.",
            ))
        #expect(eventLine(event, style: .plain) == "22:18:20  instance.ready          It is healthy.")
        #expect(
            eventLine(event, names: [service: "demo"], style: .plain)
                == "22:18:20  instance.ready          demo  It is healthy.")
        let line = LogLineBody(
            LogLine(at: now, stream: .stderr, text: "oh"), instance: InstanceID(high: 1 << 60, low: 0))
        #expect(logText(line, showsInstance: true, style: .plain) == "100000000000 | oh")
        #expect(logText(line, showsInstance: false, style: .plain) == "oh")
    }

    @Test func healthSaysWhatIsMissing() {
        let health = HealthBody(
            isRouterConnected: false, runtime: "process", missingIsolation: ["No namespaces."], notices: ["Set aside."],
            version: "1")
        #expect(
            text(healthText(health, style: .plain)) == """
                daemon     1
                router     not connected
                runtime    process
                isolation  not whole:
                  - No namespaces.
                notices:
                  - Set aside.
                """)
    }

    @Test func aPictureIsDrawnOverTheOneBefore() {
        var screen = Screen()
        #expect(screen.redraw(["a", "b"]) == "a\u{1B}[K\nb\u{1B}[K\n\u{1B}[J")
        #expect(screen.redraw(["c"]) == "\u{1B}[2A\rc\u{1B}[K\n\u{1B}[J")
        #expect(screen.redraw(["d"]).hasPrefix("\u{1B}[1A\r"))
    }
}
