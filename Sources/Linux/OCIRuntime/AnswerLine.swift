import Foundation
import Glibc
import Synchronization

/// The one line that conmon sends: `{"data": PID}`, or `{"data": -1, "message": "why not"}`.
final class AnswerLine: Sendable {
    private struct Answer: Codable {
        let data: Int32
        let message: String?
    }

    /// The longest line that is read, in bytes: a complaint of the runtime with its whole configuration fits.
    private static let bytesMax = 262_144

    private let bytes = Mutex<[UInt8]>([])

    /// Takes what has come; false when the line is whole or no more can come.
    func readMore(_ descriptor: Int32) -> Bool {
        var piece = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            let isOver = bytes.withLock { bytes in
                bytes.append(contentsOf: piece[..<count])
                return bytes.last == 10 || bytes.count > Self.bytesMax
            }
            if isOver { return false }
        }
    }

    /// The process's number, when the container was created.
    var processNumber: Int32? { answer.flatMap { $0.data > 0 ? $0.data : nil } }

    /// Why it was not.
    var message: String? { answer?.message }

    private var answer: Answer? {
        // A line that is none says nothing; what conmon wrote elsewhere is shown then.
        try? JSONDecoder().decode(Answer.self, from: Data(bytes.withLock { $0 }))
    }
}
