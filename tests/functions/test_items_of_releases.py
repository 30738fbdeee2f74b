"""Handlers read every item that an earlier release wrote: each kind in each shape, exactly as it was stored."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.links.store import withdraw_links
from calling_credit.money import format_money as money
from calling_credit.rates.stored_rows import facts_view
from tests.domain.purity import item_kinds
from tests.functions.rerate_bench import micros
from tests.harness.actors import OPERATOR
from tests.harness.callbacks import issues
from tests.harness.queue import delivery, failures
from tests.harness.releases import ITEMS, RELEASES, Old, cases_of, decoder_of, first_of
from tests.harness.table import sample_event
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

PERIOD = {"from_": "2026-09-01", "to": "2027-02-28"}


def reads_account(old: Old) -> None:
    """An empty configuration by the operator returns it unchanged."""
    answer = old.world.operate("PUT", f"/accounts/{old.account}", {})
    assert answer.status == 200, answer.text
    shown = answer.body
    assert (shown["status"], shown["time_zone"]) == (old.item["status"], old.item["time_zone"])
    assert shown["billing_emails"] == old.item.get("billing_emails", [])
    assert shown["frozen"] == ("frozen_at" in old.item)
    assert ("low_balance" in shown) == ("low_micros" in old.item)
    terms = old.item.get("price_terms") or [{"markup_hundredths": 0}]
    assert shown["price_list"] == terms[0].get("price_list")
    assert micros(shown["markup_percent"]) == terms[0]["markup_hundredths"] * 10_000
    answer = old.ask("change_settings", "GET", "/limits")
    assert answer.status == 200, answer.text


def reads_balance(old: Old) -> None:
    """The balance, held, and available amounts."""
    shown = old.get("/balance")
    micros = [old.item[name] for name in ("posted_micros", "held_micros", "available_micros")]
    assert [shown[name] for name in ("balance", "held", "available")] == [money(amount) for amount in micros]


def reads_entry(old: Old) -> None:
    """Its row in the statement, and in the call details if it is a call."""
    [row] = old.get("/statement", **PERIOD)["items"]
    assert (row["kind"], row["amount"]) == (old.item["kind"], money(old.item["amount_micros"]))
    if old.item["kind"] == "call_charged":
        [call] = old.get(f"/usage/{old.item['category']}", **PERIOD)["items"]
        assert (call["price"], call["billed_seconds"]) == (
            money(-old.item["amount_micros"]),
            old.item["billed_seconds"],
        )
        assert facts_view(old.item).items() <= call.items()


def reads_day(old: Old) -> None:
    """The effect of its entries on the balance."""
    shown = old.get("/statement", by="day", **PERIOD)
    assert money(old.item["total_micros"]) in json.dumps(shown)


def reads_adjustment(old: Old) -> None:
    """A repeated request receives the response of its claim."""
    body = {"amount": money(old.item["amount_micros"]), "reason": old.item["reason"]}
    answer = old.world.operate("POST", f"/accounts/{old.account}/adjustments", body, key="credit")
    assert (answer.status, answer.body["id"]) == (201, old.item["SK"].split("#")[1])
    assert old.world.of_kind("ENTRY", old.account) == []


def reads_line(old: Old) -> None:
    """The number, user, and switch of a line."""
    [row] = old.get("/lines")["items"]
    assert (row["number"], row["user"]["id"]) == (old.item["number"], old.item["user_id"])
    assert row["international_calling"] == old.item["international_calling"]


def reads_user(old: Old) -> None:
    """The name shown beside a line."""
    line = first_of(old.folder, "line")
    old.put(line, PK=f"ACCOUNT#{old.account}", user_id=old.item["SK"].split("#")[1])
    [row] = old.get("/lines")["items"]
    assert row["user"]["name"] == old.item["name"]


def reads_change(old: Old) -> None:
    """The user who switched a line, and the time."""
    _, line_id, at, _ = old.item["SK"].split("#")
    old.put(first_of(old.folder, "line"), PK=f"ACCOUNT#{old.account}", SK=f"LINE#{line_id}")
    [row] = old.get(f"/lines/{line_id}/changes")["items"]
    assert row == {"changed_at": at} | {
        name: old.item[name] for name in ("international_calling", "changed_by", "changed_from")
    }


def reads_unrated(old: Old) -> None:
    """A waiting call stays until a deck covers it; a rated one is not read."""
    old.world.clock.now = max(old.world.clock.now, datetime.fromisoformat(str(old.item["recorded_at"])))
    found = old.world.stack.invoke("rerate_calls", {"version": "0", "source": "aws.scheduler"}, seconds=300)
    assert sum(found.values()) == ("sweep_pk" in old.item)


def reads_stray(old: Old) -> None:
    """A redelivered call changes nothing."""
    before = old.now()
    _, at, call_id = old.item["SK"].split("#")
    facts = {"account_id": old.account, "call_id": call_id, "started_at": at, "line_id": old.item["line_id"]}
    old.world.stack.invoke("rate_calls", delivery(facts | {"user_id": old.item["user_id"]}))
    assert old.now() == before


def reads_top_up(old: Old) -> None:
    """A payment as the customer and the sweeper see it."""
    answer = old.ask("add_funds", "GET", f"/top-ups/{old.item['topup_id']}")
    assert answer.status == 200, answer.text
    shown = answer.body
    assert (shown["amount"], shown["kind"]) == (money(old.item["amount_micros"]), old.item["kind"])
    assert shown["status"] == {"confirming": "processing"}.get(old.item["status"], old.item["status"])
    old.world.clock.now += timedelta(days=60)
    looked = old.world.stack.invoke("reconcile_payments", sample_event("reconcile_payments"))
    assert looked["payments"] + looked["failed"] == ("sweep_pk" in old.item)


def reads_payment(old: Old) -> None:
    """A pointer leads to its payment."""
    topup = first_of(old.folder, "topup")
    old.put(topup, PK=old.item["PK"], SK=f"TOPUP#{old.item['topup_id']}", topup_id=old.item["topup_id"])
    answer = old.ask("add_funds", "GET", "/top-ups")
    assert [one["id"] for one in answer.body["items"]] == [old.item["topup_id"]]


def reads_hold(old: Old) -> None:
    """A live hold expires after its call must have ended; an ended one blocks another hold for its call."""
    call_id = old.item["SK"].split("#")[1]
    body = {"account_id": old.account, "line_id": old.item["line_id"], "to": old.item["to"]}
    if old.item["status"] != "live":
        ended = {"released": "call_finished", "expired": "hold_expired"}[old.item["status"]]
        assert old.world.authorize(call_id, **body).body["reason"] == ended
        return
    old.world.clock.now += timedelta(days=7)
    assert old.world.stack.invoke("expire_holds", {}) == {"holds_expired": 1, "holds_changed": 0, "failed": 0}
    assert old.now()["status"] == "expired"


def reads_rule(old: Old) -> None:
    """The rule that the customer sees."""
    answer = old.ask("change_settings", "GET", "/auto-recharge")
    assert answer.status == 200, answer.text
    shown = answer.body
    assert shown["enabled"] == old.item["enabled"]
    assert (shown["threshold"], shown["amount"]) == tuple(
        money(old.item[name]) for name in ("threshold_micros", "amount_micros")
    )
    assert shown["hourly_count"] == old.item["hourly_count"]
    if old.item["enabled"] and "suspended_reason" in old.item:
        assert (shown["status"], shown["reason"]) == ("suspended", old.item["suspended_reason"])


def reads_link(old: Old) -> None:
    """An active link is withdrawn; a withdrawn one is not withdrawn again."""
    count = withdraw_links(old.client, old.table, old.account, OPERATOR, old.world.clock.now)
    assert count == ("withdrawn_at" not in old.item)


def reads_issue(old: Old) -> None:
    """Its row in the operator's list."""
    assert issues(old.till) == [(old.item["object_id"], old.item["code"], old.item["account_id"])]


def reads_denial(old: Old) -> None:
    """The publisher announces it."""
    record = {"eventName": "MODIFY", "dynamodb": {"SequenceNumber": "1", "NewImage": to_attributes(old.item)}}
    record["dynamodb"]["ApproximateCreationDateTime"] = old.world.clock.now.timestamp()  # type: ignore[index]
    assert failures(old.world.stack.invoke("publish_events", {"Records": [record]})) == []


def reads_mail(old: Old) -> None:
    """A redelivered event is not mailed again to this address."""
    old.world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["ada@halcyon.example"]})
    asked: list[dict[str, Any]] = []

    def hear(params: dict[str, Any], **_: Any) -> None:
        asked.append(params)

    events = old.world.stack.apps["send_mail"].mailer.meta.events
    events.register("provide-client-params.sesv2.SendEmail", hear)
    try:
        old.world.stack.invoke("send_mail", sample_event("send_mail"))
    finally:
        events.unregister("provide-client-params.sesv2.SendEmail", hear)
    assert asked == []


READERS: dict[str, Callable[[Old], None]] = {
    "account": reads_account,
    "adjustment": reads_adjustment,
    "auto_recharge": reads_rule,
    "balance": reads_balance,
    "change": reads_change,
    "day": reads_day,
    "denial": reads_denial,
    "entry": reads_entry,
    "hold": reads_hold,
    "issue": reads_issue,
    "line": reads_line,
    "link": reads_link,
    "mail": reads_mail,
    "payment": reads_payment,
    "stray": reads_stray,
    "topup": reads_top_up,
    "unrated": reads_unrated,
    "user": reads_user,
}


NEW_KINDS = {"activity", "asked", "callbacks", "card", "correction", "denied", "denied_day", "index", "minutes", "name"}
NEW_KINDS |= {"number", "payment_limits", "payment_method", "refused", "rerating", "stripe_account", "suspicious"}
NEW_KINDS |= {"spent", "sweep", "unreadable"}
"""The kinds of items that no release has written yet."""
CASES = [
    pytest.param(folder, path.stem, name, id=f"{folder.name} {path.stem} {name}")
    for folder in RELEASES
    for path in sorted(folder.glob("*.json"))
    for name in cases_of(path)
]


@pytest.mark.parametrize(("folder", "kind", "name"), CASES)
def test_handlers_read_an_item_as_the_release_wrote_it(till: Till, folder: Path, kind: str, name: str) -> None:
    item = cases_of(folder / f"{kind}.json")[name]
    if kind in READERS:
        READERS[kind](Old(till, folder, item))
        return
    assert decode_item(item, decoder_of(kind)) is not None


def test_a_release_has_an_item_of_each_kind() -> None:
    assert {path.stem for path in (ITEMS / "v1.0.0").glob("*.json")} == set(READERS)
    assert {path.stem for path in (ITEMS / "v2.0.0").glob("*.json")} >= {"account", "balance", "entry", "day", "hold"}
    assert {kind.lower() for kind in item_kinds()} - {"stripe"} - NEW_KINDS <= set(READERS)
