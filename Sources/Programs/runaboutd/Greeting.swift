import Glibc
import RunaboutModel

/// What a developer is told once everything is up.
struct Greeting: Sendable {
    let layout: Layout
    let settings: Settings
    let token: Token
    /// Where services are reached.
    let services: PublicAddress
    /// Where they are reached by HTTPS; nil where that is not spoken, or shown already.
    let secureServices: PublicAddress?

    /// Writes it to standard output.
    func show() {
        // Written at once: a buffer would keep it back where a pipe is read for it.
        let bytes = Array(text.utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }

    private var secureLine: String {
        guard let secureServices else { return "" }
        let url = secureServices.url(of: "NAME.\(settings.baseDomain)")
        return "\n                    \(url)/ (for those who trust 'runabout ca')"
    }

    var text: String {
        """

        Runabout runs.
          services  \(services.url(of: "NAME.\(settings.baseDomain)"))/\(secureLine)
          API       http://\(settings.apiListen)/v1 (bearer token in \(layout.token))
          registry  \(settings.apiListen) (any user name, the token as password)
          socket    \(layout.apiSocket) (no token needed)

        A first service, in a second terminal:
          skopeo copy --dest-tls-verify=false --dest-creds "any:$(cat \(layout.token))" \\
            docker://docker.io/library/nginx docker://\(settings.apiListen)/nginx:latest
          runabout --socket \(layout.apiSocket) services create hello --image nginx:latest --port 80
          curl \(services.url(of: "hello.\(settings.baseDomain)"))/

        Ctrl-C stops all of it; the next run finds it as it was.

        """
    }
}
