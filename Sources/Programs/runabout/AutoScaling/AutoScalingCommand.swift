import ArgumentParser

/// How services scale.
struct AutoScalingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auto-scaling",
        abstract: "Make and look at auto scaling configurations.",
        subcommands: [CreateAutoScaling.self, ListAutoScaling.self, GetAutoScaling.self, DeleteAutoScaling.self],
    )
}
