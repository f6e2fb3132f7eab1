import Foundation
import RunaboutTestSupport
import Testing

@testable import runaboutd

struct StateTests {
    private func mode(_ path: String) -> Int? { FileStatus(path)?.mode }

    @Test func aTokenIsMadeOnceAndOnlyItsOwnerMayReadIt() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "token").path(percentEncoded: false)
            var generator = SeededGenerator(seed: 1)
            let first = try Token.load(path, using: &generator)
            let second = try Token.load(path, using: &generator)
            #expect(first.isNew && !second.isNew)
            #expect(first.secret == second.secret)
            #expect(first.secret.utf8.count == 43)
            #expect(first.secret.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
            #expect(mode(path) == 0o600)
            #expect("\(first)" == "<token>")
        }
    }

    @Test func aTokenThatOthersMayReadOrThatIsEmptyIsRefused() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "token").path(percentEncoded: false)
            var generator = SeededGenerator(seed: 2)
            _ = try Token.load(path, using: &generator)
            chmod(path, 0o644)
            #expect(throws: StartError.self) { try Token.load(path, using: &generator) }
            try Data().write(to: URL(filePath: path))
            chmod(path, 0o600)
            #expect(throws: StartError.self) { try Token.load(path, using: &generator) }
        }
    }

    @Test func twoDaemonsCanNotShareAState() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "lock").path(percentEncoded: false)
            do {
                let lock = try StateLock(path: path)
                #expect(throws: StartError.self) { try StateLock(path: path) }
                withExtendedLifetime(lock) {}
            }
            _ = try StateLock(path: path)
        }
    }

    @Test func theLinkMovesWhereTheRouterCouldNotReachIt() async throws {
        try await withTemporaryDirectory { directory in
            var settings = Settings()
            settings.stateDirectory = directory.appending(path: "open").path(percentEncoded: false)
            let reachable = try Layout.make(settings, isRouterUnprivileged: false)
            #expect(reachable.link == reachable.run)
            #expect(mode(reachable.state) == 0o711)

            guard Host.isRoot else { return }
            chmod(directory.path(percentEncoded: false), 0o700)
            settings.stateDirectory = directory.appending(path: "closed").path(percentEncoded: false)
            let closed = try Layout.make(settings, isRouterUnprivileged: true)
            defer { rmdir(closed.link) }
            #expect(closed.link.hasPrefix("/run/runabout-link-"))
            #expect(try Layout.make(settings, isRouterUnprivileged: true) == closed)
        }
    }

    @Test func aPathThatIsTooLongForASocketIsSaid() async throws {
        try await withTemporaryDirectory { directory in
            var settings = Settings()
            settings.stateDirectory =
                directory.appending(path: String(repeating: "x", count: 90)).path(percentEncoded: false)
            #expect(throws: StartError.self) { try Layout.make(settings, isRouterUnprivileged: false) }
        }
    }
}
