import Glibc
import RunaboutLinkServer

/// The account the router runs as.
struct RouterAccount: Equatable, Sendable {
    /// Its name.
    let name: String
    /// Its number and its group's.
    let owner: SocketOwner

    /// Looks an account up.
    ///
    /// - Throws: ``StartError`` when there is none of the name, or it is root's.
    static func find(_ name: String) throws(StartError) -> RouterAccount {
        guard let entry = getpwnam(name) else {
            throw StartError("There is no account '\(name)' for the router. Make it, or set router.user to another.")
        }
        guard entry.pointee.pw_uid != 0 else {
            throw StartError("The router faces the network and must not be root. Set router.user to another account.")
        }
        return RouterAccount(
            name: name, owner: SocketOwner(userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid))
    }
}
