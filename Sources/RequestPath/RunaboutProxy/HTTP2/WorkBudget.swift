import RunaboutModel

/// How much a peer may keep us busy without any use, so that floods end before they cost anything.
///
/// Frames that ask for nothing, and streams that end without an answer, are paid out of an allowance, which requests that
/// are answered, bytes of bodies and time fill up again.
struct WorkBudget: Equatable, BitwiseCopyable {
    private(set) var frames = Limits.http2IdleFramesMax
    private(set) var resets = Limits.http2ResetsMax

    /// A frame that asked for no work: `PING`, `SETTINGS`, `PRIORITY`, `WINDOW_UPDATE`, an empty or unknown one.
    mutating func chargeFrame() throws(HTTP2ErrorCode) {
        frames -= 1
        guard frames > 0 else { throw .enhanceYourCalm }
    }

    /// A stream that was begun and ended without an answer.
    mutating func chargeReset() throws(HTTP2ErrorCode) {
        resets -= 1
        guard resets > 0 else { throw .enhanceYourCalm }
    }

    /// A stream was answered to its end.
    mutating func earnAnswer() {
        frames = min(frames + 8, Limits.http2IdleFramesMax)
        resets = min(resets + 1, Limits.http2ResetsMax)
    }

    /// Bytes of bodies came or went; a peer may answer each KiB with a frame.
    mutating func earnBytes(_ count: Int) {
        frames = min(frames + count >> 10 + 1, Limits.http2IdleFramesMax)
    }

    /// Time has passed.
    mutating func earnTime(seconds: Int) {
        let seconds = min(max(seconds, 0), Limits.http2IdleFramesMax)
        frames = min(frames + seconds * Limits.http2IdleFramesPerSecond, Limits.http2IdleFramesMax)
        resets = min(resets + seconds * Limits.http2ResetsPerSecond, Limits.http2ResetsMax)
    }
}
