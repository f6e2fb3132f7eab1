import Foundation
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct AccessLineTests {
    private func line(_ sample: SampleRecord, _ change: (inout AccessRecord) -> Void = { _ in }) -> String {
        var lines = AccessLine()
        var record = sample.record
        change(&record)
        sample.withTexts { lines.append(record, $0, isTargetCut: sample.isTargetCut, wallOffset: 0) }
        return String(decoding: lines.bytes, as: UTF8.self)
    }

    private func members(_ line: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return try #require(object as? [String: Any])
    }

    @Test func aRecordIsOneLineWithAllThatApplies() {
        var sample = SampleRecord()
        sample.acceptedAt = 1_700_000_000_123_456_789
        let text = line(sample) { record in
            record.instance = RecordedID(high: 0xABCD, low: 0xEF)
            record.isTLS = true
            record.version = .http2
        }
        #expect(
            text == """
                {"time":"2023-11-14T22:13:20.123456Z","requestID":"0123456789abcdef","peer":"127.0.0.1",\
                "protocol":"HTTP/2.0","tls":true,"method":"GET","host":"app.localhost","target":"/",\
                "service":"00000000000000010000000000000002","instance":"000000000000abcd00000000000000ef",\
                "outcome":"answered","status":200,"requestBytes":10,"responseBytes":20,"queueMicroseconds":1,\
                "connectMicroseconds":0,"totalMicroseconds":5000}

                """)
    }

    @Test func whatDoesNotApplyIsLeftOut() throws {
        let found = try members(
            line(SampleRecord()) { record in
                record.service = .none
                record.status = 0
                record.outcome = OutcomeCode(.badRequest)
                record.queueNanoseconds = -1
                record.connectNanoseconds = -1
            })
        #expect(found["outcome"] as? String == "badRequest")
        for name in ["service", "instance", "status", "queueMicroseconds", "connectMicroseconds", "targetCut"] {
            #expect(found[name] == nil, "\(name)")
        }
        var cut = SampleRecord()
        cut.isTargetCut = true
        #expect(try members(line(cut))["targetCut"] as? Bool == true)
    }

    @Test func anIDIsWrittenAsItsDigits() throws {
        let id = ServiceID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        let found = try members(line(SampleRecord()) { $0.service = RecordedID(id) })
        #expect(found["service"] as? String == id.rawValue)
    }

    @Test func everyByteAClientCanSendGivesAValidLine() throws {
        for byte in UInt8.min...UInt8.max {
            var lines = AccessLine()
            let target = [UInt8(0x2F), byte, 0x22, 0x5C]
            target.withUnsafeBytes { target in
                let empty = UnsafeRawBufferPointer(start: nil, count: 0)
                lines.append(
                    SampleRecord().record,
                    AccessTexts(method: empty, host: empty, target: target, requestID: empty, peer: empty),
                    isTargetCut: false, wallOffset: 0)
            }
            let text = String(decoding: lines.bytes, as: UTF8.self)
            #expect(text.utf8.allSatisfy { $0 == 10 || (0x20...0x7E).contains($0) })
            #expect(text.utf8.count { $0 == 10 } == 1)
            let found = try members(text)["target"] as? String
            #expect(found == "/" + String(UnicodeScalar(byte)) + "\"\\", "byte \(byte)")
        }
    }

    @Test func theLongestLineIsWithinItsLimit() {
        var worst = SampleRecord()
        worst.method = String(repeating: "M", count: Limits.methodBytesMax)
        worst.host = String(repeating: "\u{1}", count: Limits.hostBytesMax)
        worst.target = String(repeating: "\u{1}", count: Limits.accessLogTargetBytesMax)
        worst.requestID = String(repeating: "\u{1}", count: Limits.requestIDBytesMax)
        worst.peer = String(repeating: "f", count: 46)
        worst.isTargetCut = true
        worst.acceptedAt = .max
        let text = line(worst) { record in
            record.instance = RecordedID(high: .max, low: .max)
            record.requestBytes = .max
            record.responseBytes = .max
            record.totalNanoseconds = .max
            record.queueNanoseconds = .max
            record.connectNanoseconds = .max
            record.firstByteNanoseconds = .max
        }
        #expect(text.utf8.count <= Limits.accessLogLineBytesMax)
    }

    @Test func aGapSaysHowManyAreMissing() throws {
        var lines = AccessLine()
        lines.appendGap(17, atNanoseconds: 1_000)
        let found = try members(String(decoding: lines.bytes, as: UTF8.self))
        #expect(found["droppedRecords"] as? Int == 17)
        #expect(found["time"] as? String == "1970-01-01T00:00:00.000001Z")
        lines.removeAll()
        #expect(lines.bytes.isEmpty)
    }

    @Test func daysAreThoseOfTheCalendar() throws {
        #expect(CivilDay(daysSince1970: 59).month == 3)
        #expect(CivilDay(daysSince1970: 59).day == 1)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        var day = 0
        while day < 60_000 {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let found = CivilDay(daysSince1970: Int64(day))
            #expect(found.year == Int64(parts.year ?? 0))
            #expect(found.month == Int64(parts.month ?? 0))
            #expect(found.day == Int64(parts.day ?? 0))
            day += 13
        }
    }
}
