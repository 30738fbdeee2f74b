"""The expected end of a payment flow, compared with the table and with Stripe."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from calling_credit.dynamodb.attributes import from_attributes
from tests.harness.till import ACCOUNT
from tests.harness.world import check_sums
from tests.laws import change_checks
from tests.laws.change_checks import law_13_each_change_is_recorded
from tests.laws.payment_bench import Flow, PaymentBench
from tests.laws.payment_taxes import gross
from tests.laws.receipt_checks import charged_by, law_15_each_payment_has_its_documents


def differences(bench: PaymentBench, flow: Flow) -> Iterator[str]:
    """The differences from the expected end; empty if there are none. The table is read once."""
    bench.wire.dead = False
    items = bench.stack.stored_items()
    kinds = kinds_of(items)
    top_ups = sorted(kinds.get("TOPUP", []), key=lambda item: (str(item["created_at"]), item.get("attempt", 0)))
    statuses = [str(item["status"]) for item in top_ups if item["status"] != "canceled"]
    if statuses != flow.statuses:
        yield f"top-ups are {statuses}, not {flow.statuses}"
    intents = bench.till.objects("payment_intent")
    found = Counter(str(intent["status"]) for intent in intents)
    kept = {status: count for status, count in found.items() if status != "canceled" or status in flow.intents}
    if kept != flow.intents:
        yield f"intents are {dict(found)}, not {flow.intents}"
    posted = check_sums([item for items in kinds.values() for item in items if item["PK"] == f"ACCOUNT#{ACCOUNT}"])
    if posted != flow.posted_micros:
        yield f"posted is {posted}, not {flow.posted_micros}"
    yield from unpaid(kinds.get("ENTRY", []), intents, top_ups)
    rules = kinds.get("AUTO_RECHARGE", [])
    if rules and "in_flight" in rules[0]:
        yield f"a recharge is still in flight: {rules[0]['in_flight']}"
    left = [item["SK"] for item in top_ups if item["status"] != "requires_action" and "sweep_pk" in item]
    if left:
        yield f"still to be looked at: {left}"
    yield from wrong_tries(kinds.get("CARD", []), bench)
    yield from wrong_limits(kinds.get("PAYMENT_LIMITS", []), top_ups)
    yield from unrecorded(bench, items)
    yield from without_documents(items, intents)
    yield from flow.also(bench)


def unrecorded(bench: PaymentBench, items: list[dict[str, Any]]) -> Iterator[str]:
    """The breaches of law 13 since the flow began."""
    before = [from_attributes(item) for item in bench.images]
    try:
        law_13_each_change_is_recorded(change_checks.differences(before, items))
    except AssertionError as breach:
        yield str(breach)


def without_documents(items: list[dict[str, Any]], intents: list[dict[str, Any]]) -> Iterator[str]:
    """The breaches of law 15."""
    for account in sorted({item["PK"] for item in items if item["SK"].startswith("TOPUP#")}):
        try:
            law_15_each_payment_has_its_documents(
                [item for item in items if item["PK"] == account], charged_by(intents), is_at_rest=True
            )
        except AssertionError as breach:
            yield str(breach)


def kinds_of(items: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Items by kind."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        kinds.setdefault(item["SK"].split("#")[0], []).append(item)
    return kinds


def unpaid(
    entries: list[dict[str, Any]], intents: list[dict[str, Any]], top_ups: list[dict[str, Any]]
) -> Iterator[str]:
    """The breaches of law 5: each of our paid intents has one top_up entry, which is smaller by the tax of the payment,
    and each entry has its intent.
    """
    taxes = {item["topup_id"]: int(item.get("tax_micros", 0)) for item in top_ups}
    paid = sorted(
        (intent["metadata"]["topup_id"], intent["amount_received"] * 10_000)
        for intent in intents
        if intent["status"] == "succeeded" and "topup_id" in intent["metadata"]
    )
    entered = sorted(
        (entry["SK"].rsplit("#", 1)[1], entry["amount_micros"] + taxes[entry["SK"].rsplit("#", 1)[1]])
        for entry in entries
        if entry["category"] == "top_up"
    )
    if entered != paid:
        yield f"law 5: entries are {entered}, not {paid}"


def wrong_tries(cards: list[dict[str, Any]], bench: PaymentBench) -> Iterator[str]:
    """The cards with a lost or doubled try: once all is settled, a card's tries are its issuer's declines, except those
    of payments that wait for their customer.
    """
    waiting = {item["topup_id"] for item in bench.till.top_ups() if item["status"] == "requires_action"}
    declined: Counter[str] = Counter()
    for charge in bench.till.objects("charge"):
        if charge["status"] == "failed" and charge["outcome"]["reason"] != "authentication_required":
            details = charge["payment_method_details"]
            fingerprint = details[details["type"]]["fingerprint"]
            declined[f"CARD#{hashlib.sha256(fingerprint.encode()).hexdigest()}"] += 1
    for card in cards:
        tries = [tried for tried in json.loads(card.get("tries", "[]")) if tried[0] not in waiting]
        if len(tries) != declined[card["PK"]]:
            yield f"tries of a card are {tries}, but its issuer declined {declined[card['PK']]}"


def wrong_limits(limits: list[dict[str, Any]], top_ups: list[dict[str, Any]]) -> Iterator[str]:
    """The accounts whose day has lost or gained money: once all is settled, `daily_top_up` lacks the manual payments of
    that day that succeeded or wait for their customer, and no other payment is still counted as open.
    """
    for item in limits:
        if "version" not in item:
            continue
        mine = [one for one in top_ups if one["kind"] != "automatic" and one["PK"] == item["PK"]]
        kept = [one for one in mine if one["status"] in ("succeeded", "requires_action")]
        spent = sum(gross(one) for one in kept if one["created_at"].startswith(item["day"]))
        if item["day"] and item["limit_micros"] - item["left_micros"] != spent:
            yield f"daily_top_up lacks {item['limit_micros'] - item['left_micros']}, but {spent} were paid"
        waiting = {one["topup_id"] for one in mine if one["status"] == "requires_action"}
        left = {claim[0] for claim in json.loads(item["claims"]) if claim[-1] == "open"}
        if left != waiting:
            yield f"the limits still wait for {left}, not {waiting}"
