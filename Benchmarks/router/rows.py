"""What is measured: the loads, and what must be reached under each."""

from dataclasses import dataclass, field

#: What a browser sends with each request beside Host; about 650 bytes.
BROWSER_FIELDS = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.9,de-DE;q=0.8,de;q=0.7",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Cache-Control: max-age=0",
    "Referer: https://localhost/catalogue/items?page=3&sort=price",
    "Cookie: session=4f1d2c7be09a4e6f8a35b0c19d2e7f60; theme=dark; consent=1732387200.essential.statistics; basket=91827",
    'Sec-CH-UA: "Chromium";v="140", "Not=A?Brand";v="24"',
)


@dataclass(frozen=True)
class Bar:
    """One figure that must be reached."""

    #: `cpu` (of ours per request), `rate`, `p50`, `p99` (ratios), or `calls` (system calls per request).
    figure: str
    #: What it is compared with: the name of a peer, `best` for the better of nginx and HAProxy, or `` for a plain number.
    base: str
    #: `<=` or `>=`.
    relation: str
    #: The bound.
    bound: float

    def holds(self, value: float) -> bool:
        return value <= self.bound if self.relation == "<=" else value >= self.bound

    def __str__(self) -> str:
        name = {"cpu": "CPU", "rate": "req/s", "calls": "system calls"}.get(self.figure, self.figure)
        return f"{name} {self.relation} {self.bound:g}" + (f" × {self.base}" if self.base else "")


@dataclass(frozen=True)
class Row:
    """One load."""

    name: str
    title: str
    connections: int
    bars: tuple[Bar, ...]
    tls: bool = False
    http2: bool = False
    streams: int = 1
    path: str = "/1k"
    fields: tuple[str, ...] = ()
    #: What is measured beside the router.
    peers: tuple[str, ...] = ("nginx", "haproxy", "caddy")


def bars(cpu: float, rate: float, *, base: str = "nginx", both: bool = True) -> tuple[Bar, ...]:
    found = [Bar("cpu", base, "<=", cpu), Bar("rate", base, ">=", rate)]
    return tuple(found + ([Bar("rate", "haproxy", ">=", rate)] if both else []))


TUNED = ("nginx-tuned", "nginx", "haproxy", "caddy")
CLOSE = ("Connection: close",)

ROWS = (
    Row(
        "h1-1k-c64", "HTTP/1.1, 1 KB, 64 connections", 64,
        bars(0.85, 1.05)
        + (Bar("cpu", "haproxy", "<=", 0.90), Bar("cpu", "relay", "<=", 1.20), Bar("p99", "best", "<=", 1.0),
           Bar("calls", "", "<=", 4.2)),
        peers=("nginx", "haproxy", "caddy", "relay"),
    ),
    Row("h1-browser-c64", "HTTP/1.1, browser-size headers, 64 connections", 64, bars(0.85, 1.05),
        fields=BROWSER_FIELDS),
    Row("h1-1k-c512", "HTTP/1.1, 1 KB, 512 connections", 512,
        bars(0.80, 1.05) + (Bar("p99", "best", "<=", 1.0),)),
    Row("h1-64k-c64", "HTTP/1.1, 64 KB, 64 connections", 64,
        bars(0.90, 1.00, base="nginx-tuned", both=False), path="/64k", peers=TUNED),
    Row("h1-close-c64", "HTTP/1.1, new connection per request", 64, bars(0.95, 0.98, both=False), fields=CLOSE),
    Row("h1-1k-c1", "HTTP/1.1, 1 KB, one connection", 1, (Bar("p50", "best", "<=", 1.0),)),
    Row("tls-1k-c64", "TLS 1.3, 1 KB, 64 connections", 64, bars(0.85, 1.05), tls=True),
    Row("tls-64k-c64", "TLS 1.3, 64 KB, 64 connections", 64,
        bars(0.72, 1.15, base="nginx-tuned", both=False), tls=True, path="/64k", peers=TUNED),
    Row("tls-handshake-c64", "TLS full handshake per request", 64, bars(1.00, 1.00), tls=True, fields=CLOSE),
    Row("h2-1k-m32", "HTTP/2, 1 KB, 16 connections, 32 streams", 16,
        (Bar("cpu", "nginx", "<=", 0.45), Bar("rate", "nginx", ">=", 1.8), Bar("rate", "haproxy", ">=", 1.25),
         Bar("calls", "", "<=", 2.4)),
        tls=True, http2=True, streams=32),
    Row("h2-1k-m1", "HTTP/2, 1 KB, 16 connections, 1 stream", 16, bars(0.90, 1.05), tls=True, http2=True),
    Row("h2-64k-m8", "HTTP/2, 64 KB, 16 connections, 8 streams", 16,
        bars(0.60, 1.5, both=False), tls=True, http2=True, streams=8, path="/64k",
        peers=("nginx", "nginx-tuned", "haproxy", "caddy")),
)

#: Measurements of another kind, each in a function of its own.
EXTRAS = {
    "idle-plain": "memory per idle connection",
    "idle-tls": "memory per idle TLS connection",
    "hosts-1000": "1,000 hosts in the route table against 1",
    "update": "route-table updates under load",
}
