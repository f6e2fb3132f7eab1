import Foundation
import OCI
import RunaboutModel
import Testing

@testable import RunaboutWire

@Suite struct BodyTests {
    private func read<Body: RequestBodyDecodable>(_ type: Body.Type, _ text: String) throws -> Body {
        try Body(json: try JSONParser.parse(Array(text.utf8)))
    }

    private func errors<Body: RequestBodyDecodable>(_ type: Body.Type, _ text: String) throws -> [FieldError] {
        try #require(throws: BodyError.self) { try read(type, text) }.fields
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        let body = try read(CreateServiceBody.self, #"{"name":"n","image":"i","configuration":{}}"#)
        #expect(body.configuration?.model == InstanceConfiguration())
        #expect(body.autoScaling == nil)
    }

    @Test func aBodyWrittenByAClientIsReadByTheServer() throws {
        var configuration = InstanceConfigurationBody()
        configuration.port = 81
        configuration.startCommand = ["a", "b"]
        configuration.environment = ["K": "V"]
        configuration.healthCheck.method = .http
        let body = CreateServiceBody(name: "n", image: "i", configuration: configuration, autoScaling: "wide/2")
        let text = String(decoding: try WireCoding.encode(body), as: UTF8.self)
        #expect(try read(CreateServiceBody.self, text) == body)
    }

    @Test func wrongTypesSayWhatWasExpectedAndFound() throws {
        let found = try errors(
            InstanceConfigurationBody.self,
            #"""
            {"port": "80", "cpuMillis": 1.5, "startCommand": [1], "environment": {"A": null}, "memoryMebibytes": null,
             "healthCheck": []}
            """#)
        #expect(
            found == [
                FieldError(path: "port", message: "expected a whole number, found a string"),
                FieldError(
                    path: "startCommand", message: "expected an array of strings, found an array with other items"),
                FieldError(
                    path: "environment", message: "expected an object of strings, found an object with other values"),
                FieldError(path: "cpuMillis", message: "expected a whole number, found the number 1.5"),
                FieldError(path: "memoryMebibytes", message: "expected a whole number, found null"),
                FieldError(path: "healthCheck", message: "expected an object, found an array"),
            ])
    }

    @Test func aWholeNumberMayBeWrittenWithAPoint() throws {
        #expect(try read(InstanceConfigurationBody.self, #"{"port":80.0}"#).port == 80)
        #expect(try errors(InstanceConfigurationBody.self, #"{"port":1e300}"#).map(\.path) == ["port"])
    }

    @Test func theBodyItselfHasToBeAnObject() throws {
        #expect(
            try errors(UpdateServiceBody.self, "[]") == [
                FieldError(path: "", message: "expected an object, found an array")
            ])
    }

    @Test func unknownFieldsAreNamedWithThoseThatAreKnown() throws {
        #expect(
            try errors(UpdateServiceBody.self, #"{"imgae":"x"}"#) == [
                FieldError(path: "imgae", message: "unknown field; known here: image, configuration, autoScaling")
            ])
    }

    @Test func answersAreWrittenWithNamesInOrderAndTimesAsText() throws {
        let service = ServiceID(high: 1, low: 2)
        let event = EventBody(
            Event(
                sequence: 7,
                at: UnixTime(milliseconds: 0),
                principal: "system",
                kind: "service.created",
                service: service,
                instance: nil,
                operation: nil,
                message: "m/n",
            ))
        let text = String(decoding: try WireCoding.encode(event), as: UTF8.self)
        #expect(
            text == #"{"at":"1970-01-01T00:00:00.000Z","kind":"service.created","message":"m/n","principal":"system","#
                + #""sequence":7,"service":"00000000000000010000000000000002"}"#)
        #expect(try WireCoding.decode(EventBody.self, from: Data(text.utf8)) == event)
    }

    @Test func aProblemReadsAsItsDetailAndItsFields() {
        let problem = Problem(
            title: "T",
            status: 422,
            detail: "Wrong.",
            instance: "/",
            code: "invalidRequest",
            errors: [FieldError(path: "a.b", message: "m"), FieldError(path: "", message: "n")],
        )
        #expect(problem.description == "Wrong.\n  a.b: m\n  the body: n")
    }
}

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timesAreWrittenAndRead(milliseconds: Int64, text: String) {
        let time = Timestamp(UnixTime(milliseconds: milliseconds))
        #expect(time.description == text)
        #expect(Timestamp(text) == time)
    }

    @Test func fractionsMayBeShort() {
        #expect(Timestamp("1970-01-01T00:00:01Z")?.time.milliseconds == 1_000)
        #expect(Timestamp("1970-01-01T00:00:01.5Z")?.time.milliseconds == 1_500)
        #expect(Timestamp("1970-01-01T00:00:01.05Z")?.time.milliseconds == 1_050)
    }

    @Test(arguments: [
        "", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01 00:00:00Z",
        "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.1234Z", "197a-01-01T00:00:00Z", "1970-01-01T00:00:00+00:00",
    ])
    func otherTextsAreNoTimes(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyDayOfFourCenturiesAgreesWithTheCalendar() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: Int64(-70_000), to: 76_097, by: 1) {
            let time = Timestamp(UnixTime(milliseconds: day * 86_400_000))
            if day % 97 == 0 {
                let parts = calendar.dateComponents(
                    [.year, .month, .day], from: Date(timeIntervalSince1970: TimeInterval(day * 86_400)))
                let expected = [parts.year, parts.month, parts.day].map { $0 ?? 0 }
                let found = time.description.prefix(10).split(separator: "-").compactMap { Int($0) }
                #expect(found == expected)
            }
            #expect(Timestamp(time.description) == time)
        }
    }
}
