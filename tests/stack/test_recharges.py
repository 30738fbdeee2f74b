"""Automatic recharge on the deployed application, with the real queue, stream, filter, and webhook events. One crossing
of the threshold makes one payment, despite lost, repeated, or late messages.
"""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import boto3
import httpx
import pytest

from calling_credit.ledger.entries import UNARMED_MICROS
from local.stack import Stack
from local.stripe_stand_in.faults import Faults
from tests.stack.conftest import eventually, log_file
from tests.stack.customers import CREATE, LONG_CALL_MICROS, Customer, open_customer, reconcile, unanswered
from tests.stack.deployment import MAPPING, Records, invoke_each, pause_streams, physical_id
from tests.stack.test_calls import items_of, make_call, send

PAID = {"payment_intents": 1, "succeeded": 1, "amount_received": 5000}
AFTER_ONE_CALL_MICROS = 50_000_000 - LONG_CALL_MICROS
AT_ONCE = 4
NOTHING_FAILED: dict[str, list[str]] = {"batchItemFailures": []}


def test_schedule_starts_the_sweeper_every_minute(deployed: Stack) -> None:
    dispatch = re.compile(r"Lambda \S*ReconcilePaymentsFunction\S*: dispatched")
    eventually(lambda: dispatch.search(log_file(deployed)), seconds=120)


def test_stream_filter_matches_negative_headroom(deployed: Stack) -> None:
    mapping = boto3.client("lambda").get_event_source_mapping(UUID=physical_id(deployed, MAPPING))
    [pattern] = [json.loads(entry["Pattern"]) for entry in mapping["FilterCriteria"]["Filters"]]
    assert pattern == {"dynamodb": {"NewImage": {"headroom_micros": {"N": [{"prefix": "-"}]}}}}


def recharged_customer(deployed: Stack, card: str = "pm_card_visa") -> Customer:
    """Open a customer with $50.00 whose rule buys $50.00 below $40.00."""
    customer = open_customer(deployed)
    assert customer.set_rule(customer.save_card(card))["status"] == "active"
    return customer


def test_100_postings_below_the_threshold_make_one_payment(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed, "40.10")
    customer.set_rule(customer.save_card())
    started = datetime.now(UTC) - timedelta(hours=1)
    calls = [json.dumps(make_call(customer.account_id, "+442071838750", 60, started)) for _ in range(100)]
    events = [{"Records": [{"messageId": "m_1", "attributes": {"SentTimestamp": "1"}, "body": call}]} for call in calls]
    records = Records(deployed)
    with pause_streams(deployed):
        assert invoke_each(deployed, "RateCallsFunction", events, AT_ONCE) == [NOTHING_FAILED] * 100
        send(deployed, calls)
        deployed.wait_until_rated()
        crossings = records.below_threshold(customer.account_id)
        assert len(crossings) == 93
        assert customer.balance_micros == 40_100_000 - 100 * 14_000
        invoke_each(deployed, "AutoRechargeFunction", [{"Records": []}] * AT_ONCE, AT_ONCE)  # Start all workers.
        faults.add("slow", CREATE, seconds=4, customer=customer.customer_id)
        batches = [{"Records": crossings[begin : begin + 10]} for begin in range(0, len(crossings), 10)]
        # Warm workers begin while the first payment is slow, before the stream delivers the same records again.
        assert invoke_each(deployed, "AutoRechargeFunction", batches * 9, AT_ONCE) == [NOTHING_FAILED] * 90
    eventually(lambda: customer.statuses() == ["succeeded"], seconds=60)
    deployed.wait_until_callbacks_are_delivered()

    invoke_each(deployed, "AutoRechargeFunction", batches, AT_ONCE)
    reconcile(deployed)
    assert customer.stripe_counts() == PAID
    assert customer.credited_micros() == [50_000_000]
    assert customer.balance_micros == 90_100_000 - 100 * 14_000
    outcomes = Counter(customer.recharge_outcomes())
    assert set(outcomes) == {"charged:succeeded", "in_flight", "above_threshold"}
    assert outcomes["charged:succeeded"] == 1


@unanswered
def test_sweeper_completes_an_unanswered_recharge(
    deployed: Stack, faults: Faults, orders: list[tuple[str, str, int]]
) -> None:
    customer = recharged_customer(deployed)
    for kind, match, count in orders:
        faults.add(kind, match, count=count, customer=customer.customer_id)
    customer.make_long_call()
    eventually(
        lambda: [outcome for outcome in customer.recharge_outcomes() if outcome.startswith("charged")], seconds=60
    )
    assert customer.rule()["status"] == "charging"
    assert customer.credited_micros() == []
    reconcile(deployed)
    assert customer.credited_micros() == []

    customer.expire_waits()
    reconcile(deployed)
    deployed.wait_until_callbacks_are_delivered()
    eventually(lambda: customer.statuses() == ["succeeded"])  # The scheduled run may be processing it.
    eventually(lambda: customer.rule()["status"] == "active")
    assert customer.stripe_counts() == PAID
    assert customer.credited_micros() == [50_000_000]
    assert customer.balance_micros == AFTER_ONE_CALL_MICROS + 50_000_000


@pytest.mark.usefixtures("faults")
def test_declined_recharge_backs_off_and_ignores_calls(deployed: Stack) -> None:
    customer = recharged_customer(deployed, "pm_card_chargeCustomerFail")
    customer.make_long_call()
    eventually(lambda: customer.rule()["status"] == "paused", seconds=60)
    state = customer.rule()
    wait = datetime.fromisoformat(state["next_attempt_at"]) - datetime.now(UTC)
    assert (state["reason"], round(wait / timedelta(minutes=10))) == ("backing_off", 6)
    assert customer.headroom_micros == customer.balance_micros + UNARMED_MICROS

    outcomes, records = customer.recharge_outcomes(), Records(deployed)
    customer.make_long_call()
    customer.make_long_call()
    reconcile(deployed)
    assert records.below_threshold(customer.account_id) == []
    assert customer.recharge_outcomes() == outcomes
    assert [intent.status for intent in customer.intents()] == ["canceled"]
    assert customer.credited_micros() == []

    customer.expire_waits()
    reconcile(deployed)
    eventually(lambda: customer.statuses() == ["failed", "failed"], seconds=60)
    wait = datetime.fromisoformat(customer.rule()["next_attempt_at"]) - datetime.now(UTC)
    assert round(wait / timedelta(hours=1)) == 24


@pytest.mark.parametrize("callback", ["arrives", "is lost"])
def test_confirmation_link_settles_the_same_payment_once(deployed: Stack, faults: Faults, callback: str) -> None:
    customer = recharged_customer(deployed, "pm_card_authenticationRequired")
    customer.make_long_call()
    eventually(lambda: customer.rule()["status"] == "suspended", seconds=60)
    assert customer.rule()["reason"] == "authentication_required"
    [payment] = customer.payments()
    assert payment["status"] == "requires_action"
    link = payment["next_action_url"]
    assert link.startswith(f"{deployed.settings.api_url}/links/")
    shown = deployed.api.request("GET", urlsplit(link).path)
    assert (shown.status_code, "$50.00" in shown.text, "Confirm payment" in shown.text) == (200, True, True)

    [intent] = customer.intents()
    redirect = deployed.api.request("POST", urlsplit(link).path)
    assert (redirect.status_code, redirect.headers["location"]) == (303, f"{deployed.stripe_url}/challenge/{intent.id}")
    assert "$50.00" in httpx.get(redirect.headers["location"], trust_env=False).text
    deployed.wait_until_callbacks_are_delivered()
    if callback == "is lost":
        faults.add("lost", "payment_intent.succeeded")
    confirmed = httpx.post(redirect.headers["location"], data={"answer": "confirm"}, trust_env=False)
    assert confirmed.status_code == 303
    assert confirmed.headers["location"].startswith(f"{deployed.settings.api_url}/?top_up={payment['id']}&")
    deployed.wait_until_callbacks_are_delivered()
    if callback == "is lost":
        assert customer.statuses() == ["requires_action"]
        customer.expire_waits()
        reconcile(deployed)

    eventually(lambda: customer.statuses() == ["succeeded"])
    assert customer.stripe_counts() == PAID
    assert customer.credited_micros() == [50_000_000]
    assert "Paid" in deployed.api.request("GET", urlsplit(link).path).text
    assert customer.rule()["status"] == "active"
    customer.make_long_call()
    customer.make_long_call()
    eventually(lambda: customer.statuses() == ["requires_action", "succeeded"], seconds=60)


@pytest.mark.usefixtures("faults")
def test_card_removed_at_stripe_suspends_the_rule(deployed: Stack) -> None:
    customer = open_customer(deployed)
    card = customer.save_card()
    customer.set_rule(card)
    deployed.stripe_sdk().v1.payment_methods.detach(card)
    eventually(lambda: customer.rule()["status"] == "suspended")
    assert customer.rule()["reason"] == "card_removed"
    assert customer.headroom_micros == customer.balance_micros + UNARMED_MICROS
    records = Records(deployed)
    customer.make_long_call()
    assert records.below_threshold(customer.account_id) == []
    assert customer.stripe_counts()["payment_intents"] == 0

    assert customer.set_rule(customer.save_card("pm_card_mastercard"))["status"] in ("active", "charging")
    eventually(lambda: customer.statuses() == ["succeeded"], seconds=60)
    assert customer.credited_micros() == [50_000_000]
    assert items_of(deployed, customer.account_id, "TOPUP#")[0]["brand"]["S"] == "mastercard"
