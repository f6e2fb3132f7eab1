"""What the kernel says about processes: time on a processor, memory, system calls."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path


def threads(processes: list[int]) -> list[tuple[int, int]]:
    """All threads of some processes, as (process, thread)."""
    found = []
    for process in processes:
        try:
            found += [(process, int(name)) for name in os.listdir(f"/proc/{process}/task")]
        except FileNotFoundError:
            continue
    return found


def processor_seconds(processes: list[int]) -> float:
    """Seconds that the threads of some processes have been on a processor, to the nanosecond."""
    total = 0
    for process, thread in threads(processes):
        try:
            total += int(Path(f"/proc/{process}/task/{thread}/schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / 1e9


def user_and_system_seconds(processes: list[int]) -> tuple[float, float]:
    """The same split in user and kernel, to the clock tick."""
    tick = os.sysconf("SC_CLK_TCK")
    user = system = 0
    for process in processes:
        numbers = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        user += int(numbers[11])
        system += int(numbers[12])
    return user / tick, system / tick


def resident_bytes(processes: list[int]) -> int:
    total = 0
    for process in processes:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        total += int(found[1]) * 1024 if found else 0
    return total


def pin(processes: list[int], core: int) -> None:
    """Puts all threads of some processes on one core."""
    for _, thread in threads(processes):
        os.sched_setaffinity(thread, {core})


def stolen_and_total() -> tuple[int, int]:
    """Clock ticks that the machine's host took from us, and all there were, since boot."""
    numbers = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return numbers[7], sum(numbers)


def counted_calls(processes: list[int], arguments: list[str], seconds: float) -> tuple[int, str] | None:
    """System calls of some processes while a command runs, and its output; None where the kernel does not count them.

    perf counts in the kernel; strace stops the process at each call, which changes how many there are.
    """
    targets = ",".join(str(process) for process in processes)
    with tempfile.NamedTemporaryFile(mode="r") as report:
        done = subprocess.run(
            ["perf", "stat", "-x,", "-o", report.name, "-e", "raw_syscalls:sys_enter", "-p", targets, "--", *arguments],
            capture_output=True, text=True, timeout=seconds + 60, check=False)
        text = report.read()
    found = re.search(r"^(\d+),,raw_syscalls:sys_enter", text, re.MULTILINE)
    return (int(found[1]), done.stdout) if found and done.returncode == 0 else None


def profile(processes: list[int], arguments: list[str], seconds: float, least: float = 0.7) -> list[str]:
    """Where the processors' time of some processes goes while a command runs: one line for each program or library, then
    one for each function with at least `least` percent; none where perf can't sample.
    """
    targets = ",".join(str(process) for process in processes)
    with tempfile.NamedTemporaryFile() as record:
        done = subprocess.run(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-o", record.name, "-p", targets, "--", *arguments],
            capture_output=True, text=True, timeout=seconds + 60, check=False)
        if done.returncode != 0:
            return []
        lines = []
        for fields, limit in (("dso", least), ("dso,symbol", least)):
            report = subprocess.run(
                ["perf", "report", "-q", "--stdio", "-i", record.name, "--sort", fields, "--percent-limit", str(limit)],
                capture_output=True, text=True, check=False).stdout
            lines += [" ".join(line.split()).removesuffix(" - -") for line in report.splitlines()
                      if re.match(r"\s*[\d.]+%", line)]
    if not shutil.which("swift"):
        return lines
    return subprocess.run(
        ["swift", "demangle", "--simplified"], input="\n".join(lines), capture_output=True, text=True,
        check=False).stdout.splitlines()
