"""Ratios of paired runs, and tables of them."""

import statistics
from dataclasses import asdict, dataclass

from rows import Bar, Row

OURS = "router"
#: The figure of a sample that each bar's figure is, and how it is compared.
FIGURES = {"cpu": "cpu_us", "rate": "rate", "p50": "p50_us", "p99": "p99_us"}


@dataclass(frozen=True)
class Sample:
    """One run of a load against one proxy."""

    proxy: str
    round: int
    requests: int
    rate: float
    p50_us: float
    p99_us: float
    #: Processor time of the proxy per request, from schedstat.
    cpu_us: float
    user_us: float
    system_us: float
    #: The proxy's share of its core. Below 0.95 it was not what limits the rate.
    busy: float
    #: Share of the machine's time that its host gave to others.
    stolen: float
    resident_mb: float
    bad: int


@dataclass(frozen=True)
class Verdict:
    """Whether a bar is reached."""

    bar: str
    value: float | None
    passed: bool | None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.bar}: not measured"
        return f"{self.bar}: {self.value:.2f} {'pass' if self.passed else 'FAIL'}"


def ratio(samples: list[Sample], figure: str, base: str) -> float | None:
    """The median, over the rounds, of our figure divided by the base's of the same round."""
    ours = {one.round: getattr(one, FIGURES[figure]) for one in samples if one.proxy == OURS}
    if base == "best":
        found = [one for one in (ratio(samples, figure, "nginx"), ratio(samples, figure, "haproxy")) if one is not None]
        return max(found, default=None)
    theirs = {one.round: getattr(one, FIGURES[figure]) for one in samples if one.proxy == base}
    pairs = [ours[number] / theirs[number] for number in ours if theirs.get(number)]
    return statistics.median(pairs) if pairs else None


def judge(row: Row, samples: list[Sample], calls: dict[str, float]) -> list[Verdict]:
    """Each bar of a row, and one more: that nothing was answered badly."""
    verdicts = []
    for bar in row.bars:
        value = calls.get(OURS) if bar.figure == "calls" else ratio(samples, bar.figure, bar.base)
        verdicts.append(Verdict(str(bar), value, None if value is None else bar.holds(value)))
    bad = sum(one.bad for one in samples if one.proxy == OURS)
    return [*verdicts, Verdict(str(Bar("bad answers", "", "<=", 0)), float(bad), bad == 0)]


def median(samples: list[Sample], figure: str) -> float:
    return statistics.median(getattr(one, figure) for one in samples)


def table(row: Row, samples: list[Sample], calls: dict[str, float]) -> str:
    """What was measured, one line a proxy."""
    latency = ("mean µs", "max µs") if row.http2 else ("p50 µs", "p99 µs")
    lines = [
        f"### {row.name}: {row.title}", "",
        f"| proxy | req/s | {latency[0]} | {latency[1]} | CPU µs/req (user+kernel) | ours: CPU × | ours: req/s × | "
        "core busy | calls/req | bad |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(one.proxy for one in samples):
        own = [one for one in samples if one.proxy == name]
        cpu, rate = ratio(samples, "cpu", name), ratio(samples, "rate", name)
        lines.append(
            f"| {name} | {median(own, 'rate'):,.0f} | {median(own, 'p50_us'):,.0f} | {median(own, 'p99_us'):,.0f} | "
            f"{median(own, 'cpu_us'):.1f} ({median(own, 'user_us'):.1f}+{median(own, 'system_us'):.1f}) | "
            f"{'' if cpu is None else f'{cpu:.2f}'} | {'' if rate is None else f'{rate:.2f}'} | "
            f"{median(own, 'busy'):.2f} | {f'{calls[name]:.2f}' if name in calls else ''} | "
            f"{sum(one.bad for one in own)} |")
    return "\n".join(lines)


def as_json(row: Row, samples: list[Sample], calls: dict[str, float], verdicts: list[Verdict]) -> dict[str, object]:
    return {
        "row": row.name, "title": row.title, "samples": [asdict(one) for one in samples], "callsPerRequest": calls,
        "bars": [asdict(one) for one in verdicts],
    }
