import Foundation
import RunaboutModel
import Testing

@Suite struct SecretTextTests {
    private struct Holder {
        let secret = SecretText("do not tell")
    }

    @Test func whateverPrintsASecretShowsAPlaceholder() {
        var dumped = ""
        dump(Holder(), to: &dumped)
        let texts = [
            "\(Holder().secret)", String(reflecting: Holder()), "\([Holder()])", dumped,
            "\(Optional(Holder().secret) as Any)",
        ]
        for text in texts {
            #expect(text.contains("(secret)"))
            #expect(!text.contains("tell"))
        }
    }

    @Test func aSecretIsSentAsItIs() throws {
        let data = try JSONEncoder().encode([SecretText("do not tell")])
        #expect(String(decoding: data, as: UTF8.self) == "[\"do not tell\"]")
        #expect(try JSONDecoder().decode([SecretText].self, from: data).first?.revealed == "do not tell")
    }
}
