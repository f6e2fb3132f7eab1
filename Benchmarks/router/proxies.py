"""The proxies that are compared, each with one worker on core 0, and the instances behind them on core 1."""

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import measure

HERE = Path(__file__).parent
INSTANCES = 4


class StartFailed(Exception):
    """A program could not be started."""


def free_port() -> int:
    """A port that is free now; another process could take it before its user does, which then says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Program:
    """A child of ours. Only children are ever ended, by their process ids."""

    process: subprocess.Popen[str]

    def line(self) -> str:
        """The next line it writes."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise StartFailed(f"{self.process.args} ended with status {self.process.wait()}")
        return line

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start(arguments: list[str], core: int, log: Path, environment: dict[str, str] | None = None) -> Program:
    """Starts a program on one core; what it writes on standard error goes to a file."""
    with log.open("a") as output:
        return Program(subprocess.Popen(
            ["taskset", "-c", str(core), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output,
            text=True, env={**os.environ, **(environment or {})}))


@dataclass
class Proxy:
    """A proxy that runs."""

    name: str
    program: Program
    port: int
    #: 0 when it speaks no TLS.
    port_tls: int = 0
    #: The process that serves; 0 means all that the program started.
    server: int = 0
    #: Protocols that it speaks over TLS.
    protocols: set[str] = field(default_factory=lambda: {"h1", "h2"})

    def processes(self) -> list[int]:
        """Every process that works for it."""
        if self.server:
            return [self.server]
        found, waiting = [], [self.program.process.pid]
        while waiting:
            process = waiting.pop()
            found.append(process)
            try:
                text = Path(f"/proc/{process}/task/{process}/children").read_text()
                waiting += [int(word) for word in text.split()]
            except FileNotFoundError:
                continue
        return found

    def stop(self) -> None:
        self.program.stop()


def wait_for(port: int, program: Program, log: Path) -> None:
    """Waits until something listens at a port."""
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if program.process.poll() is not None or time.monotonic() > deadline:
                raise StartFailed(f"{program.process.args}: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)


class Stand:
    """Everything that runs for a benchmark, in a directory of its own."""

    def __init__(self, directory: Path, router: Path, router_stand: Path) -> None:
        self.directory = directory
        self.router = router
        self.router_stand = router_stand
        self.running: list[Program] = []
        options = subprocess.run([str(router), "--help"], capture_output=True, text=True, check=True).stdout
        self.router_knows_loops = "--loops" in options
        self.router_knows_tls = "--listen-tls" in options
        self.make_certificate()
        for name in ("instance", "relay"):
            subprocess.run(
                ["cc", "-O2", "-Wall", "-Wextra", "-o", str(directory / name), str(HERE / f"{name}.c")], check=True)
        self.instance = self.run([str(directory / "instance"), str(INSTANCES)], 1, "instance")
        self.instance_ports: list[int] = json.loads(self.instance.line())

    def make_certificate(self) -> None:
        """A self-signed certificate with a P-256 key, the same for all proxies."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "10", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
             str(self.directory / "key.pem"), "-out", str(self.directory / "certificate.pem")],
            check=True, capture_output=True)
        both = (self.directory / "certificate.pem").read_text() + (self.directory / "key.pem").read_text()
        (self.directory / "bundle.pem").write_text(both)

    def run(self, arguments: list[str], core: int, name: str, environment: dict[str, str] | None = None) -> Program:
        program = start(arguments, core, self.directory / f"{name}.log", environment)
        self.running.append(program)
        return program

    def stop(self) -> None:
        for program in reversed(self.running):
            program.stop()
        self.running = []

    def configuration(self, template: str, name: str, **values: str) -> Path:
        """Fills in a template of a configuration file."""
        text = Template((HERE / template).read_text()).substitute(
            directory=self.directory, certificate=self.directory / "certificate.pem", key=self.directory / "key.pem",
            bundle=self.directory / "bundle.pem", **values)
        path = self.directory / name
        path.write_text(text)
        return path

    def start(self, name: str) -> Proxy:
        """Starts a proxy by its name."""
        starters = {
            "router": self.start_router, "nginx": self.start_nginx, "nginx-tuned": self.start_nginx_tuned,
            "haproxy": self.start_haproxy, "caddy": self.start_caddy, "relay": self.start_relay,
        }
        return starters[name]()

    def start_peer(self, name: str, arguments: list[str], port: int, port_tls: int,
                   environment: dict[str, str] | None = None) -> Proxy:
        program = self.run(arguments, 0, name, environment)
        wait_for(port, program, self.directory / f"{name}.log")
        return Proxy(name, program, port, port_tls)

    def start_nginx(self, name: str = "nginx", buffers: str = "proxy_buffer_size 8k; proxy_buffers 16 8k;") -> Proxy:
        port, port_tls = free_port(), free_port()
        servers = " ".join(f"server 127.0.0.1:{one};" for one in self.instance_ports)
        path = self.configuration(
            "nginx.conf", f"{name}.conf", servers=servers, buffers=buffers, port=str(port), port_tls=str(port_tls))
        return self.start_peer(name, ["nginx", "-c", str(path), "-e", "stderr"], port, port_tls)

    def start_nginx_tuned(self) -> Proxy:
        """With buffers that hold a whole answer of 64 KB."""
        return self.start_nginx("nginx-tuned", "proxy_buffer_size 128k; proxy_buffers 4 128k; proxy_busy_buffers_size 256k;")

    def start_haproxy(self) -> Proxy:
        port, port_tls = free_port(), free_port()
        servers = "\n  ".join(
            f"server s{one} 127.0.0.1:{one} pool-max-conn 1024 pool-purge-delay 300s" for one in self.instance_ports)
        path = self.configuration("haproxy.cfg", "haproxy.cfg", servers=servers, port=str(port), port_tls=str(port_tls))
        return self.start_peer("haproxy", ["haproxy", "-db", "-f", str(path)], port, port_tls)

    def start_caddy(self) -> Proxy:
        port, port_tls = free_port(), free_port()
        handler = json.dumps({
            "handler": "reverse_proxy", "upstreams": [{"dial": f"127.0.0.1:{one}"} for one in self.instance_ports],
            "load_balancing": {"selection_policy": {"policy": "least_conn"}},
            "transport": {"protocol": "http", "keep_alive": {"enabled": True, "max_idle_conns_per_host": 1024},
                          "compression": False},
        })
        path = self.configuration("caddy.json", "caddy.json", handler=handler, port=str(port), port_tls=str(port_tls))
        environment = {"GOMAXPROCS": "1", "XDG_DATA_HOME": str(self.directory), "XDG_CONFIG_HOME": str(self.directory)}
        return self.start_peer("caddy", ["caddy", "run", "--config", str(path)], port, port_tls, environment)

    def start_relay(self) -> Proxy:
        program = self.run(
            [str(self.directory / "relay"), *(str(port) for port in self.instance_ports)], 0, "relay")
        return Proxy("relay", program, json.loads(program.line())[0], protocols=set())

    def route(self, number: int, hosts: list[str], generation: int = 1) -> dict[str, object]:
        """A service's route to all instances, as the control plane publishes it."""
        instances = [
            {"id": f"{2:016x}{number * INSTANCES + index:016x}", "address": {"host": "127.0.0.1", "port": port},
             "state": "ready"}
            for index, port in enumerate(self.instance_ports)
        ]
        return {
            "service": f"{1:016x}{number:016x}", "hosts": hosts, "generation": generation, "maxConcurrency": 200,
            "queueLengthMax": 8000, "queueWaitMilliseconds": 10000,
            "timeouts": {"connectMilliseconds": 2000, "responseHeaderMilliseconds": 120000, "idleMilliseconds": 120000,
                         "totalMilliseconds": 120000},
            "instanceProtocol": "http1", "availability": {"serving": {}}, "instances": instances,
        }

    def start_router(self, services: int = 1, name: str = "router") -> Proxy:
        """Our router with everything on; the first service is at `localhost`."""
        table = [self.route(0, ["localhost"])]
        table += [self.route(number, [f"service-{number}.example.org"]) for number in range(1, services)]
        path = self.directory / f"routes-{name}.json"
        path.write_text(json.dumps(table))
        arguments = [str(self.router_stand), "--router", str(self.router), "--routes", str(path), "--listen", "127.0.0.1:0"]
        if self.router_knows_tls:
            arguments += ["--listen-tls", "127.0.0.1:0", "--certificate", str(self.directory / "certificate.pem"), "--key",
                          str(self.directory / "key.pem")]
        arguments += ["--", "--loops", "1"] if self.router_knows_loops else []
        program = self.run(arguments, 1, name)
        try:
            ready = json.loads(program.line())
        except StartFailed:
            raise StartFailed((self.directory / f"{name}.log").read_text()[-2000:]) from None
        # The stand is the control plane, which would not be on the router's core.
        measure.pin([ready["process"]], 0)
        secure = ready["https"][0] if ready["https"] else 0
        proxy = Proxy(name, program, ready["http"][0], secure, ready["process"])
        proxy.protocols = offered_protocols(secure) if secure else set()
        return proxy


def offered_protocols(port: int) -> set[str]:
    """Which protocols are spoken over TLS at a port."""
    import ssl  # Only here, so that a Python without it runs the plain rows.

    found = set()
    for protocol, name in (("h2", "h2"), ("http/1.1", "h1")):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols([protocol])
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as secure:
                    if secure.selected_alpn_protocol() == protocol or protocol == "http/1.1":
                        found.add(name)
        except OSError:
            continue
    return found
