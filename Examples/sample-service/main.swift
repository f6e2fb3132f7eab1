// A small web service to try a platform with: it answers slowly, counts, burns, allocates and crashes as asked.
import Glibc

let options = Options.fromEnvironment()
if let status = options.exitAtStart {
    log("\(options.instance) ends at once with status \(status), as EXIT_AT_START asks")
    exit(status)
}

// Threads inherit this mask, so the signals wait for `sigwait` below. The first process of a container ignores SIGTERM
// unless it takes care of it.
var signals = sigset_t()
sigemptyset(&signals)
sigaddset(&signals, SIGTERM)
sigaddset(&signals, SIGINT)
pthread_sigmask(SIG_BLOCK, &signals, nil)

let server = Server(options: options)
if !options.neverListens, !startThread({ server.run() }) {
    log("can't make a thread")
    exit(1)
}
if let delay = options.crashAfterMilliseconds {
    _ = startThread {
        pause(milliseconds: delay)
        log("crashes after \(delay) ms, as CRASH_AFTER_MS asks")
        abort()
    }
}
while true {
    var received: Int32 = 0
    sigwait(&signals, &received)
    if options.ignoresTermination { log("ignores signal \(received), as IGNORE_TERM asks") } else { server.stop() }
}
