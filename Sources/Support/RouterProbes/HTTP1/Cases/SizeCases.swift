/// Too much of everything: it may be refused, but is never cut and never a crash.
enum SizeCases {
    static var cases: [HTTP1Case] {
        var list = CaseList("size")
        for (name, count) in [
            ("10 kB", 10_000), ("40 kB", 40_000), ("70 kB", 70_000), ("300 kB", 300_000), ("1 MB", 1_000_000),
        ] {
            let text = String(repeating: "a", count: count)
            list.either("a value of \(name)", request(["X-A: \(text)"]), readings: [[Forward.get.keeping("x-a")]])
            list.either("a name of \(name)", request(["\(text): b"]))
        }
        for count in [100, 200, 1_000, 10_000] {
            list.either("\(count) fields", request((0..<count).map { "X-\($0): b" }))
        }
        list.either("2,000 times the same field", request((0..<2_000).map { _ in "Cookie: a=b" }))
        list.either("5,000 fields of nothing", request((0..<5_000).map { _ in "X:" }))
        list.either("a value of 100,000 blanks", request(["X-A:" + String(repeating: " ", count: 100_000)]))
        list.either(
            "a value of 100,000 commas in Connection",
            request(["Connection: " + String(repeating: ",", count: 100_000)]))
        list.either(
            "a host of 100 kB, with an absolute target",
            request("GET http://\(String(repeating: "a", count: 100_000))/case-000 HTTP/1.1"), readings: [])
        list.reject(
            "a head of 1 MB without an end, then the end",
            "GET /case-000 HTTP/1.1\r\nHost: probe-00.test\r\nX-A: "
                + String(repeating: "a", count: 1_000_000), lenient: [], ends: true)
        list.reject("1 MB of line ends", String(repeating: "\r\n", count: 500_000), lenient: [], ends: true)
        return list.cases
    }
}
