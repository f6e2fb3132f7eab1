import Foundation
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import Testing

/// What tests of running services begin with.
extension Platform {
    /// The sample with an HTTP health check every second, so that a start is noticed soon.
    static func configuration(_ environment: [String: String] = [:]) -> InstanceConfigurationBody {
        var configuration = InstanceConfigurationBody()
        configuration.environment = environment
        configuration.memoryMebibytes = 64
        configuration.cpuMillis = 500
        configuration.healthCheck.method = .http
        configuration.healthCheck.path = "/healthz"
        configuration.healthCheck.intervalSeconds = 1
        configuration.stopGraceSeconds = 2
        return configuration
    }

    /// Makes a service of the sample and waits until it runs.
    ///
    /// - Returns: its name.
    func deploySample(
        _ word: String = "sample",
        maxConcurrency: Int = 30,
        minSize: Int = 1,
        maxSize: Int = 10,
        stabilizationSeconds: Int = 3,
        configuration: InstanceConfigurationBody = Platform.configuration(),
    ) async throws -> String {
        let name = name(word)
        try await control.configure(
            CreateAutoScalingConfigurationBody(
                name: name, maxConcurrency: maxConcurrency, minSize: minSize, maxSize: maxSize,
                stabilizationSeconds: stabilizationSeconds))
        let operation = try await control.create(
            CreateServiceBody(name: name, image: "sample:latest", configuration: configuration, autoScaling: name))
        try #require(
            operation.status == .succeeded, "\(operation.failure?.message ?? "") \(operation.failure?.logLines ?? [])")
        return name
    }

    /// The sample's own numbers, one entry for each instance that answered.
    func statistics(_ service: String, asking times: Int) async throws -> [String: SampleStatistics] {
        let answers = await load.together(times, "/stats?ms=300", host: host(service))
        var found: [String: SampleStatistics] = [:]
        for answer in answers where answer.status == 200 {
            let statistics = try JSONDecoder().decode(SampleStatistics.self, from: Data(answer.body.utf8))
            let known = found[statistics.instance]?.maxInFlight ?? 0
            if known <= statistics.maxInFlight { found[statistics.instance] = statistics }
        }
        return found
    }
}

/// What an instance of the sample counts itself.
struct SampleStatistics: Codable {
    let instance: String
    let inFlight: Int
    let maxInFlight: Int
    let served: Int
    let startedAt: Int
}
