import RunaboutModel

@testable import RunaboutProxy

/// A record with its texts as values, for tests.
struct SampleRecord: Equatable {
    var method = "GET"
    var host = "app.localhost"
    var target = "/"
    var requestID = "0123456789abcdef"
    var peer = "127.0.0.1"
    var acceptedAt: Int64 = 0
    var isTargetCut = false

    var record: AccessRecord {
        AccessRecord(
            acceptedAt: acceptedAt, service: RecordedID(high: 1, low: 2), instance: .none, requestBytes: 10,
            responseBytes: 20, totalNanoseconds: 5_000_999, queueNanoseconds: 1_000, connectNanoseconds: 0,
            firstByteNanoseconds: -1, status: 200, outcome: .answered, version: .http11, isTLS: false)
    }

    func append(to ring: AccessRing) {
        withTexts { ring.append(record, $0) }
    }

    func withTexts<Result>(_ body: (AccessTexts) -> Result) -> Result {
        var texts: [UInt8] = []
        var ends: [Int] = []
        for text in [method, host, target, requestID, peer] {
            texts += Array(text.utf8)
            ends.append(texts.count)
        }
        return texts.withUnsafeBytes { bytes in
            func part(_ index: Int) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
            }
            return body(
                AccessTexts(method: part(0), host: part(1), target: part(2), requestID: part(3), peer: part(4)))
        }
    }

    init() {}

    init(_ number: Int, target: String = "/") {
        self.target = target
        acceptedAt = Int64(number)
    }

    init(_ record: AccessRecord, _ texts: AccessTexts, _ isTargetCut: Bool) {
        func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
        method = text(texts.method)
        host = text(texts.host)
        target = text(texts.target)
        requestID = text(texts.requestID)
        peer = text(texts.peer)
        acceptedAt = record.acceptedAt
        self.isTargetCut = isTargetCut
    }
}
