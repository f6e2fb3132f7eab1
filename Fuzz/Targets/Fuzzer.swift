import Glibc

// What the fuzzer calls. Which target is meant is in the environment, so that one program has them all.

private let target: FuzzTarget = {
    guard let name = getenv("FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
        preconditionFailure("FUZZ_TARGET has to name one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func tryOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(FuzzFinding) {
        try target.run(input)
    } catch {
        // A release build's preconditions end the program without their words.
        let text = "\(target.rawValue): \(error.description)\n"
        write(STDERR_FILENO, text, text.utf8.count)
        abort()
    }
    return 0
}
