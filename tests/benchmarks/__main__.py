"""`python -m tests.benchmarks`: measures the budgets of this application and of the usual tutorial stack in one run,
prints one table, and writes it to docs/benchmarks.md.

Exits with 1 if a count misses its budget, or if a ratio or a size exceeds it by more than 15 %. Not a test, because
machines differ.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import rich.console

import tests.conftest  # noqa: F401 - sets the environment before any function is imported
from tests.benchmarks import costs
from tests.benchmarks.admission import admission_rows
from tests.benchmarks.archiving import archiving_rows
from tests.benchmarks.budgets import budget_rows
from tests.benchmarks.client_cpu import cpu_rows
from tests.benchmarks.crossings import crossing_rows
from tests.benchmarks.decks import deck_rows
from tests.benchmarks.imports import import_rows
from tests.benchmarks.laboratory import Laboratory, laboratory
from tests.benchmarks.lots import lot_rows
from tests.benchmarks.own_prices import own_price_rows
from tests.benchmarks.payments import payment_rows
from tests.benchmarks.posting import poison_rows, posting_rows, redelivery_rows
from tests.benchmarks.pricing import pricing_rows
from tests.benchmarks.proofs import proof_rows
from tests.benchmarks.publication import publication_rows
from tests.benchmarks.redriving import redriving_rows
from tests.benchmarks.reporting import reporting_rows
from tests.benchmarks.reversals import reversal_rows
from tests.benchmarks.rounds import round_rows
from tests.benchmarks.rows import Row, markdown, show
from tests.benchmarks.sign_ins import sign_in_rows
from tests.benchmarks.spending_reads import spending_rows
from tests.benchmarks.start_up import start_up_rows
from tests.benchmarks.sweeps import sweep_rows
from tests.benchmarks.usage_reads import usage_rows

NOTES = (
    "Units follow DynamoDB's published rules, applied to the recorded requests and the items that they wrote or read.",
    "moto reports no consumed capacity for transactions, so the units cannot be checked against it.",
    "Ratios compare CPU time (imports: user + system of a child) with a paired run of the base; the median counts.",
    "Client CPU covers the whole invocation: parsing, rating, posting, logging. Stock sends 3 items per call.",
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
INTRODUCTION = """# Benchmarks

<!-- Written by `make bench`; do not edit. -->

Each row compares a measurement with its budget, with the usual tutorial stack (`stock`: boto3, pydantic, Powertools
with BatchProcessor, one transaction per call; coded in `tests/benchmarks` and measured in the same run), and with the
least possible value (`floor`). `make bench` fails if a count misses its budget, or if a ratio or a size exceeds its
budget by more than 15 %.
"""


def document(rows: list[Row]) -> str:
    """Return the document that this run writes."""
    remarks = "".join(f"- {note}\n" for note in notes())
    return f"{INTRODUCTION}\nMeasured on {machine()}.\n\n{markdown(rows)}\n## Method\n\n{remarks}"


def main() -> int:
    """Measure, print, and compare with the budgets."""
    os.environ.pop("AWS_ENDPOINT_URL_DYNAMODB", None)
    os.environ.update(VALIDATE_PARAMETERS="false", POWERTOOLS_SERVICE_NAME="rate_calls")
    console = rich.console.Console()
    started = time.monotonic()
    rows: list[Row] = []
    for name, measure in measurements():
        before = time.monotonic()
        sys.stderr.write(f"Measuring {name} … ")
        sys.stderr.flush()
        rows += measure()
        sys.stderr.write(f"{time.monotonic() - before:.0f} s\n")
    costs.DOCUMENT.write_text(costs.document(rows), encoding="utf-8")
    rows += costs.cost_rows(rows)
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
    """Yield the measurements in the order of the table. The stock stack creates its client on import."""
    with laboratory() as lab:
        yield from counts(lab)
    from tests.benchmarks import stock  # noqa: PLC0415

    yield "client CPU", lambda: cpu_rows(stock)
    yield "pricing", pricing_rows
    yield "proofs", proof_rows
    yield "decks", deck_rows
    yield "imports", import_rows
    yield "start-up", lambda: start_up_rows(traced=stock.tracer is not None)


def counts(lab: Laboratory) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """Yield the measurements over moto."""
    from tests.benchmarks import stock  # noqa: PLC0415

    lab.wire.attach(stock.table.meta.client)
    yield "posting", lambda: posting_rows(lab, stock)
    yield "poison", lambda: poison_rows(lab, stock)
    yield "redelivery", lambda: redelivery_rows(lab)
    yield "archive", lambda: archiving_rows(lab)
    yield "reporting", lambda: reporting_rows(lab)
    yield "admission", lambda: admission_rows(lab)
    yield "publication", lambda: publication_rows(lab)
    yield "usage", lambda: usage_rows(lab)
    yield "spending", lambda: spending_rows(lab)
    yield "recharges", lambda: crossing_rows(lab)
    yield "reversals", lambda: reversal_rows(lab)
    yield "payments", lambda: payment_rows(lab)
    yield "sign-ins", lambda: sign_in_rows(lab)
    yield "sweeps", lambda: sweep_rows(lab)
    yield "rounds", round_rows
    yield "redrives", lambda: redriving_rows(lab)
    yield "own prices", lambda: own_price_rows(lab)
    yield "budgets", lambda: budget_rows(lab)
    yield "lots", lambda: lot_rows(lab)
    lab.wire.release(stock.table.meta.client)


def machine() -> str:
    """Describe the machine and the packages."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("boto3", "pydantic", "aws-lambda-powertools", "moto"))
    return f"{processor()}, {os.cpu_count()} CPUs, {platform.system()}, Python {platform.python_version()}, {packages}"


def processor() -> str:
    """Return the processor's name, as far as the system reports it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def notes() -> Iterator[str]:
    """Yield the notes on the method."""
    from tests.benchmarks import stock  # noqa: PLC0415

    yield from NOTES
    if stock.tracer is None:
        yield "The X-Ray SDK is not installed: the stock stack runs without Tracer, with cheaper imports."
    else:
        yield "Outside Lambda, Tracer is disabled: the stock stack pays for its import, not for its work."


if __name__ == "__main__":
    sys.exit(main())
