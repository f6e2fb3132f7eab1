import RunaboutModel
import RunaboutRouting

/// The platform's own answers: small, honest, with the code and the request's id.
struct ErrorPage {
    let code: PlatformErrorCode
    /// Differs from the code's own where one code has several.
    let status: Int
    let requestID: String
    /// What else can be said, one sentence.
    let reason: String?
    /// What happened, one sentence.
    let explanation: String

    init(
        _ code: PlatformErrorCode, status: Int? = nil, requestID: String, reason: String? = nil,
        explanation: String? = nil,
    ) {
        self.code = code
        self.status = status ?? code.status
        self.requestID = requestID
        self.reason = reason
        self.explanation = explanation ?? code.explanation
    }

    /// Appends the whole answer.
    ///
    /// `strictTransportSecuritySeconds` is as in ``ResponseHeadWriter``.
    func write(
        as form: AnswerForm, answersHEAD: Bool, closes: Bool, saysKeepAlive: Bool,
        strictTransportSecuritySeconds: Int? = nil, to writer: inout ByteWriter,
    ) {
        let body = body(form)
        writer.append("HTTP/1.1 ")
        writer.append(decimal: UInt64(status))
        writer.append(text: " \(Self.title(status))\r\nContent-Type: ")
        switch form {
        case .text: writer.append("text/plain; charset=utf-8")
        case .html: writer.append("text/html; charset=utf-8")
        case .json: writer.append("application/problem+json")
        }
        writer.append("\r\nContent-Length: ")
        writer.append(decimal: UInt64(body.utf8.count))
        writer.append(text: "\r\nCache-Control: no-store\r\nX-Request-Id: \(requestID)\r\n")
        if status == 429 { writer.append("Retry-After: 1\r\n") }
        if let strictTransportSecuritySeconds {
            writer.append(strictTransportSecuritySeconds: strictTransportSecuritySeconds)
        }
        if closes {
            writer.append("Connection: close\r\n")
        } else if saysKeepAlive {
            writer.append("Connection: keep-alive\r\n")
        }
        writer.append("\r\n")
        if !answersHEAD { writer.append(text: body) }
    }

    /// The head and the body of the answer, for clients that are not answered in HTTP/1.1.
    func parts(as form: AnswerForm) -> (head: [UInt8], body: [UInt8]) {
        var writer = ByteWriter()
        write(as: form, answersHEAD: true, closes: false, saysKeepAlive: false, to: &writer)
        return (Array(writer.buffer), Array(body(form).utf8))
    }

    private func body(_ form: AnswerForm) -> String {
        switch form {
        case .text: text
        case .html: html
        case .json: json
        }
    }

    private var detail: String { reason.map { "\(explanation) \($0)" } ?? explanation }

    /// Source: RFC 9457.
    private var json: String {
        """
        {"type":"about:blank","title":"\(Self.title(status))","status":\(status),"code":"\(code.rawValue)",\
        "detail":"\(Self.escapedForJSON(detail))","requestId":"\(Self.escapedForJSON(requestID))"}

        """
    }

    private var text: String {
        """
        \(status) \(Self.title(status)): \(detail.filter { $0 != "\r" && $0 != "\n" })
        code \(code.rawValue), request \(requestID)

        """
    }

    private var html: String {
        """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>\(status) \(Self.title(status))</title>
        <h1>\(status) \(Self.title(status))</h1><p>\(Self.escapedForHTML(detail))</p>
        <p>Code <code>\(code.rawValue)</code>, request <code>\(Self.escapedForHTML(requestID))</code></p></html>

        """
    }

    static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 404: "Not Found"
        case 408: "Request Timeout"
        case 414: "URI Too Long"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Error"
        }
    }

    private static func escapedForJSON(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 32: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func escapedForHTML(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}

extension PlatformErrorCode {
    /// The status of the answer.
    var status: Int {
        switch self {
        case .queueFull, .queueTimeout: 429
        case .servicePaused, .serviceFailing, .routerStopped: 503
        case .noSuchHost: 404
        case .badRequest: 400
        case .requestTooLarge: 431
        case .clientTooSlow: 408
        case .instanceUnreachable, .instanceClosed, .instanceMalformed: 502
        case .requestTimeout: 504
        }
    }

    /// What happened, one sentence.
    var explanation: String {
        switch self {
        case .queueFull: "The service has as many requests waiting as it may have."
        case .queueTimeout: "No instance of the service had room in time."
        case .servicePaused: "The service is paused."
        case .serviceFailing: "The service's instances can't be started."
        case .noSuchHost: "No service answers at this host."
        case .badRequest: "The request is malformed or ambiguous."
        case .requestTooLarge: "The request's head is too large."
        case .clientTooSlow: "The request took too long to arrive."
        case .instanceUnreachable: "The instance accepts no connection."
        case .instanceClosed: "The instance ended the connection before its answer."
        case .instanceMalformed: "The instance's answer is malformed."
        case .requestTimeout: "The service took too long to answer."
        case .routerStopped: "The platform's router is being stopped."
        }
    }
}
