import Foundation
import LinuxNetworking
import Logging
import OCIContentStore
import OCILayers
import RunaboutRuntime

/// Which runtime instances run on, and what was found out about the host to choose it.
struct RuntimeChoice: Sendable {
    /// The chosen runtime.
    let runtime: any InstanceRuntime
    /// Where it has images unpacked.
    let layers: LayerStore

    /// Opens the runtime that the settings ask for.
    ///
    /// `auto` takes containers where the host can run them, and says loudly what is missing where it can't.
    ///
    /// - Throws: ``StartError`` when the wanted runtime can't be had.
    static func make(
        _ settings: Settings, _ layout: Layout, content: ContentStore, logger: Logger,
    ) async throws(StartError) -> RuntimeChoice {
        let choice: RuntimeChoice
        switch settings.runtime {
        case .oci: choice = try await containers(settings, layout, content, logger)
        case .process: choice = try processes(settings, layout, content, logger)
        case .auto:
            do {
                choice = try await containers(settings, layout, content, logger)
            } catch {
                logger.warning(
                    "This host can't run containers; services run as plain processes", metadata: ["why": "\(error)"])
                choice = try processes(settings, layout, content, logger)
            }
        }
        logger.info("Runtime chosen", metadata: ["runtime": "\(choice.runtime.name)"])
        for sentence in choice.runtime.missingIsolation {
            logger.warning("Isolation is missing", metadata: ["what": "\(sentence)"])
        }
        return choice
    }

    private static func containers(
        _ settings: Settings, _ layout: Layout, _ content: ContentStore, _ logger: Logger,
    ) async throws(StartError) -> RuntimeChoice {
        // Asked first, so that a machine without root is not left with layers in a form it can't use.
        guard geteuid() == 0 else { throw StartError("Containers need root.") }
        let runtimeSettings = try runtimeSettings(settings, layout)
        do {
            let layers = try LayerStore(
                directory: layout.layers, store: content,
                form: .mounted(ownershipShift: OCIInstanceRuntime.ownershipShift))
            let runtime = try await OCIInstanceRuntime.open(runtimeSettings, images: layers, logger: logger)
            return RuntimeChoice(runtime: runtime, layers: layers)
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func processes(
        _ settings: Settings, _ layout: Layout, _ content: ContentStore, _ logger: Logger,
    ) throws(StartError) -> RuntimeChoice {
        do {
            let layers = try LayerStore(directory: layout.layers, store: content, form: .flattened)
            let runtime = try ProcessInstanceRuntime(
                try runtimeSettings(settings, layout), images: layers, logger: logger)
            return RuntimeChoice(runtime: runtime, layers: layers)
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func runtimeSettings(
        _ settings: Settings, _ layout: Layout,
    ) throws(StartError) -> RuntimeSettings {
        guard let subnet = IPv4Subnet(settings.subnet) else {
            throw StartError("runtime.subnet '\(settings.subnet)' is no IPv4 network")
        }
        let program: RuntimeSettings.Program =
            switch settings.containerProgram {
            case .auto: .auto
            case .runc: .runc
            case .crun: .crun
            }
        return RuntimeSettings(
            stateDirectory: layout.state, runDirectory: layout.run, program: program, bridge: settings.bridge,
            subnet: subnet, poolSize: settings.networkPoolSize, supervisor: try Daemon.sibling("runabout-supervisor"))
    }
}
