"""Every type of event from the images it comes from: said once for what happened, under an id that never changes, in
the published form, and without anything that is nobody's business.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import jsonschema
import pytest

from calling_credit.notifications.events import ALL, Announcement
from calling_credit.notifications.from_stream import derive_events
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.settings import WORDS
from ops.event_schemas import FOLDER, path, schema
from tests.harness.template import template

AT = "2026-11-23T12:00:00.000Z"
PK = "ACCOUNT#acct_1"
SECRETS = {
    "customer_id": "cus_secret",
    "payment_method_id": "pm_secret",
    "fingerprint": "fp_secret",
    "intent_id": "pi_secret",
    "created_by": "user:secret",
    "create_request": '{"customer":"cus_secret"}',
    "confirm_request": '{"return_url":"https://secret"}',
    "next_action_url": "https://secret/link",
    "receipt_url": "https://secret/receipt",
}
CARD = {"brand": "visa", "last4": "4242"}
PAYMENT: dict[str, Any] = {
    "PK": PK,
    "SK": "TOPUP#tu_1",
    "topup_id": "tu_1",
    "kind": "manual",
    "status": "confirming",
    "amount_micros": 25_000_000,
    "created_at": AT,
    "updated_at": AT,
    **CARD,
    **SECRETS,
}
RULE: dict[str, Any] = {
    "PK": PK,
    "SK": "AUTO_RECHARGE",
    "enabled": True,
    "threshold_micros": 10_000_000,
    "state_version": 7,
    "rule_version": 1,
    "recent": "[]",
    **CARD,
    **{name: SECRETS[name] for name in ("payment_method_id", "fingerprint")},
}
BALANCE: dict[str, Any] = {
    "PK": PK,
    "SK": "BALANCE",
    "posted_micros": 10_000_000,
    "low_micros": 5_000_000,
    "nudge": 0,
    "updated_at": AT,
}
ENTRY: dict[str, Any] = {
    "PK": PK,
    "SK": f"ENTRY#{AT}#tu_1.rev.1",
    "kind": "credit_reversed",
    "category": "reversal",
    "amount_micros": -30_000_000,
    "recorded_at": AT,
    "facts_hash": "hash_secret",
    "topup_id": "tu_1",
    **CARD,
}
UNRATED: dict[str, Any] = {
    "PK": PK,
    "SK": f"UNRATED#{AT}#c_1",
    "line_id": "line_1",
    "user_id": "user_1",
    "from": "+14155550100",
    "to": "+442071838750",
    "duration_seconds": 125,
    "facts_hash": "hash_secret",
    "recorded_at": AT,
}

DENIAL: dict[str, Any] = {
    "PK": PK,
    "SK": "DENIAL#",
    "reason": "daily_spend_limit",
    "denied_at": AT,
    "denials": 3,
    "call_id": "c_1",
    "line_id": "line_1",
    "to": "GB…50",
}
ACCOUNT: dict[str, Any] = {"PK": PK, "SK": "ACCOUNT", "status": "open", "time_zone": "UTC", "updated_at": AT}
FREEZING = {"frozen_at": AT, "frozen_by": "operator:ops", "frozen_from": "203.0.113.7"}
UNFREEZING = {f"un{name}": value for name, value in FREEZING.items()}

Change = tuple[dict[str, Any] | None, dict[str, Any] | None]
PAID = PAYMENT | {"status": "succeeded", "settled_at": AT}
FAILED = PAYMENT | {"status": "failed", "failure_code": "insufficient_funds"}
CHANGES: dict[str, Change] = {
    "TopUpSucceeded": (PAYMENT, PAID),
    "TopUpFailed": (PAYMENT, FAILED),
    "AutoRechargeSucceeded": (PAYMENT | {"kind": "automatic"}, PAID | {"kind": "automatic"}),
    "AutoRechargeFailed": (PAYMENT | {"kind": "automatic"}, FAILED | {"kind": "automatic"}),
    "AutoRechargeSuspended": (RULE, RULE | {"suspended_reason": SuspensionReason.UNUSABLE, "state_version": 8}),
    "BalanceLow": (BALANCE, BALANCE | {"posted_micros": 4_999_900}),
    "CreditReversed": (None, ENTRY),
    "CreditReturned": (None, ENTRY | {"kind": "credit_returned", "amount_micros": 30_000_000}),
    "CallUnrated": (None, UNRATED),
    "CallDenied": (DENIAL | {"denials": 2}, DENIAL),
    "AccountFrozen": (ACCOUNT, ACCOUNT | FREEZING),
    "AccountUnfrozen": (ACCOUNT | FREEZING, ACCOUNT | UNFREEZING),
}
"""One change for each type of event."""


def told(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[Announcement]:
    """The events of a change, each held against its published form."""
    events = derive_events(old, new, AT)
    for event in events:
        shown = json.loads(event.model_dump_json())
        jsonschema.validate(shown, json.loads(path(type(event)).read_text(encoding="utf-8")))
        assert (shown["type"], shown["version"], shown["account_id"]) == (event.name, "1", "acct_1")
    return events


def only(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """The one event of a change, as it is sent."""
    [event] = told(old, new)
    shown: dict[str, Any] = json.loads(event.model_dump_json())
    return shown


def names(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[str]:
    """The types of the events of a change."""
    return [event.name for event in told(old, new)]


# --- Every type -------------------------------------------------------------------------------------------------------


def test_every_event_type_has_an_example() -> None:
    assert list(CHANGES) == [form.__name__ for form in ALL]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_makes_exactly_its_event(name: str) -> None:
    shown = only(*CHANGES[name])
    assert set(shown) == {"id", "type", "version", "account_id", "occurred_at", "data"}
    assert (shown["type"], shown["occurred_at"]) == (name, AT)


@pytest.mark.parametrize("name", CHANGES)
def test_a_redelivered_record_makes_the_same_event_with_a_unique_id(name: str) -> None:
    assert [told(*CHANGES[name]) for _ in range(3)] == [told(*CHANGES[name])] * 3
    assert len({only(*change)["id"] for change in CHANGES.values()}) == len(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_change_in_another_account_has_another_id(name: str) -> None:
    old, new = CHANGES[name]
    assert new is not None
    [event] = derive_events(old, new | {"PK": "ACCOUNT#acct_2"}, AT)
    assert event.id != only(old, new)["id"]
    assert event.account_id == "acct_2"


@pytest.mark.parametrize("name", CHANGES)
def test_a_write_that_changes_nothing_announces_nothing(name: str) -> None:
    _, new = CHANGES[name]
    assert new is not None
    assert names(new, new) == []
    assert names(new, new | {"nudge": 9, "sweep_sk": "later"}) == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_deleted_item_announces_nothing(name: str) -> None:
    assert names(CHANGES[name][1], None) == []


@pytest.mark.parametrize("name", CHANGES)
def test_no_event_contains_secrets_or_full_numbers(name: str) -> None:
    text = json.dumps(only(*CHANGES[name]))
    assert "secret" not in text
    assert "4155550100" not in text
    assert "2071838750" not in text


def test_the_order_of_records_changes_no_event() -> None:
    forwards = [only(*change) for change in CHANGES.values()]
    backwards = [only(*change) for change in reversed(CHANGES.values())]
    assert forwards == backwards[::-1]


@pytest.mark.parametrize(
    "sort_key", ["ACCOUNT", "DAY#2026-11-23#top_up", f"PAYMENT#{AT}#tu_1", "LINE#l_1", f"STRAY#{AT}#c_1", "ISSUE"]
)
def test_items_of_other_kinds_announce_nothing(sort_key: str) -> None:
    assert names(None, {"PK": PK, "SK": sort_key, "status": "succeeded", "kind": "credit_reversed"}) == []


# --- Payments ---------------------------------------------------------------------------------------------------------


def test_a_top_up_succeeded_event_has_amount_and_card() -> None:
    assert only(PAYMENT, PAID)["data"] == {"topup_id": "tu_1", "amount": "25.00", "payment_method": CARD}


def test_a_top_up_failed_event_has_a_message_for_the_customer() -> None:
    data = only(PAYMENT, FAILED)["data"]
    assert (data["status"], data["failure"]["code"]) == ("failed", "insufficient_funds")
    assert data["failure"]["message"].endswith(".")
    lost = only(PAYMENT, FAILED | {"failure_code": "stolen_card"})["data"]
    assert lost["failure"]["code"] == "card_declined", "nobody is told that a card counts as stolen"


@pytest.mark.parametrize(("kind", "code"), [("manual", "canceled"), ("automatic", None)])
def test_a_canceled_payment_makes_a_failed_event(kind: str, code: str | None) -> None:
    data = only(PAYMENT | {"kind": kind}, PAYMENT | {"kind": kind, "status": "canceled"})["data"]
    assert data["status"] == "canceled"
    assert (data["failure"] and data["failure"]["code"]) == code


@pytest.mark.parametrize("status", ["created", "confirming", "requires_action", "processing"])
def test_an_open_payment_announces_nothing(status: str) -> None:
    declined = PAYMENT | {"status": status, "failure_code": "card_declined"}
    assert names(PAYMENT, declined) == names(None, declined) == []


def test_a_late_success_is_announced_after_the_failure() -> None:
    failed, paid = only(PAYMENT, FAILED), only(FAILED, PAID)
    assert (failed["type"], paid["type"]) == ("TopUpFailed", "TopUpSucceeded")
    assert paid["id"] == only(PAYMENT, PAID)["id"], "the same success, whatever was before"


def test_a_reversal_does_not_announce_the_success_again() -> None:
    assert names(PAID, PAID | {"reversed_micros": 1_000_000, "updated_at": "2026-11-24T12:00:00.000Z"}) == []


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason",
    [SuspensionReason.AUTHENTICATION, SuspensionReason.REPEATEDLY, SuspensionReason.UNUSABLE, SuspensionReason.REMOVED],
)
def test_a_suspended_event_has_the_reason_code_and_message(reason: str) -> None:
    data = only(RULE, RULE | {"suspended_reason": reason})["data"]
    assert data == {"reason": reason, "message": WORDS[reason], "payment_method": CARD}


def test_a_second_suspension_is_a_new_event_and_lifting_is_not() -> None:
    suspended = RULE | {"suspended_reason": SuspensionReason.REPEATEDLY, "state_version": 8}
    lifted, again = RULE | {"state_version": 9}, suspended | {"state_version": 10}
    assert names(suspended, lifted) == []
    assert names(suspended, suspended | {"state_version": 9}) == []
    assert only(RULE, suspended)["id"] != only(lifted, again)["id"]


def test_a_new_reason_is_announced_unless_the_rule_is_off() -> None:
    suspended = RULE | {"suspended_reason": SuspensionReason.REPEATEDLY}
    assert names(suspended, suspended | {"suspended_reason": SuspensionReason.REMOVED}) == ["AutoRechargeSuspended"]
    off = {"enabled": False}
    assert names(RULE | off, suspended | off) == []
    assert names(suspended | off, suspended) == ["AutoRechargeSuspended"]


# --- The balance ------------------------------------------------------------------------------------------------------


def balances(*posted: int) -> Iterator[Change]:
    """A balance that moves so, in micros, a second each time."""
    images = [
        BALANCE | {"posted_micros": micros, "updated_at": f"2026-11-23T12:00:{at:02d}.000Z"}
        for at, micros in enumerate(posted)
    ]
    yield from pairwise(images)


def test_a_low_balance_is_announced_once_per_crossing() -> None:
    moves = [7_000_000, 5_000_000, 4_999_999, 3_000_000, -1, 5_000_000, 4_000_000, 4_500_000, 9_000_000, 0]
    low = [event for old, new in balances(*moves) for event in told(old, new)]
    assert [event.model_dump()["data"]["balance"] for event in low] == ["4.999999", "4.00", "0.00"]
    assert len({event.id for event in low}) == 3


def test_setting_or_lacking_a_level_announces_nothing() -> None:
    low = BALANCE | {"posted_micros": 0}
    bare = {name: value for name, value in low.items() if name != "low_micros"}
    assert names({**bare, "posted_micros": 10_000_000}, bare) == []
    assert names(bare, low) == names(None, low) == []
    assert names(low, low | {"low_micros": 50_000_000}) == []


# --- Reversals and calls ----------------------------------------------------------------------------------------------


def test_a_reversal_event_names_its_payment() -> None:
    for name in ("CreditReversed", "CreditReturned"):
        data = only(*CHANGES[name])["data"]
        assert data == {"entry_id": "tu_1.rev.1", "topup_id": "tu_1", "amount": "30.00", "payment_method": CARD}


@pytest.mark.parametrize("kind", ["call_charged", "balance_adjusted", "top_up_paid"])
def test_other_entries_announce_nothing(kind: str) -> None:
    assert names(None, ENTRY | {"kind": kind}) == []


def test_a_call_unrated_event_has_a_masked_number() -> None:
    data = only(None, UNRATED)["data"]
    assert (data["call_id"], data["to"], data["duration_seconds"]) == ("c_1", "GB…50", 125)


def test_erasing_a_number_announces_nothing() -> None:
    assert names(UNRATED, UNRATED | {"to": "GB…50", "facts_hash": "erased"}) == []


def test_a_call_denied_event_has_a_message_and_a_masked_number() -> None:
    shown = only(None, DENIAL)
    assert shown["occurred_at"] == AT
    assert shown["data"] == {
        "call_id": "c_1",
        "line_id": "line_1",
        "to": "GB…50",
        "reason": "daily_spend_limit",
        "message": "What the account may spend in a day is used up.",
    }
    assert names(DENIAL, DENIAL) == []
    later = DENIAL | {"denials": 4, "denied_at": "2026-11-23T13:00:00.001Z"}
    assert only(DENIAL, later)["id"] != shown["id"]


def test_a_freeze_event_names_the_actor_without_the_address() -> None:
    frozen, unfrozen = ACCOUNT | FREEZING, ACCOUNT | UNFREEZING
    assert only(ACCOUNT, frozen)["data"] == only(frozen, unfrozen)["data"] == {"by": "operator:ops"}
    for standing in (ACCOUNT, frozen, unfrozen):
        assert names(standing, standing | {"time_zone": "Asia/Tokyo"}) == []
    again = ACCOUNT | {**FREEZING, "frozen_at": "2026-11-23T13:00:00.000Z"}
    assert only(unfrozen, again)["id"] != only(ACCOUNT, frozen)["id"]


# --- The published forms ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ALL)
def test_the_published_schema_matches_the_model(form: type[Announcement]) -> None:
    published = json.loads(path(form).read_text(encoding="utf-8"))
    assert schema(form) == published, "run `make schema` and commit docs/events"
    assert set(published["required"]) == {"id", "type", "version", "account_id", "occurred_at", "data"}


def test_nothing_else_is_published() -> None:
    assert {found.name for found in FOLDER.iterdir()} == {path(form).name for form in ALL}


@pytest.mark.parametrize("change", [{"version": "2"}, {"id": "evt_1"}, {"type": "Other"}, {"data": {}}], ids=str)
def test_a_schema_rejects_other_events(change: dict[str, Any]) -> None:
    published = json.loads((FOLDER / "TopUpSucceeded.schema.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(only(*CHANGES["TopUpSucceeded"]) | change, published)


# --- The filters of the stream ----------------------------------------------------------------------------------------


def passes(pattern: Any, shown: Any) -> bool:
    """Whether Lambda's filter lets a value of a record through: text, prefix and exists."""
    if isinstance(pattern, dict):
        return all(passes(part, (shown or {}).get(name)) for name, part in pattern.items())
    return any(
        shown is not None and (rule == {"exists": True} or str(shown).startswith(rule["prefix"]))
        if isinstance(rule, dict)
        else rule == shown
        for rule in pattern
    )


def let_through(new: dict[str, Any]) -> bool:
    """Whether one of the mapping's filters lets the record of an item's new image through."""
    kinds = ((bool, "BOOL"), (int, "N"), (str, "S"))
    image = {
        name: {next(kind for form, kind in kinds if isinstance(value, form)): str(value)} for name, value in new.items()
    }
    record = {"dynamodb": {"NewImage": image}}
    mapping = template()["Resources"]["PublishEventsFunction"]["Properties"]["Events"]["Changes"]["Properties"]
    return any(passes(json.loads(found["Pattern"]), record) for found in mapping["FilterCriteria"]["Filters"])


@pytest.mark.parametrize("name", CHANGES)
def test_the_stream_filter_passes_every_announced_change(name: str) -> None:
    _, new = CHANGES[name]
    assert new is not None
    assert let_through(new)


def test_the_stream_filter_drops_changes_without_an_event() -> None:
    bare = {name: value for name, value in BALANCE.items() if name != "low_micros"}
    assert not let_through(bare)
    assert not let_through(ENTRY | {"kind": "call_charged"})
    assert not let_through(PAYMENT | {"status": "processing"})
    assert not let_through(RULE)
