/// What rules let pass, each with its reason.
enum Exceptions {
    /// Sources that no test names.
    static let withoutTest: [CoverageRules.Exception] = [
        .init(path: "Sources/Programs/", reason: "programs only wire; the integration tests run them as processes"),
        .init(path: "Sources/Model/RunaboutModel/Limits.swift", reason: "everyLimitIsUsed checks each by name"),
        .init(path: "Sources/Model/RunaboutModel/Limits+Requests.swift", reason: "as Limits.swift"),
        .init(path: "Sources/Model/RunaboutModel/Limits+HTTP2.swift", reason: "as Limits.swift"),
        .init(path: "Sources/Model/RunaboutModel/Limits+Interfaces.swift", reason: "as Limits.swift"),
        .init(path: "Sources/Model/RunaboutModel/Limits+Machinery.swift", reason: "as Limits.swift"),
        .init(path: "Sources/Model/RunaboutModel/Limits+Reporting.swift", reason: "as Limits.swift"),
        .init(path: "Sources/Model/RunaboutModel/Limits+Certificates.swift", reason: "as Limits.swift"),
    ]
}
