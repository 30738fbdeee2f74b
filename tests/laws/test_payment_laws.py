"""The laws of payments under a seeded random driver: people pay by card and bank account and choose a backup card,
calls spend, two tabs change a rule, accounts freeze, money goes back, cards are renewed, Stripe fails, callbacks come
twice, late, or never, time passes; after every operation the laws of payment_checks.py are rechecked.

PAYMENT_LAWS_SEED and PAYMENT_LAWS_OPERATIONS change the run; the seed of a failure is in its message. PAYMENT_LAWS_ONLY
limits a run to some operations, for example "a suspicious call;sweep".
"""

import os
import random
from collections import Counter

import pytest

from calling_credit.config import config
from tests.harness.cards import VISA
from tests.harness.schemas import check_schemas
from tests.harness.settings import whole_setting
from tests.harness.till import Till
from tests.laws import (
    payment_backups,
    payment_banks,
    payment_chains,
    payment_fate,
    payment_freezes,
    payment_meetings,
    payment_people,
    payment_tabs,
    payment_taxing,
)
from tests.laws.payment_driver import KINDS, NEIGHBOR, PaymentDriver
from tests.laws.payment_quota import ESSENTIALS

pytestmark = pytest.mark.dynamodb

SEED = whole_setting("PAYMENT_LAWS_SEED", 6)
USUAL = 440
OPERATIONS = whole_setting("PAYMENT_LAWS_OPERATIONS", USUAL, 1)
ONLY = [name for name in os.environ.get("PAYMENT_LAWS_ONLY", "").split(";") if name]
REGISTERED = (
    payment_people,
    payment_freezes,
    payment_tabs,
    payment_fate,
    payment_chains,
    payment_meetings,
    payment_banks,
    payment_backups,
    payment_taxing,
)
"""The modules whose operations the driver runs."""


def test_the_laws_of_payments_hold_after_every_operation(
    till: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    till.repeat_ids(SEED)
    till.world.create_account(NEIGHBOR)
    driver = PaymentDriver(till, random.Random(SEED))
    driver.set_parameter = lambda name, value: set_parameter(monkeypatch, name, value)
    driver.cards = [till.card(VISA)]
    driver.neighbors_cards = [till.card(kind, NEIGHBOR) for kind in payment_people.NEIGHBORS_KINDS]
    driver.kinds = {name: KINDS[name] for name in ONLY or KINDS}
    driver.essentials = () if ONLY else ESSENTIALS
    assert {name for one in ESSENTIALS for name in one.operations} <= set(KINDS)
    driver.begin()
    try:
        driver.run(OPERATIONS)
        driver.settle_down()
    except AssertionError as error:
        raise AssertionError(f"PAYMENT_LAWS_SEED={SEED}: {error}") from error
    check_schemas(till.world.stack)
    ended = Counter(f"{item['kind']} {item['status']}" for item in till.top_ups())
    with capsys.disabled():
        print(f"\n  {driver.done.total()} operations (PAYMENT_LAWS_SEED={SEED}): {listed(driver.done)}")
        print(f"  steps of chains: {listed(driver.steps)}")
        print(f"  answers: {listed(driver.answers)}")
        print(f"  {len(driver.book.entries)} entries, {listed(driver.witness.seen)}, payments: {listed(ended)}")
    assert set(driver.done) == set(driver.kinds)
    counts = driver.answers + driver.witness.seen
    for essential in driver.essentials:
        found, least = essential.found(counts), essential.least
        assert found >= min(least, least * OPERATIONS // USUAL), (
            f"PAYMENT_LAWS_SEED={SEED} proves little: {found} of {essential.name!r}"
        )


def set_parameter(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Set a parameter as a deployment does."""
    monkeypatch.setenv(name, value)
    config.cache_clear()


def listed(counts: Counter[str]) -> str:
    """Counts as a line of text."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
