import Cgroups
import Foundation
import Glibc
import LinuxEvents
import LinuxNetworking
import OCI
import OCILayers
import OCIRuntime
import RunaboutModel

extension OCIInstanceRuntime {
    /// Makes everything an instance needs, its process included, which waits to be started.
    ///
    /// What was made is removed again when a later step fails.
    func create(
        _ specification: InstanceSpecification, _ files: InstanceFiles,
    ) async throws(RuntimeError) -> ProcessHandle? {
        let id = specification.id
        let image: PreparedImage
        do {
            image = try await images.prepare(specification.image)
        } catch {
            throw RuntimeError(
                step: .rootFileSystem, instance: id,
                message: "The image \(specification.image) could not be unpacked: \(error).")
        }
        let namespace: NetworkNamespace
        do {
            namespace = try await network.take()
        } catch {
            throw RuntimeError(step: .network, instance: id, message: error.message)
        }
        let record = InstanceRecord(
            id: id, service: specification.service, revision: specification.revision, image: specification.image,
            address: InstanceAddress(host: namespace.address, port: specification.configuration.port),
            network: namespace.index, stopSignal: StopSignal.number(image.configuration.config?.stopSignal))
        do {
            try files.write(record)
        } catch {
            await network.giveBack(namespace.index)
            files.removeAll()
            throw RuntimeError(step: .create, instance: id, message: "The instance could not be recorded: \(error).")
        }
        do throws(RuntimeError) {
            try await mountRoot(id, image, namespace)
            let command = try command(specification, image)
            try writeBundle(specification, command, namespace, files)
            return try await createContainer(id, files)
        } catch {
            await undo(id)
            throw error
        }
    }

    /// Removes what a failed start left, the record included.
    func undo(_ id: InstanceID) async {
        // A start that was cancelled has to be undone as well; a child task would be cancelled with it.
        await Task { await undoUncancelled(id) }.value
    }

    private func undoUncancelled(_ id: InstanceID) async {
        guard let record = files(id).readRecord() else { return }
        _ = await cgroup(id).killAll(events, within: Limits.killDeadline)
        // What can't be removed now is found when leftovers are collected.
        try? await dismantle(record)
        files(id).removeAll()
    }

    /// Removes all parts of an instance whose processes have ended, but its log.
    func dismantle(_ record: InstanceRecord) async throws(RuntimeError) {
        let id = record.id
        // It may have been created and never have run, or be gone: what remains shows below.
        try? await runc.delete(id.rawValue)
        let root = rootFileSystem(id)
        let cgroup = cgroup(id)
        do {
            _ = await cgroup.killAll(events, within: Limits.killDeadline)
            try cgroup.remove()
            try await blocking { root.unmount() }
        } catch {
            throw RuntimeError(
                step: .release, instance: id, message: "Instance \(id.short) could not be released whole: \(error).")
        }
        if let index = record.network { await network.giveBack(index) }
        removeTree("\(settings.runDirectory)/runc/\(id)")
        files(id).removeAllButLog()
        watch.forget(id)
    }

    private func mountRoot(
        _ id: InstanceID, _ image: PreparedImage, _ namespace: NetworkNamespace,
    ) async throws(RuntimeError) {
        let root = rootFileSystem(id)
        do {
            try await blocking {
                try root.mount(layers: image.layers, owner: HostInspection.identity)
                try NetworkFiles.write(root: root.path, hostname: id.short, address: namespace.address)
            }
        } catch {
            throw RuntimeError(
                step: .rootFileSystem, instance: id,
                message: "The root file system of instance \(id.short) could not be made: \(error).")
        }
    }

    private func command(
        _ specification: InstanceSpecification, _ image: PreparedImage,
    ) throws(RuntimeError) -> ImageCommand {
        do {
            let root = try RootedDirectory(rootFileSystem(specification.id).path)
            let users = UserLookup(passwd: root.text("etc/passwd") ?? "", group: root.text("etc/group") ?? "")
            return try ImageCommand(
                image: image.configuration,
                startCommand: specification.configuration.startCommand,
                environment: specification.configuration.environment,
                platform: [
                    "PORT": "\(specification.configuration.port)",
                    "RUNABOUT_SERVICE": specification.serviceName,
                    "RUNABOUT_INSTANCE": specification.id.rawValue,
                    "HOSTNAME": specification.id.short,
                ],
                users: users)
        } catch {
            throw RuntimeError(step: .create, instance: specification.id, message: "\(error)")
        }
    }

    private func writeBundle(
        _ specification: InstanceSpecification, _ command: ImageCommand, _ namespace: NetworkNamespace,
        _ files: InstanceFiles,
    ) throws(RuntimeError) {
        let id = specification.id
        let blueprint = ContainerBlueprint(
            rootPath: rootFileSystem(id).path,
            command: command,
            hostname: id.short,
            networkNamespace: namespace.path,
            cgroupsPath: cgroup(id).path,
            memoryBytes: ByteCount.mebibytes(specification.configuration.memoryMebibytes).bytes,
            cpuMillis: specification.configuration.cpuMillis,
            processesMax: Limits.instanceProcessesMax,
            identity: HostInspection.identity)
        do {
            try ContainerBundle(files.bundle).write(blueprint.specification)
        } catch {
            throw RuntimeError(step: .create, instance: id, message: "The bundle could not be written: \(error).")
        }
    }

    private func createContainer(_ id: InstanceID, _ files: InstanceFiles) async throws(RuntimeError) -> ProcessHandle?
    {
        guard let conmonPath = HostRequirements.path(of: "conmon"),
            let runcPath = HostRequirements.path(of: runc.program)
        else {
            throw RuntimeError(
                step: .create, instance: id,
                message: "conmon or \(runc.program) was removed from the host: install it again.")
        }
        let conmon = Conmon(
            id: id.rawValue, runtime: runc, runtimePath: runcPath, bundle: files.bundle, log: files.log,
            logBytesMax: Limits.instanceLogBytesMax.bytes, exitDirectory: settings.stateDirectory + "/exits")
        do {
            let number = try await conmon.create(events, conmon: conmonPath, within: Limits.containerCreateDeadline)
            return ProcessHandle(id: number)
        } catch {
            throw RuntimeError(step: .create, instance: id, message: "The container could not be created: \(error).")
        }
    }
}
