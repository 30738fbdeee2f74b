"""Events from the images of a change: one per occurrence, under a stable id, in the published form, without secrets."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from calling_credit.notifications.events import ALL
from calling_credit.notifications.from_stream import derive_events
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.words import message_of
from tests.domain.credit_examples import AT, CARD, PK
from tests.domain.event_examples import (
    ACCOUNT,
    BALANCE,
    CHANGES,
    DENIAL,
    ENTRY,
    FAILED,
    FREEZING,
    PAID,
    PAYMENT,
    RULE,
    UNFREEZING,
    UNRATED,
    Change,
    event_of,
    events_of,
    types_of,
)

# --- Every type -------------------------------------------------------------------------------------------------------


def test_every_event_type_has_an_example() -> None:
    assert list(CHANGES) == [form.__name__ for form in ALL]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_makes_exactly_its_event(name: str) -> None:
    shown = event_of(*CHANGES[name])
    assert set(shown) == {"id", "type", "version", "account_id", "occurred_at", "data"}
    assert (shown["type"], shown["occurred_at"]) == (name, AT)


@pytest.mark.parametrize("name", CHANGES)
def test_a_redelivered_record_makes_the_same_event_with_a_unique_id(name: str) -> None:
    assert [events_of(*CHANGES[name]) for _ in range(3)] == [events_of(*CHANGES[name])] * 3
    assert len({event_of(*change)["id"] for change in CHANGES.values()}) == len(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_change_in_another_account_has_another_id(name: str) -> None:
    old, new = CHANGES[name]
    assert new is not None
    [event] = derive_events(old, new | {"PK": "ACCOUNT#acct_2", "account_id": "acct_2"}, AT)
    assert event.id != event_of(old, new)["id"]
    assert event.account_id == "acct_2"


@pytest.mark.parametrize("name", CHANGES)
def test_a_write_that_changes_nothing_announces_nothing(name: str) -> None:
    _, new = CHANGES[name]
    assert new is not None
    assert types_of(new, new) == []
    assert types_of(new, new | {"nudge": 9, "sweep_sk": "later"}) == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_deleted_item_announces_nothing(name: str) -> None:
    assert types_of(CHANGES[name][1], None) == []


@pytest.mark.parametrize("name", CHANGES)
def test_no_event_contains_secrets_or_full_numbers(name: str) -> None:
    text = json.dumps(event_of(*CHANGES[name]))
    assert "secret" not in text
    assert "4155550100" not in text
    assert "2071838750" not in text


def test_the_order_of_records_changes_no_event() -> None:
    forwards = [event_of(*change) for change in CHANGES.values()]
    backwards = [event_of(*change) for change in reversed(CHANGES.values())]
    assert forwards == backwards[::-1]


@pytest.mark.parametrize(
    "sort_key", ["ACCOUNT", "DAY#2026-11-23#top_up", f"PAYMENT#{AT}#tu_1", "LINE#l_1", f"STRAY#{AT}#c_1", "ISSUE"]
)
def test_items_of_other_kinds_announce_nothing(sort_key: str) -> None:
    assert types_of(None, {"PK": PK, "SK": sort_key, "status": "succeeded", "kind": "credit_reversed"}) == []


# --- Payments ---------------------------------------------------------------------------------------------------------


def test_a_top_up_succeeded_event_has_amount_and_card() -> None:
    amounts = {"amount": "25.00", "tax": "0.00", "total": "25.00"}
    paid = {"topup_id": "tu_1", **amounts, "payment_method": CARD, "backup": False}
    assert event_of(PAYMENT, PAID)["data"] == paid
    taxed = event_of(PAYMENT, PAID | {"tax_micros": 3_750_000})["data"]
    assert taxed == paid | {"tax": "3.75", "total": "28.75"}
    assert event_of(PAYMENT, PAID | {"is_backup": True})["data"] == paid | {"backup": True}


def test_a_top_up_failed_event_has_a_message_for_the_customer() -> None:
    data = event_of(PAYMENT, FAILED)["data"]
    assert (data["status"], data["failure"]["code"]) == ("failed", "insufficient_funds")
    assert data["failure"]["message"].endswith(".")
    lost = event_of(PAYMENT, FAILED | {"failure_code": "stolen_card"})["data"]
    assert lost["failure"]["code"] == "card_declined", "an event never says that a card is stolen"


@pytest.mark.parametrize(("kind", "code"), [("manual", "canceled"), ("automatic", None)])
def test_a_canceled_payment_makes_a_failed_event(kind: str, code: str | None) -> None:
    data = event_of(PAYMENT | {"kind": kind}, PAYMENT | {"kind": kind, "status": "canceled"})["data"]
    assert data["status"] == "canceled"
    assert (data["failure"] and data["failure"]["code"]) == code


@pytest.mark.parametrize("status", ["created", "confirming", "requires_action", "processing"])
def test_an_open_payment_announces_nothing(status: str) -> None:
    declined = PAYMENT | {"status": status, "failure_code": "card_declined"}
    assert types_of(PAYMENT, declined) == types_of(None, declined) == []


def test_a_late_success_is_announced_after_the_failure() -> None:
    failed, paid = event_of(PAYMENT, FAILED), event_of(FAILED, PAID)
    assert (failed["type"], paid["type"]) == ("TopUpFailed", "TopUpSucceeded")
    assert paid["id"] == event_of(PAYMENT, PAID)["id"], "the success has the same id after a failure"


def test_a_reversal_does_not_announce_the_success_again() -> None:
    assert types_of(PAID, PAID | {"reversed_micros": 1_000_000, "updated_at": "2026-11-24T12:00:00.000Z"}) == []


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason",
    [SuspensionReason.AUTHENTICATION, SuspensionReason.REPEATEDLY, SuspensionReason.UNUSABLE, SuspensionReason.REMOVED],
)
def test_a_suspended_event_has_the_reason_code_and_message(reason: str) -> None:
    data = event_of(RULE, RULE | {"suspended_reason": reason})["data"]
    assert data == {
        "reason": reason,
        "message": message_of(reason, CARD["brand"], CARD["last4"]),
        "payment_method": CARD,
        "payment": None,
    }


def test_a_second_suspension_is_a_new_event_and_lifting_is_not() -> None:
    suspended = RULE | {"suspended_reason": SuspensionReason.REPEATEDLY, "state_version": 8}
    lifted, again = RULE | {"state_version": 9}, suspended | {"state_version": 10}
    assert types_of(suspended, lifted) == []
    assert types_of(suspended, suspended | {"state_version": 9}) == []
    assert event_of(RULE, suspended)["id"] != event_of(lifted, again)["id"]


def test_a_new_reason_is_announced_unless_the_rule_is_off() -> None:
    suspended = RULE | {"suspended_reason": SuspensionReason.REPEATEDLY}
    assert types_of(suspended, suspended | {"suspended_reason": SuspensionReason.REMOVED}) == ["AutoRechargeSuspended"]
    off = {"enabled": False}
    assert types_of(RULE | off, suspended | off) == []
    assert types_of(suspended | off, suspended) == ["AutoRechargeSuspended"]


# --- The balance ------------------------------------------------------------------------------------------------------


def balances(*posted: int) -> Iterator[Change]:
    """The changes of a balance through these amounts in micros, one a second."""
    images = [
        BALANCE | {"posted_micros": micros, "updated_at": f"2026-11-23T12:00:{at:02d}.000Z"}
        for at, micros in enumerate(posted)
    ]
    yield from pairwise(images)


def test_a_low_balance_is_announced_once_per_crossing() -> None:
    moves = [7_000_000, 5_000_000, 4_999_999, 3_000_000, -1, 5_000_000, 4_000_000, 4_500_000, 9_000_000, 0]
    low = [event for old, new in balances(*moves) for event in events_of(old, new)]
    assert [event.model_dump()["data"]["balance"] for event in low] == ["4.999999", "4.00", "0.00"]
    assert len({event.id for event in low}) == 3


def test_setting_or_lacking_a_level_announces_nothing() -> None:
    low = BALANCE | {"posted_micros": 0}
    bare = {name: value for name, value in low.items() if name != "low_micros"}
    assert types_of({**bare, "posted_micros": 10_000_000}, bare) == []
    assert types_of(bare, low) == types_of(None, low) == []
    assert types_of(low, low | {"low_micros": 50_000_000}) == []


# --- Reversals and calls ----------------------------------------------------------------------------------------------


def test_a_reversal_event_names_its_payment() -> None:
    for name in ("CreditReversed", "CreditReturned"):
        data = event_of(*CHANGES[name])["data"]
        assert data == {"entry_id": "tu_1.rev.1", "topup_id": "tu_1", "amount": "30.00", "payment_method": CARD}


@pytest.mark.parametrize("kind", ["call_charged", "balance_adjusted", "top_up_paid"])
def test_other_entries_announce_nothing(kind: str) -> None:
    assert types_of(None, ENTRY | {"kind": kind}) == []


def test_a_call_unrated_event_has_a_masked_number() -> None:
    data = event_of(None, UNRATED)["data"]
    assert (data["call_id"], data["to"], data["duration_seconds"]) == ("c_1", "GB…50", 125)


def test_erasing_a_number_announces_nothing() -> None:
    assert types_of(UNRATED, UNRATED | {"to": "GB…50", "facts_hash": "erased"}) == []


def test_a_call_denied_event_has_a_message_and_a_masked_number() -> None:
    shown = event_of(None, DENIAL)
    assert shown["occurred_at"] == AT
    assert shown["data"] == {
        "call_id": "c_1",
        "line_id": "line_1",
        "to": "GB…50",
        "reason": "daily_spend_limit",
        "message": "The account has reached its daily spending limit.",
    }
    assert types_of(DENIAL, DENIAL) == []
    later = DENIAL | {"denials": 4, "denied_at": "2026-11-23T13:00:00.001Z"}
    assert event_of(DENIAL, later)["id"] != shown["id"]


def test_a_freeze_event_names_the_actor_without_the_address() -> None:
    frozen, unfrozen = ACCOUNT | FREEZING, ACCOUNT | UNFREEZING
    assert event_of(ACCOUNT, frozen)["data"] == event_of(frozen, unfrozen)["data"] == {"by": "operator:ops"}
    for standing in (ACCOUNT, frozen, unfrozen):
        assert types_of(standing, standing | {"time_zone": "Asia/Tokyo"}) == []
    again = ACCOUNT | {**FREEZING, "frozen_at": "2026-11-23T13:00:00.000Z"}
    assert event_of(unfrozen, again)["id"] != event_of(ACCOUNT, frozen)["id"]
