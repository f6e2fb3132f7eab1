import Glibc

/// Reads the signal that an image wants to be ended with.
enum StopSignal {
    private static let numbers: [String: Int32] = [
        "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ABRT": SIGABRT, "KILL": SIGKILL, "USR1": SIGUSR1,
        "USR2": SIGUSR2,
        "ALRM": SIGALRM, "TERM": SIGTERM, "CONT": SIGCONT, "WINCH": SIGWINCH, "PWR": SIGPWR,
    ]
    /// The first real-time signal that programs may use.
    ///
    /// Source: signal(7).
    private static let realTimeFirst: Int32 = 34
    private static let last: Int32 = 64

    /// `SIGQUIT`, `QUIT`, `3` and `SIGRTMIN+3` as numbers; SIGTERM for nil and for what is no signal.
    static func number(_ text: String?) -> Int32 {
        guard let text else { return SIGTERM }
        let name = text.uppercased()
        let short = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
        if let number = numbers[short] { return number }
        if short == "RTMIN" { return realTimeFirst }
        if short.hasPrefix("RTMIN+"), let offset = Int32(short.dropFirst(6)),
            (0...last - realTimeFirst).contains(offset)
        {
            return realTimeFirst + offset
        }
        if let number = Int32(short), (1...last).contains(number) { return number }
        return SIGTERM
    }
}
