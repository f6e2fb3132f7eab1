import Testing

/// Attacks, overload, faults and restarts, one after the other: each needs thousands of descriptors, and what it measures of
/// the router's process must be its own doing.
@Suite(.serialized) struct RouterRobustnessTests {}
