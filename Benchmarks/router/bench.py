#!/usr/bin/env python3
"""Measures the router beside nginx, HAProxy, Caddy and a bare relay.

Each proxy has one worker on core 0; load and instances are on core 1. Runs alternate A B C ... C B A, and what is compared
is the median of the ratios of runs of the same round. CPU per request is the figure to trust: it stays the same on a busy
machine, and the load side saturates before a fast proxy does.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import extras
import load
import measure
import report
from proxies import Proxy, Stand, StartFailed
from rows import EXTRAS, ROWS, Row

#: What is used, and the Debian package it is in.
TOOLS = {
    "nginx": "nginx", "haproxy": "haproxy", "caddy": "caddy", "wrk": "wrk", "h2load": "nghttp2-client", "cc": "gcc",
    "openssl": "openssl", "taskset": "util-linux",
}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [row.name for row in ROWS] + list(EXTRAS)
    parser.add_argument("--rows", default="all", help="names, with commas between: " + ", ".join(names))
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds of each row (5)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds of one run (2)")
    parser.add_argument("--peers", default="nginx,nginx-tuned,haproxy,caddy,relay", help="what to compare with")
    parser.add_argument("--router", type=Path, required=True, help="the router's program")
    parser.add_argument("--router-stand", type=Path, required=True, help="the program router-stand")
    parser.add_argument("--json", type=Path, help="write all samples here")
    parser.add_argument("--profile", action="store_true", help="show where the router's time goes under each load")
    parser.add_argument("--no-calls", action="store_true", help="do not count system calls")
    chosen = parser.parse_args()
    chosen.rows = names if chosen.rows == "all" else chosen.rows.split(",")
    unknown = [name for name in chosen.rows if name not in names]
    if unknown or chosen.rounds < 1 or chosen.seconds < 1:
        parser.error(f"no such rows: {', '.join(unknown)}" if unknown else "at least one round of one second")
    return chosen


def missing_tools(peers: list[str]) -> list[str]:
    needed = {name: package for name, package in TOOLS.items() if name not in ("nginx", "haproxy", "caddy") or name in peers}
    return [package for name, package in needed.items() if not shutil.which(name)]


def sample(proxy: Proxy, row: Row, number: int, seconds: float) -> report.Sample:
    """One run of a row's load against one proxy."""
    processes = proxy.processes()
    stolen, ticks = measure.stolen_and_total()
    user, system = measure.user_and_system_seconds(processes)
    before, started = measure.processor_seconds(processes), time.monotonic()
    seen = load.run(load.command(row, proxy.port_tls if row.tls else proxy.port, seconds), seconds)
    used, elapsed = measure.processor_seconds(processes) - before, time.monotonic() - started
    user_after, system_after = measure.user_and_system_seconds(processes)
    stolen_after, ticks_after = measure.stolen_and_total()
    count = max(seen.requests, 1)
    return report.Sample(
        proxy.name, number, seen.requests, seen.rate, seen.p50, seen.p99, used * 1e6 / count,
        (user_after - user) * 1e6 / count, (system_after - system) * 1e6 / count, used / elapsed,
        (stolen_after - stolen) / max(ticks_after - ticks, 1), measure.resident_bytes(processes) / 1e6, seen.bad)


def calls_per_request(proxy: Proxy, row: Row) -> float | None:
    """On a short run of its own, because counting costs something."""
    arguments = load.command(row, proxy.port_tls if row.tls else proxy.port, 1)
    counted = measure.counted_calls(proxy.processes(), arguments, 1)
    if counted is None:
        return None
    count, output = counted
    seen = load.parse_h2load(output) if row.http2 else load.parse_wrk(output)
    return count / max(seen.requests, 1)


class Benchmark:
    """All rows that were chosen, against what they need."""

    def __init__(self, chosen: argparse.Namespace, stand: Stand) -> None:
        self.chosen = chosen
        self.stand = stand
        self.proxies: dict[str, Proxy] = {}
        self.results: list[dict[str, object]] = []
        self.failed: list[str] = []
        self.skipped: list[str] = []

    def proxy(self, name: str) -> Proxy:
        """A proxy that serves several rows; started when the first needs it."""
        if name not in self.proxies:
            self.proxies[name] = self.stand.start(name)
        return self.proxies[name]

    def run_row(self, row: Row) -> None:
        peers = [name for name in row.peers if name in self.chosen.peers]
        chosen = [self.proxy(name) for name in [report.OURS, *peers]]
        protocol = "h2" if row.http2 else "h1"
        if row.tls and protocol not in chosen[0].protocols:
            self.skipped.append(f"{row.name}: the router does not speak {protocol} over TLS")
            return
        for proxy in chosen:
            extras.check(proxy, row.tls)
        samples = []
        for number in range(self.chosen.rounds):
            for proxy in chosen if number % 2 == 0 else reversed(chosen):
                samples.append(sample(proxy, row, number, self.chosen.seconds))
        calls = {}
        if not self.chosen.no_calls:
            counted = {proxy.name: calls_per_request(proxy, row) for proxy in chosen}
            calls = {name: value for name, value in counted.items() if value is not None}
        verdicts = report.judge(row, samples, calls)
        print(report.table(row, samples, calls), flush=True)
        if self.chosen.profile:
            arguments = load.command(row, chosen[0].port_tls if row.tls else chosen[0].port, self.chosen.seconds)
            lines = measure.profile(chosen[0].processes(), arguments, self.chosen.seconds)
            print("\n" + "\n".join(f"    {line}" for line in lines), flush=True)
        self.conclude(row.name, verdicts, report.as_json(row, samples, calls, verdicts))

    def run_extra(self, name: str) -> None:
        peers = [peer for peer in ("nginx", "haproxy", "caddy") if peer in self.chosen.peers]
        match name:
            case "idle-plain" | "idle-tls":
                found = extras.idle(self.stand, name == "idle-tls", peers)
            case "hosts-1000":
                found = extras.hosts(self.stand, self.chosen.rounds, self.chosen.seconds)
            case _:
                found = extras.update(self.stand, self.chosen.seconds)
        print("\n".join(found.lines), flush=True)
        bars = [{"bar": one.bar, "value": one.value, "passed": one.passed} for one in found.verdicts]
        self.conclude(name, found.verdicts, {"row": name, "figures": found.figures, "bars": bars})

    def conclude(self, name: str, verdicts: list[report.Verdict], result: dict[str, object]) -> None:
        print("\n" + "\n".join(f"- {verdict}" for verdict in verdicts) + "\n", flush=True)
        self.results.append(result)
        self.failed += [f"{name}: {verdict}" for verdict in verdicts if verdict.passed is False]

    def run(self) -> None:
        by_name = {row.name: row for row in ROWS}
        for name in self.chosen.rows:
            try:
                if name in by_name:
                    self.run_row(by_name[name])
                else:
                    self.run_extra(name)
            except (load.LoadFailed, StartFailed, OSError, subprocess.SubprocessError) as error:
                self.failed.append(f"{name}: {error}")
                print(f"### {name}: failed\n\n{error}\n", flush=True)


def facts(chosen: argparse.Namespace) -> dict[str, object]:
    """What the figures belong to."""
    def first_line(*arguments: str) -> str:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().split("\n")[0]

    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "processor": model, "cores": os.cpu_count(),
        "kernel": platform.release(), "commit": first_line("git", "rev-parse", "HEAD"), "nginx": first_line("nginx", "-v"),
        "haproxy": first_line("haproxy", "-v"), "caddy": first_line("caddy", "version"), "rounds": chosen.rounds,
        "seconds": chosen.seconds,
    }


def main() -> int:
    # So that what was started is stopped, when the benchmark is told to end, also in the background of a shell.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(130))
    chosen = options()
    chosen.peers = chosen.peers.split(",")
    missing = missing_tools(chosen.peers)
    if missing:
        print(f"Missing; install with: apt-get install --no-install-recommends {' '.join(missing)}", file=sys.stderr)
        return 2
    if (os.cpu_count() or 1) < 2:
        print("Two cores are needed: one for the proxy, one for load and instances.", file=sys.stderr)
        return 2
    about = facts(chosen)
    print("\n".join(f"{name}: {value}" for name, value in about.items()) + "\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="runabout-bench-") as directory:
        # nginx's worker and others may run as users that have to get in.
        os.chmod(directory, 0o755)
        stand = Stand(Path(directory), chosen.router.resolve(), chosen.router_stand.resolve())
        benchmark = Benchmark(chosen, stand)
        try:
            benchmark.run()
        finally:
            stand.stop()
    for title, lines in (("skipped", benchmark.skipped), ("not reached", benchmark.failed)):
        if lines:
            print(f"{title}:\n" + "\n".join(f"- {line}" for line in lines))
    if chosen.json:
        chosen.json.write_text(json.dumps({"about": about, "results": benchmark.results, "failed": benchmark.failed}))
    return 1 if benchmark.failed else 0


if __name__ == "__main__":
    sys.exit(main())
