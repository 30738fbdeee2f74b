"""The rows of budgets: what a budget adds to the requests and write units of a call, and the size of the largest hold
and entry, with everything that an account can have and the longest ids.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil

from calling_credit.accounts.budget_requests import BudgetOf
from calling_credit.accounts.budget_store import BudgetStore
from calling_credit.accounts.card_money import bought_action
from calling_credit.accounts.limits import Limits
from calling_credit.budgets.budget import BudgetAt
from calling_credit.dynamodb.transactions import transact
from calling_credit.instants import format_instant
from tests.benchmarks.admission import CREDIT_MICROS, HELD, SECONDS, Caller, ask, end_message, measure, open_account
from tests.benchmarks.capacity import WRITE_UNIT_BYTES
from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.own_prices import (
    CALL,
    LISTED,
    MARKED,
    NAME,
    Held,
    bundles,
    deck_rows,
    dialed,
    held_call,
    with_steps,
)
from tests.benchmarks.posting import expect
from tests.benchmarks.rows import Row, number
from tests.harness.actors import OPERATOR
from tests.harness.table import TABLE

LONGEST = Caller("a" * 64, "l" * 64, "u" * 64)
MONTHLY_MICROS = 90_000_000
CAP_MICROS = 80_000_000
OWNERS = {BudgetOf.LINE: "line", BudgetOf.USER: "user"}


def budget_rows(lab: Laboratory) -> list[Row]:
    """Return the rows of calls with one budget, with two, and with all counters."""
    none: tuple[BudgetOf, ...] = ()
    plain, one, two = (
        held_call(lab, prepare=partial(give, owners=owners)) for owners in (none, (BudgetOf.LINE,), tuple(BudgetOf))
    )
    expect([held.entry.get("counted", {}).get("S") for held in (plain, one, two)] == [None, "L", "LU"], "budgets count")
    extended, extended_plain = (extension(lab, owners) for owners in ((BudgetOf.LINE,), none))
    alone, alone_plain = (posted_alone(lab, owners) for owners in ((BudgetOf.LINE,), none))
    return [
        _row("DynamoDB requests to authorize a call of a line with a budget", 4, one.asked, plain.asked),
        _row("write units to authorize it, of a line with a budget", 7, one.asked_units, plain.asked_units),
        _row("DynamoDB requests to extend it, of a line with a budget", 4, extended[0], extended_plain[0]),
        _row("write units to extend it, of a line with a budget", 8, extended[1], extended_plain[1]),
        _row("DynamoDB requests to post it, cold, with the counter of the month", 5, one.posted, plain.posted),
        _row("write units of it, held and posted, of a line with a budget", 18, one.units, plain.units),
        _row("write units of a call with budgets of line and user, held and posted", 22, two.units, plain.units),
        Row(
            "write units that a budget adds to posting a call that was not held",
            "count",
            2,
            alone - alone_plain,
            floor="2",
            exact=True,
        ),
        *largest_rows(lab, plain),
    ]


def largest_rows(lab: Laboratory, plain: Held) -> list[Row]:
    """Return the rows of the largest hold and entry: list or markup, 10 rate steps, bundle, budgets of line and user,
    both caps, and the longest ids.
    """
    lab.publish_list(NAME, with_steps([]))
    some = bundles(1 + SECONDS // 120)  # A minute is taken before; half of the call is covered.
    limits = Limits(
        high_cost_micros=0,
        high_cost_allowed=(f"+{dialed()[1:8]}",),
        first_country_cap_micros=CAP_MICROS,
        young_money_cap_micros=CAP_MICROS,
    )
    largest = []
    for own in (LISTED, MARKED):
        prepare = partial(give, owners=tuple(BudgetOf), caller=LONGEST, is_young=True)
        largest.append(held_call(lab, CALL, LONGEST, prepare, bundles=some, limits=limits, **own))
        lab.publish(with_steps(deck_rows()))
    lab.publish()
    expect(all(one.entry["counted"]["S"] == "LUCY" for one in largest), "each call counts in all counters")
    holds, entries = ([getattr(one, f"{kind}_bytes") for one in largest] for kind in ("hold", "entry"))
    return [_largest("hold", max(holds), plain.hold_bytes), _largest("entry", max(entries), plain.entry_bytes)]


def give(lab: Laboratory, owners: tuple[BudgetOf, ...], caller: Caller = HELD, *, is_young: bool = False) -> None:
    """Give budgets to the caller's line and user; `is_young`: a new card has bought all credit."""
    since = datetime.now(UTC) - timedelta(days=300)
    for of in owners:
        store = BudgetStore(lab.dynamodb, TABLE, caller.account, OPERATOR, None)
        store.store(of, getattr(caller, OWNERS[of]), MONTHLY_MICROS, BudgetAt.REFUSE, since)
    if is_young:
        paid_at = format_instant(datetime.now(UTC))
        transact(lab.dynamodb, [bought_action(TABLE, caller.account, "f" * 16, CREDIT_MICROS, paid_at)])


def extension(lab: Laboratory, owners: tuple[BudgetOf, ...]) -> tuple[int, int]:
    """Return the requests and write units of extending a held call."""
    lab.reset()
    open_account(lab)
    give(lab, owners)
    with capture_output():
        ask(lab, "held")
    requests, units = measure(lab, partial(ask, lab, "held", 2 * SECONDS))
    return len(requests), units


def posted_alone(lab: Laboratory, owners: tuple[BudgetOf, ...]) -> int:
    """Return the write units of posting a call that was not held, after one that makes the counters of the month."""
    lab.reset()
    open_account(lab)
    give(lab, owners)
    with capture_output():
        lab.rate([end_message("first", dialed())])
    _, units = measure(lab, lambda: expect(not lab.rate([end_message("alone", dialed())]), "the call is charged"))
    return units


def _row(what: str, budget: float, measured: float, floor: float) -> Row:
    return Row(what, "count", budget, measured, floor=number(floor))


def _largest(kind: str, size: int, plain: int) -> Row:
    units = ceil(size / WRITE_UNIT_BYTES)
    what = f"write units of the largest {kind}: list or markup, 10 rate steps, bundle, budgets, caps, longest ids"
    return Row(what, "count", 2, units, shown=f"{units} ({size:,} bytes)", floor=f"1 ({plain:,} bytes, plain)")
