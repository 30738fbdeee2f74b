"""The laws of the ledger under a seeded random driver: thousands of operations on the real handlers, every law
rechecked after every one, everything compared with a model that shares no code with them.

    1   posted is the sum of the entries, to the micro
    2   DAY totals are the sums of that day's entries
    3   any event delivered any number of times, in any order, changes nothing after the first
    4   a refused operation changes nothing
    7   held is the sum of live holds (none yet), available is posted less held, headroom is unarmed
    8   no customer's request reads or writes another account
    9   entries never change
    10  killing any function at any I/O and retrying ends in the same ledger (test_faults)

Laws 5 and 6 are laws of payments and come with them. LAWS_SEED and LAWS_OPERATIONS run it otherwise; the seed of a
failure is in its message.
"""

import os
import random

import pytest

from tests.functions import laws_operations, laws_reads
from tests.functions.conftest import Stack
from tests.functions.laws_calls import Calls
from tests.functions.laws_checks import Book
from tests.functions.laws_driver import KINDS, Driver
from tests.functions.laws_model import Model, Prices
from tests.functions.laws_moto import make_moto_cheap
from tests.functions.laws_wire import wired
from tests.functions.template import ROOT

pytestmark = pytest.mark.dynamodb

SEED = int(os.environ.get("LAWS_SEED", "20261123"))
OPERATIONS = int(os.environ.get("LAWS_OPERATIONS", "2000"))


def test_the_laws_hold_after_every_operation(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {laws_operations.__name__, laws_reads.__name__} == {kind.__module__ for _, kind in KINDS.values()}
    make_moto_cheap(monkeypatch)
    rng = random.Random(SEED)
    prices = Prices("deck-1", (ROOT / "local" / "rates.csv").read_bytes())
    with wired(stack) as wire:
        book = Book(stack.dynamodb, stack.table_name)
        driver = Driver(stack, wire, rng, Model(prices), book, Calls(rng))
        monkeypatch.setattr("calling_credit.clock.now", lambda: driver.now)
        stack.forget()
        driver.run(OPERATIONS)
    with capsys.disabled():
        print(
            f"\nThe laws held after every operation (LAWS_SEED={SEED}, LAWS_OPERATIONS={OPERATIONS}):\n{driver.table()}"
        )
    assert set(driver.done) == set(KINDS), driver.table()
    assert driver.done.total() >= OPERATIONS, driver.table()
