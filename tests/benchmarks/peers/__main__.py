"""`make bench-peers`: charges the same calls, each twice, with this application and with django-hordak on PostgreSQL.
Prints one table and writes it to docs/peers.md.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tests.conftest  # noqa: F401 - sets the environment before any function is imported
from tests.benchmarks import mix
from tests.benchmarks.__main__ import machine
from tests.benchmarks.peers import ours
from tests.benchmarks.peers.postgres import find_programs, server
from tests.benchmarks.rows import number

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[2] / "docs" / "peers.md"
ROUNDS = 3
WORKERS = 2
GOAL = 0.1
"""The share of the peer's client CPU that a call may cost here."""
EXPLANATION = """
Both sides get the same calls in the same run, each call twice. One worker measures client CPU; two workers at once
measure calls per second. The least of {rounds} rounds counts.

**Comparable**: client CPU per call (parsing the event, deciding, building and sending requests, reading answers),
requests per call, and what happens with the second delivery. Both sides end with one entry for each call and the same
sum.

**Not comparable**: calls per second. Here they are those of moto, a DynamoDB simulated in Python on the same cores.
PostgreSQL is compiled and writes to a disk. DynamoDB answers a transaction in some milliseconds, and as many at once as
you like. This side also rates each call, checks its account and line, keeps the running balance and the totals of days,
and writes a log and metrics. The peer is given the price, and its balance is a sum over all legs, calculated when
someone asks. The peer charges one call in one transaction, as its documentation shows. Its user could write batches,
but a second delivery of one call would then take back the others of its batch.
"""


@dataclass(frozen=True)
class Side:
    """One side: how a worker is started with a file of calls, and in which form a file has a call."""

    name: str
    command: Callable[[Path], Sequence[str]]
    form: Callable[[str], str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Delivery:
    """The cost of one delivery of a mix for each call, and the numbers of posted and refused calls."""

    cpu_us: float
    requests: float
    per_second: float
    posted: int
    refused: int


def run(side: Side, parts: Sequence[Sequence[str]]) -> Delivery:
    """Deliver each part with a worker of its own, all at once."""
    with tempfile.TemporaryDirectory() as folder:
        workers = []
        for index, part in enumerate(parts):
            file = Path(folder) / f"{index}.jsonl"
            file.write_text("".join(side.form(body) + "\n" for body in part), encoding="utf-8")
            pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            workers.append(subprocess.Popen(side.command(file), env=os.environ | side.environment, **pipes))
        for worker in workers:
            if worker.stdout is None or worker.stdout.readline() != "ready\n":
                raise RuntimeError(f"A worker of {side.name} did not start. Its message is above.")
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        results = [json.loads(worker.communicate()[0]) for worker in workers]
    calls = sum(map(len, parts))
    total: Counter[str] = sum(map(Counter, results), Counter())
    slowest = max(result["wall"] for result in results)
    return Delivery(
        total["cpu"] / calls * 1e6, total["requests"] / calls, calls / slowest, total["posted"], total["refused"]
    )


def twice(side: Side, bodies: Sequence[str], workers: int) -> tuple[Delivery, Delivery]:
    """Deliver the calls, and then again, each to another worker than before."""
    parts = [bodies[index::workers] for index in range(workers)]
    return run(side, parts), run(side, parts[1:] + parts[:1])


def best(runs: Sequence[Delivery]) -> Delivery:
    """Return the run with the least client CPU, with the most calls per second of all."""
    least = min(runs, key=lambda delivery: delivery.cpu_us)
    fastest = max(delivery.per_second for delivery in runs)
    return Delivery(least.cpu_us, least.requests, fastest, least.posted, least.refused)


def mixes() -> Iterator[tuple[str, Callable[[int], list[str]]]]:
    """Yield each mix and its calls of a round, which have other ids in each round."""
    yield "1,000 calls of 100 accounts", lambda turn: mix.standard_mix(10_000 * turn)
    yield "1,000 calls of one account", lambda turn: hot_mix(5_000_000 + 10_000 * turn)


def hot_mix(first: int) -> list[str]:
    """Return as many calls as in the standard mix, of the first account."""
    bodies = [json.loads(body) for body in mix.calls_of_one_account(mix.EVENTS)]
    return [json.dumps(body | {"call_id": f"c_{first + index:016x}"}) for index, body in enumerate(bodies)]


def measure(side: Side, calls: Callable[[int], list[str]], turns: int) -> list[tuple[Delivery, Delivery]]:
    """Return the best first and second delivery: with one worker, and with several."""
    pairs = []
    for workers in (1, WORKERS):
        rounds = [twice(side, calls(turns + workers * ROUNDS + turn), workers) for turn in range(ROUNDS)]
        pairs.append((best([first for first, _ in rounds]), best([second for _, second in rounds])))
    return pairs


@contextmanager
def our_side() -> Iterator[Side]:
    """Start our table; yield our side."""
    python = sys.executable
    serve = [python, "-m", "tests.benchmarks.peers.ours", "serve"]
    with subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as table:
        assert table.stdout is not None
        os.environ[ours.ENDPOINT] = table.stdout.readline().strip()
        try:
            yield Side(
                "calling-credit",
                lambda file: [python, "-m", "tests.benchmarks.peers.ours", "deliver", str(file)],
                lambda body: body,
                {},
            )
        finally:
            table.communicate()


@contextmanager
def peer_side(python: str, programs: Path) -> Iterator[Side]:
    """Start PostgreSQL with the peer's tables; yield the peer's side, which takes the prices from our entries."""
    with server(programs) as sockets:
        environment = {"PEER_SOCKETS": str(sockets)}
        script = [python, str(HERE / "peer.py")]
        subprocess.run([*script, "prepare", str(mix.ACCOUNTS)], check=True, env=os.environ | environment)
        prices = ours.entries()

        def form(body: str) -> str:
            call = json.loads(body)
            price = f"{prices[call['call_id']] / 1_000_000:.6f}"
            return json.dumps({"call_id": call["call_id"], "account_id": call["account_id"], "price": price})

        yield Side("django-hordak", lambda file: [*script, "deliver", str(file)], form, environment)
        told = subprocess.run([*script, "balances"], check=True, env=os.environ | environment, capture_output=True)
        theirs = json.loads(told.stdout)
        if theirs != {"entries": len(prices), "micros": sum(prices.values())}:
            raise RuntimeError(f"The ledgers differ: {theirs}; ours has {len(prices)} entries.")


def lines(name: str, measured: Sequence[tuple[str, list[tuple[Delivery, Delivery]]]]) -> Iterator[str]:
    """Yield the lines of one side in the table."""
    for what, (alone, together) in measured:
        for order, one, two in zip(("first", "second"), alone, together, strict=True):
            fate = f"{one.posted:,} posted" if not one.refused else f"{one.refused:,} raise IntegrityError"
            if order == "second" and not one.refused:
                fate = f"{one.posted:,} recognized"
            yield (
                f"| {what} | {order} | {name} | {one.cpu_us:,.0f} us | {number(round(one.requests, 2))} "
                f"| {two.per_second:,.0f} | {fate} |\n"
            )


def main(peer_python: str) -> int:
    """Measure both sides, print, and write the document."""
    programs = find_programs()
    measured: dict[str, list[tuple[str, list[tuple[Delivery, Delivery]]]]] = {}
    with our_side() as side:
        measured[side.name] = [_say(side, what, calls) for what, calls in mixes()]
        if programs is None:
            sys.stdout.write(
                "The peer is not measured: there is no PostgreSQL here. On Debian: apt-get install postgresql\n"
            )
        else:
            with peer_side(peer_python, programs) as peer:
                measured[peer.name] = [_say(peer, what, calls) for what, calls in mixes()]
    columns = ("calls", "delivery", "ledger", "client CPU per call", "requests per call", "calls per second", "outcome")
    head = f"| {' | '.join(columns)} |\n"
    table = (
        head
        + "|---|---|---|---|---|---|---|\n"
        + "".join(line for name in measured for line in lines(name, measured[name]))
    )
    sys.stdout.write(f"{machine()}\n\n{table}")
    if len(measured) < 2:
        return 0
    ratios = [own[1][0][0].cpu_us / other[1][0][0].cpu_us for own, other in zip(*measured.values(), strict=True)]
    verdict = f"Client CPU per call, over the peer's: {ratios[0]:.2f} and {ratios[1]:.2f} (goal {GOAL})."
    sys.stdout.write(f"\n{verdict}\n")
    head = "# Beside a peer\n\n<!-- Written by `make bench-peers`; do not edit. -->\n"
    text = f"{head}\nMeasured on {machine()}, django-hordak on PostgreSQL.\n\n{table}\n{verdict}\n"
    DOCUMENT.write_text(text + EXPLANATION.format(rounds=ROUNDS), encoding="utf-8")
    return 0


def _say(side: Side, what: str, calls: Callable[[int], list[str]]) -> tuple[str, list[tuple[Delivery, Delivery]]]:
    sys.stderr.write(f"Measuring {side.name}: {what}\n")
    return what, measure(side, calls, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
