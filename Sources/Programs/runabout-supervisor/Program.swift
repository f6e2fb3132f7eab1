import CLinux
import Glibc

/// Holds one instance of the process runtime: its output, its log file and its exit status outlive the daemon.
///
/// Usage: `runabout-supervisor DIRECTORY EXIT_FILE LOG_BYTES WORKING_DIRECTORY PROGRAM [ARGUMENT ...]`. It writes
/// `DIRECTORY/pid` once the program runs, `DIRECTORY/log` as it writes, and its exit status to `EXIT_FILE` when it has ended.
@main
struct Program {
    static func main() {
        let words = CommandLine.arguments
        guard words.count >= 6, let logBytesMax = Int(words[3]), logBytesMax > 0 else {
            complain(
                "usage: runabout-supervisor DIRECTORY EXIT_FILE LOG_BYTES WORKING_DIRECTORY PROGRAM [ARGUMENT ...]")
            exit(2)
        }
        let log = InstanceLogFile(path: words[1] + "/log", bytesMax: logBytesMax)
        var supervised = Supervised(
            log: log, workingDirectory: words[4], program: words[5], arguments: Array(words.dropFirst(6)))
        let status = supervised.run { child in
            writeDurably("\(child)", to: words[1] + "/pid")
        }
        writeDurably("\(status)", to: words[2])
    }
}

/// Says something to whoever started this program.
func complain(_ text: String) {
    let line = text + "\n"
    // There is nobody to tell that telling failed.
    _ = line.withCString { write(2, $0, strlen($0)) }
}

/// Replaces a file so that it holds the old or the new text whatever happens, a power cut included.
func writeDurably(_ text: String, to path: String) {
    let fresh = path + ".new"
    let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return complain("can't write \(fresh): error \(errno)") }
    let written = text.withCString { write(file, $0, strlen($0)) }
    fsync(file)
    close(file)
    guard written == text.utf8.count, rename(fresh, path) == 0 else {
        return complain("can't write \(path): error \(errno)")
    }
    guard let slash = path.lastIndex(of: "/") else { return }
    let directory = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return }
    fsync(directory)
    close(directory)
}
