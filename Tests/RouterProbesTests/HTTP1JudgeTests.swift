import RouterProbes
import Testing

/// The judge catches what was planted.
@Suite struct HTTP1JudgeTests {
    private let host = "probe-00.test"

    private func probe(_ name: String) throws -> HTTP1Case {
        try #require(HTTP1Corpus.cases.first { $0.name == name }, "no case '\(name)'")
    }

    /// What the instance would have understood of bytes that a proxy sent it.
    private func seen(_ bytes: String..., statuses: [Int] = [400]) -> HTTP1Observation {
        var seen = HTTP1Observation()
        for text in bytes {
            var offset = 0
            let bytes = rawBytes(text)
            reading: while offset < bytes.count {
                switch StrictReader.readRequest(bytes, from: offset) {
                case .request(let request, let end):
                    seen.forwards.append(request)
                    offset = end
                case .malformed(let why):
                    seen.ambiguities.append(why)
                    break reading
                case .incomplete(let what):
                    seen.leftOpen.append(what)
                    break reading
                }
            }
        }
        seen.answers = statuses.map { status in
            let text = "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n"
            guard case .answer(let answer, _) = AnswerReader.read(rawBytes(text), from: 0, method: "GET", end: .open)
            else {
                preconditionFailure("an answer of \(status)")
            }
            return answer
        }
        return seen
    }

    private func verdict(_ name: String, _ seen: HTTP1Observation) throws -> Verdict {
        HTTP1Judge.judge(try probe(name), seen, host: host).verdict
    }

    private let head = "POST /case-000 HTTP/1.1\r\nHost: probe-00.test\r\n"

    @Test func aRefusalPasses() throws {
        #expect(try verdict("length: with a plus sign", seen()) == .pass)
        #expect(try verdict("length and coding: they agree, length first", seen()) == .pass)
    }

    @Test func aPlainRequestThatIsRefusedFails() throws {
        #expect(try verdict("length: plain", seen()) == .fail)
        #expect(try verdict("length: plain", seen(head + "Content-Length: 5\r\n\r\nhello", statuses: [200])) == .pass)
    }

    @Test func whatIsAmbiguousFails() throws {
        for planted in [
            "Content-Length: +5\r\n\r\nhello", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "X: a\rContent-Length: 5\r\n\r\nhello",
            "X: a\0\r\nContent-Length: 5\r\n\r\nhello",
        ] {
            #expect(try verdict("length: with a plus sign", seen(head + planted)) == .fail, "\(planted)")
        }
    }

    @Test func whatWasRepairedIsLenientOrPasses() throws {
        let repaired = seen(head + "Content-Length: 5\r\n\r\nhello", statuses: [200])
        #expect(try verdict("length: with a plus sign", repaired) == .lenient)
        #expect(try verdict("length: with a leading zero", repaired) == .pass)
    }

    @Test func aRequestThatNobodySentFails() throws {
        let hidden = "GET /case-000-hidden HTTP/1.1\r\nHost: probe-00.test\r\n\r\n"
        #expect(
            try verdict("length: plain", seen(head + "Content-Length: 5\r\n\r\nhello" + hidden, statuses: [200]))
                == .fail)
        #expect(try verdict("length: with a plus sign", seen(hidden)) == .fail)
        let plain = "length and coding: length first, coding plain"
        #expect(
            try verdict(plain, seen(head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", statuses: [200])) == .pass)
        #expect(
            try verdict(plain, seen(head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, statuses: [200]))
                == .lenient)
    }

    @Test func aBodyThatChangedFails() throws {
        #expect(try verdict("length: plain", seen(head + "Content-Length: 4\r\n\r\nhell", statuses: [200])) == .fail)
        #expect(try verdict("length: plain", seen(head + "Content-Length: 9\r\n\r\nhello", statuses: [200])) == .fail)
    }

    @Test func anotherHostFails() throws {
        let evil = "POST /case-000 HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 5\r\n\r\nhello"
        #expect(try verdict("length: plain", seen(evil, statuses: [200])) == .fail)
    }

    @Test func poisonHangsAndRestsAreSeen() throws {
        var poisoned = seen()
        poisoned.poisoning = "planted"
        #expect(try verdict("length: with a plus sign", poisoned) == .fail)
        var hanging = seen()
        hanging.hang = "planted"
        #expect(try verdict("length: with a plus sign", hanging) == .hang)
    }

    @Test func fieldsOfTheConnectionAreWatched() throws {
        let text = "GET /case-000 HTTP/1.1\r\nHost: probe-00.test\r\n"
        #expect(try verdict("connection: names a field", seen(text + "\r\n", statuses: [200])) == .pass)
        #expect(try verdict("connection: names a field", seen(text + "X-A: b\r\n\r\n", statuses: [200])) == .lenient)
        #expect(
            try verdict("connection: names a field that is not there", seen(text + "\r\n", statuses: [200])) == .fail)
    }

    @Test func anUnknownHostMeansThatItWasUnderstood() throws {
        #expect(try verdict("host: with a user", seen(statuses: [404])) == .lenient)
        #expect(try verdict("host: with a user", seen(statuses: [400])) == .pass)
    }
}

@Suite struct HTTP1CorpusTests {
    @Test func everyCaseHasItsOwnName() {
        let names = HTTP1Corpus.cases.map(\.name)
        #expect(
            Set(names).count == names.count, "\(Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys)")
        #expect(names.count >= 280)
        #expect(Set(HTTP1Corpus.cases.map(\.demand)).count == Demand.allCases.count)
    }

    @Test func numbersChangeNoLength() {
        for (place, probe) in HTTP1Corpus.cases.enumerated() {
            let numbered = probe.numbered(lane: 42, number: place)
            #expect(numbered.bytes.count == probe.bytes.count)
            #expect(!latin1(numbered.bytes.prefix(2_000)).contains("probe-00"))
        }
    }

    /// Plain requests have to be plain to the judge's reader, or nothing it says counts.
    @Test func whatIsToBeAcceptedIsPlain() {
        for probe in HTTP1Corpus.cases
        where probe.demand == .accept && !probe.name.hasPrefix("request line: an empty line") {
            guard case .request(let request, _) = StrictReader.readRequest(probe.bytes) else {
                Issue.record("\(probe.name): \(StrictReader.readRequest(probe.bytes))")
                continue
            }
            #expect(request.method == probe.legal.first?.method, "\(probe.name)")
            #expect(request.body == probe.legal.first?.body, "\(probe.name)")
        }
    }
}
