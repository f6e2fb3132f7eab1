import Foundation
import RunaboutModel

/// The present, for ages.
func currentTime() -> UnixTime { UnixTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }
