"""Runs a load tool for some seconds against one proxy and reads what it says."""

import re
import subprocess
from dataclasses import dataclass

from rows import Row

HOST = "localhost"
UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}


class LoadFailed(Exception):
    """The load tool ended in a way that gives no figures."""


@dataclass(frozen=True)
class Load:
    """What a load tool has seen."""

    requests: int
    #: Requests a second.
    rate: float
    #: Microseconds. h2load knows only mean and maximum, which stand here instead.
    p50: float
    p99: float
    #: Answers that were not 2xx, and requests that ended in an error.
    bad: int


def command(row: Row, port: int, seconds: float) -> list[str]:
    """The load tool's command line for a row; it runs on core 1."""
    fields = [part for text in row.fields for part in ("-H", text)]
    scheme = "https" if row.tls else "http"
    if row.http2:
        return [
            "taskset", "-c", "1", "h2load", "-t1", f"-c{row.connections}", f"-m{row.streams}", f"-D{seconds:g}",
            f"--connect-to=127.0.0.1:{port}", *fields, f"{scheme}://{HOST}:{port}{row.path}",
        ]
    # wrk resolves the name; the listeners are at 127.0.0.1, which it tries after ::1.
    return [
        "taskset", "-c", "1", "wrk", "-t1", f"-c{row.connections}", f"-d{max(1, round(seconds))}s", "--latency",
        "--timeout", "10s", *fields, f"{scheme}://{HOST}:{port}{row.path}",
    ]


def run(arguments: list[str], seconds: float) -> Load:
    """Runs a load tool to its end."""
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=seconds + 60, check=False)
    if done.returncode != 0:
        raise LoadFailed(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
    return parse_h2load(done.stdout) if "h2load" in arguments else parse_wrk(done.stdout)


def microseconds(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    if not found:
        raise LoadFailed(f"'{text}' is no time")
    return float(found[1]) * UNITS[found[2]]


def search(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    if not found:
        raise LoadFailed(f"no {pattern} in: {text}")
    return found


def parse_wrk(text: str) -> Load:
    total = search(r"(\d+) requests in ([\d.]+\w+)", text)
    requests, elapsed = int(total[1]), microseconds(total[2]) / 1e6
    bad = 0
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if wrong:
        bad += int(wrong[1])
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    if errors:
        bad += sum(int(count) for count in errors.groups())
    return Load(
        requests, requests / elapsed, microseconds(search(r"\n\s+50%\s+(\S+)", text)[1]),
        microseconds(search(r"\n\s+99%\s+(\S+)", text)[1]), bad)


def parse_h2load(text: str) -> Load:
    if "Application protocol: h2" not in text and "Application protocol: h2c" not in text:
        raise LoadFailed(f"no HTTP/2: {text}")
    counts = search(
        r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout",
        text)
    codes = search(r"status codes: (\d+) 2xx", text)
    rate = float(search(r"finished in [\d.]+\w+, ([\d.]+) req/s", text)[1])
    done, failed = int(counts[3]), int(counts[5])
    # Requests that run when the time is over count as neither.
    bad = failed + int(counts[7]) + max(0, done - failed - int(codes[1]))
    times = search(r"time for request:\s+(\S+)\s+(\S+)\s+(\S+)", text)
    return Load(done, rate, microseconds(times[3]), microseconds(times[2]), bad)
