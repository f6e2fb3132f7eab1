import HTTPTypes
import OCI

/// Parts of blobs, what a client knows already, and bytes that are not those of their digest.
enum RangeGroups {
    static func ranges(_ algorithm: Digest.Algorithm) -> ConformanceGroup {
        let bytes = sampleBytes(2_048, seed: 90)
        let path = BlobGroups.path(algorithm.digest(bytes))
        let tag = "\"\(algorithm.digest(bytes))\""
        var cases = [
            ConformanceCase(.push, "push the blob") { peer in
                try await BlobPush.chunks.push(bytes, as: algorithm.digest(bytes), to: peer).mustBe(201)
            }
        ]
        let parts: [(String, Range<Int>)] = [
            ("500-1499", 500..<1_500), ("500-", 500..<2_048), ("-500", 1_548..<2_048), ("2000-5000", 2_000..<2_048),
            ("0-0", 0..<1), ("0-", 0..<2_048), ("2047-2047", 2_047..<2_048), ("-5000", 0..<2_048),
        ]
        for (range, part) in parts {
            cases.append(
                ConformanceCase(.pull, "bytes=\(range) is 206") { peer in
                    try await peer.send(.get, path, headers: ["Range": "bytes=\(range)"]).mustBe(206)
                        .mustCarry(Array(bytes[part])).mustHave("Content-Length", "\(part.count)")
                        .mustHave("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/2048")
                })
        }
        for range in ["500-0", "5000-10000", "2048-", "-0", "x-y", "", "99999999999999999999-"] {
            cases.append(
                ConformanceCase(.pull, "bytes=\(range) is 416") { peer in
                    try await peer.send(.get, path, headers: ["Range": "bytes=\(range)"]).mustBe(416)
                        .mustHave("Content-Range", "bytes */2048")
                })
        }
        cases += [
            ConformanceCase(.pull, "a blob that the client has is 304") { peer in
                try await peer.send(.get, path, headers: ["If-None-Match": tag]).mustBe(304).mustCarry([])
            },
            ConformanceCase(.pull, "a range of another content gives the whole") { peer in
                try await peer.send(.get, path, headers: ["Range": "bytes=0-1", "If-Range": "\"other\""]).mustBe(200)
                    .mustCarry(bytes)
            },
        ]
        return ConformanceGroup(name: "\(algorithm) ranges", cases: cases)
    }

    static func badDigests(_ algorithm: Digest.Algorithm) -> ConformanceGroup {
        let bytes = sampleBytes(1_000, seed: 95)
        let wrong = algorithm.digest(sampleBytes(1_001, seed: 95))
        var cases: [ConformanceCase] = []
        for push in BlobPush.allCases {
            cases.append(
                ConformanceCase(.push, "\(push.rawValue): bytes of another digest are 400 and stored nowhere") { peer in
                    try await push.push(bytes, as: wrong, to: peer).mustBe(400, code: "DIGEST_INVALID")
                    try await peer.send(.head, BlobGroups.path(wrong)).mustBe(404)
                    try await peer.send(.head, BlobGroups.path(algorithm.digest(bytes))).mustBe(404)
                })
        }
        let wrongDigits = String(repeating: "g", count: algorithm.digitCount)
        for text in ["\(algorithm):12", "\(algorithm):\(wrongDigits)", "md5:00"] {
            cases.append(
                ConformanceCase(.push, "an upload can't end as '\(text.prefix(12))…' of \(text.count) characters") {
                    peer in
                    let location = try await peer.beginUpload()
                    try await peer.send(.put, "\(location)?digest=\(text)", body: bytes)
                        .mustBe(400, code: "DIGEST_INVALID")
                })
        }
        return ConformanceGroup(name: "\(algorithm) bad digests", cases: cases)
    }
}
