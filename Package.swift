// swift-tools-version: 6.3
import PackageDescription

/// The first folder level under `Sources`: what kind of code a module is.
enum Group: String {
    case model = "Model"
    case decisions = "Decisions"
    case requestPath = "RequestPath"
    case controlPath = "ControlPath"
    case images = "Images"
    case linux = "Linux"
    case programs = "Programs"
    case support = "Support"
}

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]

/// What the request path needs besides: spans over storage that it owns.
///
/// Exclusive access is proved where the compiler can and not checked while running: the checks cost a twelfth of what the
/// proxy itself does for a request.
let proxySettings: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"), .unsafeFlags(["-enforce-exclusivity=unchecked"]),
]

/// Every target is made here, so that settings and paths cannot drift.
func module(
    _ name: String, in group: Group, uses: [Target.Dependency] = [], adding more: [SwiftSetting] = [],
) -> Target {
    .target(
        name: name,
        dependencies: uses,
        path: "Sources/\(group.rawValue)/\(name)",
        swiftSettings: settings + more,
    )
}

func program(_ name: String, uses: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: uses,
        path: "Sources/Programs/\(name)",
        swiftSettings: settings,
    )
}

func tests(_ name: String, uses: [Target.Dependency] = [], excluding files: [String] = []) -> Target {
    .testTarget(name: name, dependencies: uses, path: "Tests/\(name)", exclude: files, swiftSettings: settings)
}

let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioFileSystem = Target.Dependency.product(name: "_NIOFileSystem", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "runabout",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Model
        module("RunaboutModel", in: .model, uses: ["OCI"]),
        module("RunaboutWire", in: .model, uses: ["RunaboutModel", "OCI"]),

        // Decisions
        module("RunaboutAutoscaling", in: .decisions, uses: ["RunaboutModel"]),
        module("RunaboutHealth", in: .decisions, uses: ["RunaboutModel"]),
        module("RunaboutRouting", in: .decisions, uses: ["RunaboutModel", collections]),
        module(
            "RunaboutPlanning",
            in: .decisions,
            uses: ["RunaboutModel", "RunaboutAutoscaling", "RunaboutHealth", "RunaboutRouting"],
        ),

        // RequestPath
        module("RunaboutLink", in: .requestPath, uses: ["RunaboutModel", "RunaboutRouting", "CEpoll"]),
        module(
            "RunaboutLinkServer",
            in: .requestPath,
            uses: ["RunaboutModel", "RunaboutRouting", "RunaboutLink", nioCore, nioPosix, logging],
        ),
        module(
            "RunaboutProxy",
            in: .requestPath,
            uses: ["RunaboutModel", "RunaboutRouting", "RunaboutLink", "CEpoll", "CBytes", "CTLS"],
            adding: proxySettings,
        ),

        // Images
        module("OCI", in: .images),
        module("OCIContentStore", in: .images, uses: ["OCI", "COpenSSL", nioCore, nioPosix]),
        module(
            "OCILayers",
            in: .images,
            uses: ["OCI", "OCIContentStore", "CLinux", subprocess, systemPackage, nioPosix],
        ),
        module("OCIRegistry", in: .images, uses: ["OCI", "OCIContentStore", hummingbird, httpTypes, nioCore, logging]),
        module("PackageVersions", in: .images),
        module("Zip", in: .images),
        module("PackageInventory", in: .images, uses: ["OCI", "OCIContentStore", "OCILayers", "Zip"]),
        module(
            "Vulnerabilities", in: .images,
            uses: ["OCI", "PackageInventory", "PackageVersions", "Zip", grdb]),

        // Linux
        // `_GNU_SOURCE` for its C files only: in the header it would change types that NIO's C modules declare too.
        .target(name: "CLinux", path: "Sources/Linux/CLinux", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "CEpoll", path: "Sources/Linux/CEpoll"),
        .target(
            name: "CTLSClient", path: "Sources/Linux/CTLSClient",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "CBytes", path: "Sources/Linux/CBytes"),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/Linux/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        .target(
            name: "CTLS", dependencies: ["COpenSSL"], path: "Sources/Linux/CTLS", cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("ssl")]),
        module("LinuxEvents", in: .linux, uses: ["CLinux"]),
        module("Cgroups", in: .linux, uses: ["CLinux", "LinuxEvents"]),
        module("LinuxNetworking", in: .linux, uses: ["CLinux", "LinuxEvents", subprocess]),
        module("OCIRuntime", in: .linux, uses: ["OCI", "CLinux", "LinuxEvents", subprocess]),

        // ControlPath
        module("Certificates", in: .controlPath, uses: ["RunaboutModel", "CTLS"]),
        module("RunaboutStore", in: .controlPath, uses: ["RunaboutModel", "OCI", grdb]),
        module(
            "RunaboutControlPlane",
            in: .controlPath,
            uses: [
                "RunaboutModel", "RunaboutStore", "RunaboutAutoscaling", "RunaboutPlanning", "RunaboutRouting", "OCI",
                "OCIContentStore", "OCILayers", "OCIRegistry", logging,
            ],
        ),
        module(
            "RunaboutRuntime",
            in: .controlPath,
            uses: [
                "RunaboutModel", "OCI", "OCILayers", "OCIRuntime", "Cgroups", "LinuxNetworking", "LinuxEvents",
                "CLinux", subprocess, logging,
            ],
        ),
        module(
            "RunaboutReconciler",
            in: .controlPath,
            uses: [
                "RunaboutModel", "RunaboutStore", "RunaboutAutoscaling", "RunaboutHealth", "RunaboutPlanning",
                "RunaboutRouting", "RunaboutRuntime", "RunaboutLink", "RunaboutLinkServer", "OCI", nioCore, nioPosix,
                logging, lifecycle,
            ],
        ),
        module(
            "RunaboutAPI",
            in: .controlPath,
            uses: [
                "RunaboutModel", "RunaboutWire", "RunaboutAutoscaling", "RunaboutRouting", "RunaboutControlPlane",
                "OCI",
                hummingbird, httpTypes, nioCore, logging, lifecycle,
            ],
        ),

        // Support
        module("RunaboutClient", in: .support, uses: ["RunaboutModel", "RunaboutWire", httpClient, nioCore, nioHTTP1]),
        module("RunaboutTestSupport", in: .support, uses: ["RunaboutModel", "OCI", "OCIContentStore", subprocess]),
        module(
            "RunaboutSimulation",
            in: .support,
            uses: [
                "RunaboutModel", "RunaboutAutoscaling", "RunaboutHealth", "RunaboutPlanning", "RunaboutRouting", "OCI",
            ],
        ),
        module("RouterProbes", in: .support, uses: ["CEpoll", "CTLSClient"]),
        module("RouterStand", in: .support, uses: ["RunaboutModel", "RunaboutRouting", "RunaboutLink", "CEpoll"]),

        // Programs
        program(
            "runaboutd",
            uses: [
                "RunaboutModel", "RunaboutStore", "RunaboutControlPlane", "RunaboutReconciler", "RunaboutRuntime",
                "RunaboutRouting", "RunaboutAPI", "RunaboutLink", "RunaboutLinkServer", "Certificates",
                "LinuxNetworking", "OCI",
                "OCIContentStore", "OCILayers", "OCIRegistry", "CLinux", hummingbird, nioCore, nioPosix, lifecycle,
                logging, arguments, yams,
            ],
        ),
        program("runabout-supervisor", uses: ["CLinux"]),
        program("runabout-router", uses: ["RunaboutProxy", "RunaboutLink", "RunaboutModel", "CEpoll", arguments]),
        program("runabout", uses: ["RunaboutClient", "RunaboutWire", "RunaboutModel", arguments]),
        program("runabout-sim", uses: ["RunaboutSimulation", arguments]),
        program(
            "router-probe",
            uses: ["RouterProbes", "RouterStand", "RunaboutModel", "RunaboutRouting", arguments]),
        program("router-stand", uses: ["RouterStand", "RunaboutModel", "RunaboutRouting", "RunaboutLink", arguments]),

        // Tests
        tests("RunaboutModelTests", uses: ["RunaboutModel", "RunaboutTestSupport", "OCI"]),
        tests("RunaboutWireTests", uses: ["RunaboutWire", "RunaboutModel", "OCI"]),
        tests("RunaboutAutoscalingTests", uses: ["RunaboutAutoscaling", "RunaboutModel"]),
        tests("RunaboutHealthTests", uses: ["RunaboutHealth", "RunaboutModel"]),
        tests("RunaboutRoutingTests", uses: ["RunaboutRouting", "RunaboutModel", "RunaboutTestSupport"]),
        tests(
            "RunaboutPlanningTests",
            uses: [
                "RunaboutPlanning", "RunaboutAutoscaling", "RunaboutHealth", "RunaboutRouting", "RunaboutModel", "OCI",
            ],
        ),
        tests(
            "RunaboutLinkTests",
            uses: [
                "RunaboutLink", "RunaboutLinkServer", "RunaboutRouting", "RunaboutModel", "RunaboutTestSupport",
                nioCore,
                nioPosix, logging,
            ],
        ),
        tests(
            "RunaboutProxyTests",
            uses: [
                "RunaboutProxy", "RunaboutLink", "RunaboutRouting", "RunaboutModel", "RunaboutTestSupport", "CEpoll",
                "CTLS",
            ],
        ),
        tests("RouterProbesTests", uses: ["RouterProbes"]),
        tests(
            "HTTP2ConformanceTests",
            uses: [
                "RouterProbes", "RouterStand", "RunaboutLink", "RunaboutRouting", "RunaboutModel", "runabout-router",
            ],
        ),
        tests(
            "RouterConformanceTests",
            uses: ["RouterProbes", "RouterStand", "RunaboutRouting", "RunaboutModel", "runabout-router"]),
        tests(
            "RouterRobustnessTests",
            uses: [
                "RouterProbes", "RouterStand", "RunaboutLink", "RunaboutRouting", "RunaboutModel",
                "RunaboutTestSupport", "runabout-router",
            ],
        ),
        tests("OCITests", uses: ["OCI"]),
        tests(
            "OCIContentStoreTests",
            uses: ["OCIContentStore", "OCI", "RunaboutModel", "RunaboutTestSupport", nioCore, nioPosix],
        ),
        tests(
            "OCILayersTests",
            uses: ["OCILayers", "OCIContentStore", "OCI", "RunaboutModel", "RunaboutTestSupport", "CLinux", subprocess],
        ),
        tests(
            "OCIRegistryTests",
            uses: [
                "OCIRegistry", "OCIContentStore", "OCILayers", "OCI", "RunaboutModel", "RunaboutTestSupport",
                hummingbird,
                hummingbirdTesting, httpTypes, nioCore, logging, subprocess,
            ],
        ),
        tests("PackageVersionsTests", uses: ["PackageVersions", "RunaboutTestSupport", subprocess]),
        tests("ZipTests", uses: ["Zip", "RunaboutTestSupport", subprocess]),
        tests(
            "PackageInventoryTests",
            uses: [
                "PackageInventory", "OCILayers", "OCIContentStore", "OCI", "RunaboutModel", "RunaboutTestSupport",
                subprocess,
            ],
        ),
        tests(
            "VulnerabilitiesTests",
            uses: [
                "Vulnerabilities", "PackageInventory", "OCIContentStore", "OCI", "RunaboutModel",
                "RunaboutTestSupport", grdb, subprocess,
            ],
        ),
        tests(
            "RegistryConformanceTests",
            uses: [
                "OCIRegistry", "OCIContentStore", "OCI", "RunaboutControlPlane", "RunaboutStore", "RunaboutModel",
                "RunaboutTestSupport", hummingbird, hummingbirdTesting, httpTypes, nioCore, logging,
            ],
        ),
        tests("LinuxEventsTests", uses: ["LinuxEvents", "RunaboutTestSupport", "CLinux"]),
        tests("CgroupsTests", uses: ["Cgroups", "LinuxEvents", "RunaboutTestSupport"]),
        tests(
            "LinuxNetworkingTests",
            uses: ["LinuxNetworking", "LinuxEvents", "RunaboutTestSupport", "CLinux", subprocess]),
        tests("OCIRuntimeTests", uses: ["OCIRuntime", "OCI", "LinuxEvents", "RunaboutTestSupport", "CLinux"]),
        tests(
            "RunaboutStoreTests",
            uses: ["RunaboutStore", "RunaboutModel", "OCI", "RunaboutTestSupport", grdb],
            excluding: ["Recorded"],
        ),
        tests(
            "RunaboutControlPlaneTests",
            uses: [
                "RunaboutControlPlane", "RunaboutStore", "RunaboutAutoscaling", "RunaboutRouting", "RunaboutModel",
                "OCI", "OCIContentStore", "OCILayers", "OCIRegistry", "RunaboutTestSupport", subprocess,
            ],
        ),
        tests(
            "RunaboutRuntimeTests",
            uses: [
                "RunaboutRuntime", "RunaboutModel", "OCI", "OCILayers", "RunaboutTestSupport", "Cgroups",
                "LinuxNetworking", "LinuxEvents", "CLinux", "runabout-supervisor", subprocess, logging,
            ],
        ),
        tests(
            "RunaboutReconcilerTests",
            uses: [
                "RunaboutReconciler", "RunaboutStore", "RunaboutRuntime", "RunaboutPlanning", "RunaboutAutoscaling",
                "RunaboutHealth", "RunaboutRouting", "RunaboutLink", "RunaboutLinkServer", "RunaboutModel", "OCI",
                "RunaboutTestSupport", nioCore, nioPosix, logging, grdb,
            ],
        ),
        tests(
            "RunaboutAPITests",
            uses: [
                "RunaboutAPI", "RunaboutClient", "RunaboutWire", "RunaboutControlPlane", "RunaboutStore",
                "RunaboutAutoscaling", "RunaboutRouting", "RunaboutModel", "OCI", "OCIContentStore", "OCIRegistry",
                "RunaboutTestSupport", hummingbird, hummingbirdTesting, httpTypes, nioCore, logging, lifecycle,
                subprocess,
            ],
        ),
        tests(
            "RunaboutClientTests",
            uses: [
                "RunaboutClient", "RunaboutWire", "RunaboutModel", "RunaboutTestSupport", hummingbird,
                hummingbirdTesting,
                httpTypes, nioCore,
            ],
        ),
        tests(
            "RunaboutCommandTests",
            uses: ["runabout", "RunaboutClient", "RunaboutWire", "RunaboutModel", "OCI", arguments],
        ),
        tests(
            "RunaboutDaemonTests",
            uses: ["runaboutd", "RunaboutLink", "RunaboutModel", "RunaboutTestSupport", logging, arguments]),
        tests("CertificatesTests", uses: ["Certificates", "RunaboutModel", "RunaboutTestSupport", "CTLS"]),
        tests(
            "RunaboutSimulationTests",
            uses: ["RunaboutSimulation", "RunaboutPlanning", "RunaboutAutoscaling", "RunaboutModel"]),
        tests(
            "RouterStandTests",
            uses: [
                "RouterStand", "RunaboutLink", "RunaboutRouting", "RunaboutModel", "RunaboutTestSupport",
                "runabout-router",
            ],
        ),
        tests("TidyTests"),
        tests(
            "IntegrationTests",
            uses: ["RunaboutWire", "RunaboutModel", "RunaboutTestSupport", "CLinux", httpClient, nioCore, nioHTTP1],
        ),
    ],
)
