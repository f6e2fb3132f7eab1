import RunaboutClient
import RunaboutModel
import RunaboutWire
import Testing

@testable import runabout

@Suite struct QuantityTests {
    @Test(
        arguments: [
            (0, "now"), (999, "now"), (1_000, "1 s"), (59_999, "59 s"), (60_000, "1 m"), (3_600_000, "1 h"),
            (172_800_000, "2 d"), (-5_000, "now"),
        ] as [(Int64, String)])
    func agesAreShort(milliseconds: Int64, text: String) {
        let time = Timestamp(UnixTime(milliseconds: 1_000_000_000 - milliseconds))
        let now = UnixTime(milliseconds: 1_000_000_000)
        #expect(age(of: time, now: now) == text)
        #expect(when(time, now: now) == (text == "now" ? "now" : "\(text) ago"))
    }

    @Test(
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1_000, "1 s"), (1_550, "1.5 s"), (125_000, "2 m 5 s"),
        ] as [(Int64, String)])
    func durationsHaveAUnit(milliseconds: Int64, text: String) {
        #expect(duration(milliseconds: milliseconds) == text)
    }

    @Test(
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"),
        ] as [(Int64, String)])
    func numbersAreGrouped(number: Int64, text: String) {
        #expect(grouped(number) == text)
    }

    @Test(arguments: [
        ("1", 1_000), ("0.5", 500), ("500m", 500), ("2.25", 2_250), ("x", nil), ("m", nil), ("-1", nil), ("1e9", nil),
        ("nan", nil),
    ])
    func cpuIsReadInCoresOrThousandths(text: String, millis: Int?) {
        #expect(cpuMillis(from: text) == millis)
    }

    @Test(
        arguments: [
            ("512", 512), ("512Mi", 512), ("512M", 512), ("1Gi", 1_024), ("2g", 2_048), ("1T", nil), ("", nil),
            ("x", nil),
        ] as [(String, Int64?)])
    func memoryIsReadInMebibytesOrWithAUnit(text: String, mebibytes: Int64?) {
        #expect(memoryMebibytes(from: text) == mebibytes)
    }
}

@Suite struct ConnectionTests {
    private func endpoint(_ choice: EndpointChoice, sockets: [String] = []) -> ControlEndpoint {
        choice.endpoint { sockets.contains($0) }
    }

    @Test func flagsComeBeforeTheEnvironment() {
        let environment = ["RUNABOUT_URL": "http://e", "RUNABOUT_TOKEN": "et", "RUNABOUT_SOCKET": "/e.sock"]
        #expect(endpoint(EndpointChoice(url: "http://f", environment: environment)) == .url("http://f", token: "et"))
        #expect(
            endpoint(EndpointChoice(url: "http://f", token: "ft", environment: environment))
                == .url("http://f", token: "ft"))
        #expect(
            endpoint(EndpointChoice(socket: "/f.sock", environment: environment)) == .unixSocket(path: "/f.sock"))
        #expect(endpoint(EndpointChoice(environment: environment)) == .url("http://e", token: "et"))
    }

    @Test func theEnvironmentComesBeforeWhatIsThere() {
        let choice = EndpointChoice(environment: ["RUNABOUT_SOCKET": "/e.sock", "RUNABOUT_URL": ""])
        #expect(endpoint(choice, sockets: ["./.runabout/run/api.sock"]) == .unixSocket(path: "/e.sock"))
    }

    @Test func theDevelopmentSocketComesBeforeTheSystems() {
        #expect(
            endpoint(EndpointChoice(), sockets: ["./.runabout/run/api.sock", "/run/runabout/api.sock"])
                == .unixSocket(path: "./.runabout/run/api.sock"))
        #expect(endpoint(EndpointChoice()) == .unixSocket(path: "/run/runabout/api.sock"))
    }

    @Test func exitStatusesTellWhatWentWrong() {
        func refusal(_ status: Int) -> ClientError {
            .refused(Problem(title: "", status: status, detail: "", instance: "", code: ""))
        }
        #expect(ExitStatus.of(.unreachable(place: "", reason: "")) == .unreachable)
        #expect(ExitStatus.of(.notPermitted(path: "")) == .unreachable)
        #expect(ExitStatus.of(refusal(401)) == .unreachable)
        #expect(ExitStatus.of(refusal(404)) == .failed)
        #expect(ExitStatus.of(refusal(500)) == .failed)
    }
}
