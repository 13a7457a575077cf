"""Export, checks and the daily snapshot on a million orders, each beside its floor in this run.

`BENCH_ORDERS` asks for fewer; then no target is judged. See lib/million.py for BENCH_DATABASE.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from lib import million
from lib.work import DJANGO, Work, best

ORDERS = int(os.environ.get("BENCH_ORDERS", million.COUNT))
IS_WHOLE = ORDERS >= million.COUNT

COUNT = """
import json, os, time, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    began = time.perf_counter()
    [count] = connection.execute("SELECT count(*) FROM orders_order").fetchone()
    print(json.dumps({"elapsed_s": time.perf_counter() - began, "rows": count}))
"""
COPY = """
import json, os, time, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection, open("/dev/null", "wb") as sink:
    began = time.perf_counter()
    with connection.cursor().copy("COPY orders_order TO STDOUT (FORMAT csv)") as rows:
        for row in rows:
            sink.write(row)
    print(json.dumps({"elapsed_s": time.perf_counter() - began}))
"""
EXPORT = f"""{DJANGO}
from django.utils import timezone
from core.actor import system
from exports.statement import Chosen
from exports.stream import Stream
from exports.tables import ORDERS
began, lines = time.perf_counter(), 0
with open("/dev/null", "wb") as sink:
    stream = Stream(table=ORDERS, chosen=Chosen(), by=system("benchmark"), clock=timezone.now)
    for chunk in stream:
        lines += chunk.count(b"\\n")
        sink.write(chunk)
elapsed_s = time.perf_counter() - began
assert lines == {ORDERS} + 1, lines
print(json.dumps({{"elapsed_s": elapsed_s}}))
"""
CHECKS = f"""{DJANGO}
from datetime import datetime
from monitoring.checks import CHECKS
now, each = datetime.fromisoformat("{million.NOW.isoformat()}"), {{}}
began = time.perf_counter()
for check in CHECKS:
    started = time.perf_counter()
    found = check.find(now)
    each[check.name] = time.perf_counter() - started
elapsed_s = time.perf_counter() - began
print(json.dumps({{"elapsed_s": elapsed_s, "each": each}}))
"""
SNAPSHOT = f"""{DJANGO}
from datetime import datetime, timedelta
from analyticsapp.models import DailySnapshot, MrrMovement
from analyticsapp.snapshots import take
now = datetime.fromisoformat("{million.NOW.isoformat()}")
day = (now - timedelta(days=1)).date()
for kept in (DailySnapshot, MrrMovement):
    kept.objects.filter(day=day).delete()
began = time.perf_counter()
written = take(day=day, now=now)
elapsed_s = time.perf_counter() - began
assert written.rows == 6, written
print(json.dumps({{"elapsed_s": elapsed_s}}))
"""


@dataclass(frozen=True)
class Figure:
    """What was measured, its floor, and what it has to reach."""

    name: str
    work: Work
    floor: Work
    floor_name: str
    most_s: float
    most_mib: float | None = None

    @property
    def line(self) -> str:
        memory = f", {self.work.peak_mib:.0f} MiB" if self.most_mib else ""
        target = f"< {self.most_s:g} s" + (f", < {self.most_mib:g} MiB" if self.most_mib else "")
        verdict = ("reached" if self.is_reached else "NOT reached") if IS_WHOLE else "not judged"
        return (
            f"  {self.name:<34} {self.work.elapsed_s:7.3f} s{memory:<9}  {self.floor_name} "
            f"{self.floor.elapsed_s:.3f} s: {self.work.elapsed_s / self.floor.elapsed_s:.1f} times"
            f"   to reach {target}: {verdict}"
        )

    @property
    def is_reached(self) -> bool:
        in_time = self.work.elapsed_s < self.most_s
        return in_time and (self.most_mib is None or self.work.peak_mib < self.most_mib)


def main() -> int:
    """1 when a target was missed."""
    with million.shop(orders=ORDERS) as url:
        count, copy = best(COUNT, url=url), best(COPY, url=url)
        checks = best(CHECKS, url=url)
        figures = [
            Figure("orders as CSV, escaped, audited", best(EXPORT, url=url), copy, "COPY", 5, 100),
            Figure("all local checks", checks, count, "SELECT count(*)", 15),
            Figure("daily snapshot", best(SNAPSHOT, url=url), count, "SELECT count(*)", 1),
        ]
    print(f"\n{ORDERS:,} orders, the fastest of three")
    for figure in figures:
        print(figure.line)
    slowest = sorted(checks.said["each"].items(), key=lambda pair: -pair[1])[:6]
    print("  slowest checks: " + ", ".join(f"{name} {s:.2f} s" for name, s in slowest))
    return int(IS_WHOLE and not all(figure.is_reached for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
