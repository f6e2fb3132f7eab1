/// The version of all programs of this build, `MAJOR.MINOR.PATCH`.
public let platformVersion = "0.1.0"
