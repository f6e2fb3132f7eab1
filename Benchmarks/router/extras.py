"""What is measured otherwise than by alternating loads: memory, a large table, updates under load."""

import contextlib
import http.client
import json
import re
import socket
import ssl
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import load
import measure
from proxies import Proxy, Stand
from report import Verdict
from rows import Row

PLAIN = Row("", "", 64, ())
ONE = Row("", "", 1, ())


@dataclass(frozen=True)
class Extra:
    """A measurement's lines for people, its figures, and what must hold."""

    name: str
    lines: list[str]
    figures: dict[str, object]
    verdicts: list[Verdict]


def one_answer(connection: socket.socket) -> None:
    """Asks for a kilobyte and reads all of it."""
    connection.sendall(f"GET /1k HTTP/1.1\r\nHost: {load.HOST}\r\n\r\n".encode())
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    body = answer.read()
    if answer.status != 200 or len(body) != 1024:
        raise load.LoadFailed(f"status {answer.status}, {len(body)} bytes")


def check(proxy: Proxy, tls: bool) -> None:
    """One request, so that a proxy that does not work is known before it is measured."""
    with connected(proxy, tls) as connection:
        one_answer(connection)


def connected(proxy: Proxy, tls: bool) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", proxy.port_tls if tls else proxy.port), 10)
    if not tls:
        return plain
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=load.HOST)


def idle(stand: Stand, tls: bool, peers: list[str]) -> Extra:
    """Growth of resident memory by connections that have had an answer and now wait."""
    name, count = ("idle-tls", 1000) if tls else ("idle-plain", 4000)
    lines = [f"### {name}: resident memory for each of {count:,} idle keep-alive connections", ""]
    grown: dict[str, object] = {}
    for peer in ["router", *peers]:
        # A fresh process: one that has served more keeps memory that would hide the growth.
        proxy = stand.start(peer)
        try:
            if tls and "h1" not in proxy.protocols:
                continue
            for _ in range(20):
                check(proxy, tls)
            before = measure.resident_bytes(proxy.processes())
            connections = []
            for _ in range(count):
                connections.append(connected(proxy, tls))
                one_answer(connections[-1])
            after = measure.resident_bytes(proxy.processes())
            grown[peer] = (after - before) / count
            lines.append(f"- {peer}: {before / 1e6:.1f} → {after / 1e6:.1f} MB, {(after - before) / count:,.0f} bytes each")
            for connection in connections:
                connection.close()
        finally:
            proxy.stop()
    ours, theirs = grown.get("router"), grown.get("nginx")
    known = isinstance(ours, float) and isinstance(theirs, float)
    verdict = Verdict("memory <= 1 × nginx", ours / theirs if known else None, ours <= theirs if known else None)
    return Extra(name, lines, grown, [verdict])


def hosts(stand: Stand, rounds: int, seconds: float) -> Extra:
    """CPU per request with 1,000 hosts in the table against 1, run by run."""
    small, large = stand.start_router(1, "router-1"), stand.start_router(1000, "router-1000")
    found: dict[str, list[float]] = {small.name: [], large.name: []}
    ratios = []
    for number in range(rounds):
        for proxy in (small, large) if number % 2 == 0 else (large, small):
            before = measure.processor_seconds(proxy.processes())
            seen = load.run(load.command(PLAIN, proxy.port, seconds), seconds)
            if seen.bad:
                raise load.LoadFailed(f"{seen.bad} bad answers")
            found[proxy.name].append((measure.processor_seconds(proxy.processes()) - before) * 1e6 / seen.requests)
        ratios.append(found[large.name][-1] / found[small.name][-1])
    small.stop()
    large.stop()
    value = statistics.median(ratios)
    lines = ["### hosts-1000: 1,000 hosts in the route table against 1", ""]
    lines += [f"- {name}: {statistics.median(values):.2f} µs CPU a request" for name, values in found.items()]
    lines.append(f"- ratio {value:.3f}, of single rounds {min(ratios):.3f} to {max(ratios):.3f}")
    # Two runs of the very same program differ by some percent on a shared machine.
    verdict = Verdict("CPU with 1,000 hosts <= 1.03 × with 1", value, value <= 1.03)
    return Extra("hosts-1000", lines, {"ratios": ratios, "cpu": found}, [verdict])


@contextlib.contextmanager
def saying(proxy: Proxy, interval: float, lines: Callable[[int], list[str]]) -> Iterator[list[int]]:
    """Has a stand say lines at intervals while the body runs; gives the generations it has said."""
    stop = threading.Event()
    said: list[int] = []

    def say() -> None:
        while not stop.wait(interval):
            # Generations go up over the life of a router.
            generation = time.monotonic_ns()
            for line in lines(generation):
                proxy.program.say(line)
            said.append(generation)

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join()
    proxy.program.say("")
    if not json.loads(proxy.program.line())["settled"]:
        raise load.LoadFailed("the router did not take the routes")


def update(stand: Stand, seconds: float) -> Extra:
    """Publishes routes of 1,000 while 64 connections ask, then looks at how long the loop was held by that."""
    services = 1000
    proxy = stand.start_router(services, "router-update")

    def one(number: int, generation: int) -> str:
        hosts = ["localhost"] if number == 0 else [f"service-{number}.example.org"]
        return json.dumps(stand.route(number, hosts, generation))

    def two_routes(generation: int) -> list[str]:
        # The service that is asked for, and one that is not.
        return [one(0, generation), one(1 + generation % (services - 1), generation)]

    def whole_table(generation: int) -> list[str]:
        return ["[" + ",".join(one(number, generation) for number in range(services)) + "]"]

    with saying(proxy, 0.02, two_routes) as said:
        busy = load.run(load.command(PLAIN, proxy.port, seconds), seconds)
        turns_with = longest_turns(proxy, stand.directory, seconds)
    turns_without = longest_turns(proxy, stand.directory, seconds)
    with saying(proxy, 0.2, whole_table) as tables:
        busy_tables = load.run(load.command(PLAIN, proxy.port, seconds), seconds)
        turns_tables = longest_turns(proxy, stand.directory, seconds)
    proxy.stop()
    bad = busy.bad + busy_tables.bad
    lines = ["### update: route-table updates under load", "",
             f"- {busy.requests:,} requests under updates, {busy.bad} bad answers; {2 * len(said)} updates in all",
             f"- {busy_tables.requests:,} requests under whole tables of {services:,} services, {busy_tables.bad} bad answers; "
             f"{len(tables)} tables in all",
             "- longest three turns of the loop at one connection, in ms:"]
    for title, found in (("without updates", turns_without), ("with updates", turns_with), ("whole tables", turns_tables)):
        lines.append(f"  {title}: " + (", ".join(f"{turn:.2f}" for turn in found[:-4:-1]) or "not measured"))
    longest = turns_with[-1] if turns_with else None
    verdicts = [Verdict("bad answers <= 0", float(bad), bad == 0),
                Verdict("longest turn with updates <= 1 ms", longest, None if longest is None else longest <= 1)]
    figures = {"updates": turns_with[-20:], "without": turns_without[-20:], "tables": turns_tables[-20:]}
    return Extra("update", lines, figures, verdicts)


def longest_turns(proxy: Proxy, directory: Path, seconds: float) -> list[float]:
    """Milliseconds on the processor between two waits for events, the longest last; none where the kernel can't be traced."""
    record = directory / "turns.data"
    events = "raw_syscalls:sys_enter,raw_syscalls:sys_exit,sched:sched_switch"
    # All of core 0, since a thread's own trace does not say when it comes back to the processor.
    done = subprocess.run(
        ["perf", "record", "-q", "-o", str(record), "-e", events, "-C", "0", "--",
         *load.command(ONE, proxy.port, seconds)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return []
    script = subprocess.run(
        ["perf", "script", "-i", str(record), "-F", "tid,time,event,trace"], capture_output=True, text=True, check=True)
    return turns(script.stdout, {thread for _, thread in measure.threads([proxy.server])})


#: epoll_wait, epoll_pwait and epoll_pwait2 on x86-64, epoll_pwait on arm64.
WAITS = {"232", "281", "441", "22"}
LINE = re.compile(r"^\s*(\d+)\s+([\d.]+):\s+(\S+?):?\s+(.*)$")
NEXT = re.compile(r"next_pid=(\d+)")


def turns(text: str, threads: set[int]) -> list[float]:
    """Lengths of turns in what `perf script` writes, shortest first.

    A turn begins where a thread returns from waiting and ends where it waits again. The time that it was not on its
    processor in between is left out: another program's work is not the loop's.
    """
    started: dict[int, float] = {}
    left: dict[int, float] = {}
    found = []
    for match in filter(None, map(LINE.match, text.splitlines())):
        thread, moment, event, detail = int(match[1]), float(match[2]), match[3], match[4]
        if event == "sched:sched_switch":
            if thread in started:
                left[thread] = moment
            coming = NEXT.search(detail)
            if coming and int(coming[1]) in left:
                returning = int(coming[1])
                started[returning] += moment - left.pop(returning)
        elif thread in threads and detail.split()[1] in WAITS:
            if event == "raw_syscalls:sys_exit":
                started[thread] = moment
                # Events can be lost, so that a return was not seen.
                left.pop(thread, None)
            elif thread in started and thread not in left:
                found.append((moment - started.pop(thread)) * 1e3)
    return sorted(found)
