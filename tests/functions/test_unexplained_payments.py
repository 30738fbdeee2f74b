"""Unexplained money at Stripe is listed once for an operator and never credited by guess. Money for a canceled payment
is credited and counted.
"""

import json
from typing import Any

import pytest

from tests.harness.callbacks import counted, issues, paid_at_stripe, succeeded, unmade
from tests.harness.cards import CHALLENGED, DECLINED
from tests.harness.faults import CRASHES, Fault, Point, answer_lost, server_error_but_done
from tests.harness.till import CONFIRM, Till
from tests.harness.wire import WRITES, Killed, Pass, Sent, Wire

pytestmark = pytest.mark.dynamodb
STRANGE = {"create_request": json.dumps({"amount": 2500, "currency": "usd", "payment_method": "pm_card_visa"})}


# --- Paid after all ---------------------------------------------------------------------------------------------------


def test_a_success_after_cancellation_is_credited_once_and_counted(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    card = till.card()
    topup = unmade(till, card)
    till.sweep(seconds=61)
    assert till.top_up(topup["topup_id"])["status"] == "canceled"
    intent_id = paid_at_stripe(till, topup)
    capsys.readouterr()
    for _ in range(3):
        assert till.call_back(succeeded(intent_id)).body["outcome"] == "succeeded"
    assert counted(capsys.readouterr().out) == {"TopUpsSettled": 1, "TopUpsSettledAfterEnd": 1}
    assert till.world.balance() == 25_000_000
    assert till.top_up(topup["topup_id"])["status"] == "succeeded"
    till.check()


def test_a_success_after_failure_is_credited_once_and_counted(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    shown = till.paid("25.00", till.card(DECLINED))
    assert shown["status"] == "failed"
    intent = till.stand_in.account.objects["payment_intent"][till.intent_of(shown["id"])["id"]]
    intent.update(status="succeeded", amount_received=2500)
    capsys.readouterr()
    for _ in range(3):
        till.call_back(succeeded(intent["id"]))
    assert counted(capsys.readouterr().out) == {"TopUpsSettled": 1, "TopUpsSettledAfterEnd": 1}
    paid = till.top_up(shown["id"])
    assert (paid["status"], "failure" in paid) == ("succeeded", False)
    till.check()


# --- Foreign payments -------------------------------------------------------------------------------------------------


def never_credited(till: Till, intent_id: str, code: str, account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Send an event three times: it is accepted, listed once, counted once, and changes no entry."""
    entries = [till.world.entries(account) for account in ("acct_1", "acct_2") if till.world.stack.items(account)]
    capsys.readouterr()
    for _ in range(3):
        assert till.call_back(succeeded(intent_id)).status == 200
        till.later(minutes=1)
    assert counted(capsys.readouterr().out) == {"PaymentIssues": 1}
    assert issues(till) == [(intent_id, code, account)]
    assert entries == [
        till.world.entries(account) for account in ("acct_1", "acct_2") if till.world.stack.items(account)
    ]


def test_a_foreign_intent_is_listed(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.card()
    never_credited(till, paid_at_stripe(till, STRANGE), "foreign_payment", "", capsys)


@pytest.mark.parametrize("metadata", [{"topup_id": "tu_none"}, {"account_id": "acct_2"}, {"account_id": "acct_none"}])
def test_an_intent_of_no_payment_of_the_account_is_listed(
    till: Till, metadata: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    till.world.create_account("acct_2")
    topup = unmade(till, till.card())
    said = json.loads(topup["create_request"])["metadata"] | metadata
    never_credited(till, paid_at_stripe(till, topup, metadata=said), "foreign_payment", said["account_id"], capsys)


def test_an_object_stripe_does_not_show_us_is_listed(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    never_credited(till, "pi_of_another_stripe_account", "unknown_object", "", capsys)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"amount": 2499}, "amount_mismatch"),
        ({"amount": 250_000}, "amount_mismatch"),
        ({"currency": "eur"}, "currency_mismatch"),
    ],
)
def test_an_intent_that_differs_from_its_request_is_listed(
    till: Till, other: dict[str, Any], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    topup = unmade(till, till.card())
    never_credited(till, paid_at_stripe(till, topup, **other), code, "acct_1", capsys)
    assert till.top_up(topup["topup_id"])["status"] == "created"


def test_an_intent_of_another_customer_is_listed(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.world.create_account("acct_2")
    topup = unmade(till, till.card())
    other = {"customer": till.customer("acct_2"), "payment_method": till.card(account="acct_2")}
    never_credited(till, paid_at_stripe(till, topup, **other), "customer_mismatch", "acct_1", capsys)


def test_a_second_intent_of_a_paid_payment_is_listed(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.paid("25.00", till.card())
    [topup] = till.top_ups()
    never_credited(till, paid_at_stripe(till, topup), "other_intent", "acct_1", capsys)
    assert till.world.balance() == 25_000_000


def test_an_amount_below_the_requested_one_is_listed(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    intent = till.stand_in.account.objects["payment_intent"][till.intent_of(shown["id"])["id"]]
    intent.update(status="succeeded", amount_received=2400, next_action=None)
    never_credited(till, intent["id"], "amount_mismatch", "acct_1", capsys)


def changed_by_hand(till: Till) -> str:
    """A recharge without a response to its confirmation and with an intent changed in the dashboard; the intent."""
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=9)
    till.stream()
    till.all_well()
    [intent] = till.objects("payment_intent")
    till.stand_in.account.objects["payment_intent"][intent["id"]]["amount"] = 4_000
    return str(intent["id"])


REQUESTS = 31
"""The requests of a round that sets an attempt aside."""


@pytest.mark.parametrize("fault", CRASHES, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("at", range(REQUESTS))
def test_an_attempt_is_set_aside_even_if_the_sweeper_crashes(till: Till, wire: Wire, at: int, fault: Fault) -> None:
    intent_id = changed_by_hand(till)
    point = Point(at, f"{at}", fault)
    with wire.interfering(point), pytest.raises(Killed):
        till.sweep(minutes=3)
    wire.dead = False
    till.sweep(minutes=3)
    for passed in point.late:
        passed()
    till.sweep(minutes=3)
    assert issues(till) == [(intent_id, "amount_mismatch", "acct_1")]
    assert "in_flight" not in till.state()
    assert (till.world.balance(), till.charged()) == (0, [])
    till.check()


def test_a_round_that_sets_an_attempt_aside_has_only_the_tried_requests(till: Till, wire: Wire) -> None:
    changed_by_hand(till)
    with wire.recording() as scenario:
        till.sweep(minutes=3)
    assert len({sent.call for sent in scenario}) == REQUESTS
    assert [sent.operation for sent in scenario if sent.operation in WRITES] == [
        "PutItem",  # The lease of the round, which ends with its removal.
        "UpdateItem",
        "PutItem",
        "UpdateItem",
        "TransactWriteItems",
        "DeleteItem",
    ]


@pytest.mark.parametrize("fault", [answer_lost, server_error_but_done], ids=lambda fault: fault.__name__)
def test_an_issue_is_counted_even_if_its_first_write_has_no_response(
    till: Till, wire: Wire, fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    till.card()
    intent_id = paid_at_stripe(till, STRANGE)

    def listing(sent: Sent, passed: Pass) -> Any:
        return point(sent, passed) if sent.operation == "PutItem" else passed()

    point = Point(0, "the listing", fault)
    capsys.readouterr()
    with wire.interfering(listing):
        assert till.call_back(succeeded(intent_id)).status == 200
    assert point.hits == 1
    till.later(minutes=1)
    assert till.call_back(succeeded(intent_id)).status == 200
    assert counted(capsys.readouterr().out) == {"PaymentIssues": 1}
    assert issues(till) == [(intent_id, "foreign_payment", "")]
