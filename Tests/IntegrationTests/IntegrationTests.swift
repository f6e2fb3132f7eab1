import RunaboutTestSupport
import Testing

/// The whole platform as real processes: `runaboutd`, `runabout-router` and containers.
///
/// One platform at a time: the tests measure, and would disturb each other.
@Suite(
    .serialized,
    .enabled(if: Host.isRoot, "needs root: containers, network namespaces and mounts are real here"),
)
struct IntegrationTests {}
