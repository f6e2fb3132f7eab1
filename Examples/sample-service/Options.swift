import Glibc

/// How the service behaves, from its environment.
struct Options: Sendable {
    /// Where it listens, as the platform says.
    let port: UInt16
    /// What it calls itself in answers.
    let instance: String
    /// How long it waits before it listens, in milliseconds.
    let startDelayMilliseconds: Int
    /// Whether it never listens at all.
    let neverListens: Bool
    /// Whether `/healthz` answers 500.
    let failsHealth: Bool
    /// When it aborts by itself, in milliseconds after its start; nil for never.
    let crashAfterMilliseconds: Int?
    /// The status it ends with before it does anything; nil for not.
    let exitAtStart: Int32?
    /// Whether it ignores SIGTERM.
    let ignoresTermination: Bool

    /// Reads the environment; what is missing or makes no sense gets the default.
    static func fromEnvironment() -> Options {
        func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        func number(_ name: String) -> Int? { text(name).flatMap { Int($0) } }
        func flag(_ name: String) -> Bool { text(name).map { $0 != "" && $0 != "0" } ?? false }
        return Options(
            port: number("PORT").flatMap { UInt16(exactly: $0) } ?? 8_080,
            instance: text("RUNABOUT_INSTANCE") ?? text("HOSTNAME") ?? "\(getpid())",
            startDelayMilliseconds: number("START_DELAY_MS") ?? 0,
            neverListens: flag("NEVER_LISTEN"),
            failsHealth: flag("FAIL_HEALTH"),
            crashAfterMilliseconds: number("CRASH_AFTER_MS"),
            exitAtStart: number("EXIT_AT_START").map { Int32(truncatingIfNeeded: $0) },
            ignoresTermination: flag("IGNORE_TERM"),
        )
    }
}
