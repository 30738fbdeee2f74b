"""`python -m tests.benchmarks`: measures the budgets of rating, posting, usage and recharging, ours and the usual
stack's in one run, prints them as one table, and writes that table to docs/benchmarks.md.

Ends with 1 when a count is missed, or a ratio or a time by more than 15 %. Never a test: machines differ.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import rich.console

import tests.conftest  # noqa: F401 - the environment, before any function is imported
from tests.benchmarks.admission import admission_rows
from tests.benchmarks.client_cpu import cpu_rows
from tests.benchmarks.crossings import crossing_rows
from tests.benchmarks.decks import deck_rows
from tests.benchmarks.laboratory import Laboratory, laboratory
from tests.benchmarks.posting import poison_rows, posting_rows, redelivery_rows
from tests.benchmarks.pricing import pricing_rows
from tests.benchmarks.rows import Row, markdown, show
from tests.benchmarks.start_up import start_up_rows
from tests.benchmarks.usage_reads import usage_rows

NOTES = (
    "Units are DynamoDB's published rules applied to the recorded requests and the items they left or brought.",
    "moto reports no consumed capacity for transactions, so the units cannot be compared with it.",
    "Ratios are of CPU time (imports: user + system of a child), each run beside its base, the median of the pairs.",
    "Client CPU is the whole invocation: parsing, rating, posting, logging. Stock sends 3 items a call.",
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
INTRODUCTION = """# Benchmarks

<!-- Written by `make bench`; do not edit. -->

Each row compares a measurement with its budget, with the usual tutorial stack (`stock`: boto3, pydantic, Powertools
with BatchProcessor, one transaction per call; coded in `tests/benchmarks` and measured in the same run), and with the
least possible value (`floor`). `make bench` fails if a count misses its budget, or if a ratio or a time exceeds its
budget by more than 15 %.
"""


def document(rows: list[Row]) -> str:
    """The page that this run writes."""
    remarks = "".join(f"- {note}\n" for note in notes())
    return f"{INTRODUCTION}\nMeasured on {machine()}.\n\n{markdown(rows)}\n## Method\n\n{remarks}"


def main() -> int:
    """Measure, print, judge."""
    os.environ.pop("AWS_ENDPOINT_URL_DYNAMODB", None)
    os.environ.update(VALIDATE_PARAMETERS="false", POWERTOOLS_SERVICE_NAME="rate_calls")
    console = rich.console.Console()
    started = time.monotonic()
    rows: list[Row] = []
    for what, measure in measurements():
        before = time.monotonic()
        sys.stderr.write(f"Measuring {what} … ")
        sys.stderr.flush()
        rows += measure()
        sys.stderr.write(f"{time.monotonic() - before:.0f} s\n")
    sys.stdout.write(f"{machine()}\n\n")
    show(rows, console)
    sys.stdout.flush()
    for note in notes():
        sys.stdout.write(f"\n{note}")
    DOCUMENT.write_text(document(rows), encoding="utf-8")
    missed = [row.what for row in rows if row.failed]
    sys.stdout.write(f"\n\n{len(rows)} budgets, {len(missed)} missed, {time.monotonic() - started:.0f} s.\n")
    return 1 if missed else 0


def measurements() -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """What is measured, in the order of the table. The stock stack makes its client when it is imported."""
    with laboratory() as lab:
        yield from counts(lab)
    from tests.benchmarks import stock  # noqa: PLC0415

    yield "client CPU", lambda: cpu_rows(stock)
    yield "pricing", pricing_rows
    yield "decks", deck_rows
    yield "start-up", lambda: start_up_rows(traced=stock.tracer is not None)


def counts(lab: Laboratory) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """What is counted over moto."""
    from tests.benchmarks import stock  # noqa: PLC0415

    lab.wire.attach(stock.table.meta.client)
    yield "posting", lambda: posting_rows(lab, stock)
    yield "poison", lambda: poison_rows(lab, stock)
    yield "redelivery", lambda: redelivery_rows(lab)
    yield "admission", lambda: admission_rows(lab)
    yield "usage", lambda: usage_rows(lab)
    yield "recharges", lambda: crossing_rows(lab)
    lab.wire.release(stock.table.meta.client)


def machine() -> str:
    """Where this was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("boto3", "pydantic", "aws-lambda-powertools", "moto"))
    return f"{processor()}, {os.cpu_count()} CPUs, {platform.system()}, Python {platform.python_version()}, {packages}"


def processor() -> str:
    """The processor's name, as well as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def notes() -> Iterator[str]:
    """What a reader must know to trust the numbers."""
    from tests.benchmarks import stock  # noqa: PLC0415

    yield from NOTES
    if stock.tracer is None:
        yield "The X-Ray SDK is not installed: the stock stack was measured without Tracer, its imports are cheaper so."
    else:
        yield "Outside Lambda the Tracer switches itself off: the stock stack pays its import, not its work."


if __name__ == "__main__":
    sys.exit(main())
