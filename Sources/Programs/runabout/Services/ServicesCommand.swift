import ArgumentParser

/// What users own.
struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services",
        abstract: "Make, change and look at services.",
        subcommands: [
            ListServices.self, GetService.self, CreateService.self, UpdateService.self, DeleteService.self,
            PauseService.self, ResumeService.self, DeployService.self,
        ],
        aliases: ["service"],
    )
}
