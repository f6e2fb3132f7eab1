"""Tests of what reads and judges: python3 -m unittest discover Benchmarks/router"""

import unittest

import extras
import load
import report
from rows import ROWS, Bar

WRK = """
  Latency Distribution
     50%  950.00us
     75%    1.20ms
     90%    1.50ms
     99%    2.40ms
  62798 requests in 2.00s, 75.00MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 4
Requests/sec:  31399.00
"""
H2LOAD = """
Application protocol: h2

finished in 2.00s, 1000.50 req/s, 1.00MB/s
requests: 2010 total, 2010 started, 2001 done, 2000 succeeded, 1 failed, 1 errored, 0 timeout
status codes: 1998 2xx, 0 3xx, 0 4xx, 2 5xx
                     min         max         mean         sd        +/- sd
time for request:      101us     28.96ms     11.50ms      1.02ms    70.00%
"""
TRACE = """
 7  10.000000: raw_syscalls:sys_exit: NR 232 = 1
 7  10.000100: raw_syscalls:sys_enter: NR 0 (5, 0, 0, 0, 0, 0)
 7  10.000200: sched:sched_switch: prev_comm=loop prev_pid=7 prev_prio=120 prev_state=R ==> next_comm=x next_pid=9 next_prio=120
 9  10.000700: sched:sched_switch: prev_comm=x prev_pid=9 prev_prio=120 prev_state=S ==> next_comm=loop next_pid=7 next_prio=120
 9  10.000710: raw_syscalls:sys_exit: NR 232 = 1
 7  10.000800: raw_syscalls:sys_enter: NR 232 (4, 0, 0, 0, 0, 0)
"""


def sample(proxy: str, number: int, rate: float, cpu: float) -> report.Sample:
    return report.Sample(proxy, number, 100, rate, 1, 1, cpu, 0, 0, 1, 0, 10, 0)


class BenchTests(unittest.TestCase):
    def test_wrk_is_read(self) -> None:
        seen = load.parse_wrk(WRK)
        self.assertEqual((seen.requests, seen.rate, seen.p50, seen.p99, seen.bad), (62798, 31399, 950, 2400, 7))

    def test_h2load_is_read(self) -> None:
        seen = load.parse_h2load(H2LOAD)
        self.assertEqual((seen.requests, seen.rate, seen.p50, seen.p99), (2001, 1000.5, 11500, 28960))
        self.assertEqual(seen.bad, 3)

    def test_text_without_figures_is_an_error(self) -> None:
        for parse in (load.parse_wrk, load.parse_h2load):
            with self.assertRaises(load.LoadFailed):
                parse("unable to connect")

    def test_ratios_are_of_the_same_round(self) -> None:
        samples = [sample("router", 0, 10, 1), sample("nginx", 0, 5, 2), sample("router", 1, 3, 9), sample("nginx", 1, 1, 9),
                   sample("nginx", 2, 100, 1)]
        self.assertEqual(report.ratio(samples, "rate", "nginx"), 2.5)
        self.assertEqual(report.ratio(samples, "cpu", "nginx"), 0.75)
        self.assertIsNone(report.ratio(samples, "cpu", "haproxy"))

    def test_the_better_peer_is_the_harder_one(self) -> None:
        samples = [sample("router", 0, 1, 1), sample("nginx", 0, 1, 1), sample("haproxy", 0, 1, 1)]
        samples[1] = report.Sample("nginx", 0, 1, 1, 2, 1, 1, 0, 0, 1, 0, 1, 0)
        self.assertEqual(report.ratio(samples, "p50", "best"), 1)

    def test_a_bar_holds_at_its_bound(self) -> None:
        self.assertTrue(Bar("cpu", "nginx", "<=", 0.85).holds(0.85))
        self.assertFalse(Bar("rate", "nginx", ">=", 1.05).holds(1.04))

    def test_every_row_is_judged_by_what_it_measures(self) -> None:
        for row in ROWS:
            for bar in row.bars:
                self.assertIn(bar.base, {*row.peers, "best", ""}, row.name)

    def test_a_turn_is_time_on_the_processor(self) -> None:
        found = extras.turns(TRACE, {7})
        self.assertEqual(len(found), 1)
        self.assertAlmostEqual(found[0], 0.3, places=3)


if __name__ == "__main__":
    unittest.main()
