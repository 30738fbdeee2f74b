"""A payment made on Stripe's page is refunded, disputed, proven, announced, exported, and shown like every other."""

import pytest

from tests.functions.checkout_bench import MINUTES, checkout, stored, submit
from tests.functions.desk_bench import act, read
from tests.functions.events_bench import Listener, listener
from tests.functions.freeze_bench import freeze
from tests.functions.moves_bench import refund
from tests.harness.cards import DECLINED
from tests.harness.till import Till

__all__ = ["listener"]
pytestmark = pytest.mark.dynamodb


def paid(till: Till) -> str:
    """The id of a paid checkout of 25.00."""
    shown = checkout(till)
    submit(till, shown["id"])
    till.call_all_back()
    return str(shown["id"])


def test_staff_refund_a_payment_made_on_the_page(till: Till) -> None:
    answer = refund(till.world, paid(till), "10.00")
    assert answer.status in (201, 202), answer.text
    till.call_all_back()
    assert till.world.balance() == 15_000_000
    till.check()


def test_a_dispute_of_it_takes_the_credit_and_blocks_the_card(till: Till) -> None:
    topup_id = paid(till)
    till.controls.dispute(till.intent_of(topup_id)["latest_charge"])
    till.call_all_back()
    assert till.world.balance() == 0
    [card] = till.world.ask("add_funds", "GET", "/payment-methods").body["items"]
    assert card["state"] == "blocked"


def test_the_proof_against_stripe_finds_no_difference(till: Till) -> None:
    paid(till)
    checkout(till, key="left")
    result = till.prove(hours=13)
    assert result["differences"] == 0, result


def test_events_name_the_card_and_an_abandoned_page_announces_nothing(till: Till, listener: Listener) -> None:
    listener.hear()
    paid(till)
    [event] = [one for one in listener.hear() if one["type"].startswith("TopUp")]
    assert (event["type"], event["data"]["payment_method"]) == ("TopUpSucceeded", {"brand": "visa", "last4": "4242"})
    checkout(till, key="left")
    till.sweep(minutes=MINUTES)
    assert [one for one in listener.names() if one.startswith("TopUp")] == []
    declined = checkout(till, key="declined")
    submit(till, declined["id"], DECLINED)
    till.sweep(minutes=MINUTES)
    [event] = [one for one in listener.hear() if one["type"].startswith("TopUp")]
    assert (event["type"], event["data"]["payment_method"]["last4"]) == ("TopUpFailed", "0341")
    assert stored(till, declined["id"])["shown_at"], "no mail repeats what Stripe's page has shown"


def test_staff_see_an_open_page_without_its_address_or_card(till: Till) -> None:
    shown = checkout(till)
    [item] = read(till.world, "/acct_1")["top_ups"]
    assert (item["id"], item["kind"], item["payment_method"], item["stripe"]) == (shown["id"], "checkout", None, None)
    assert "checkout_url" not in item
    assert shown["checkout_url"] not in str(read(till.world, "/acct_1"))


def test_an_open_page_keeps_its_account_from_closing_until_a_freeze(till: Till) -> None:
    checkout(till)
    body = {"reason": "moved away"}
    answer = act(till.world, "/close", body)
    assert (answer.status, answer.code) == (409, "payments_in_flight")
    freeze(till)
    till.sweep(minutes=1)
    assert act(till.world, "/close", body, key="k_2").status == 200


def test_an_export_has_paid_and_open_pages(till: Till) -> None:
    paid(till)
    checkout(till, key="left")
    answer = act(till.world, "/exports", {"reason": "asked"})
    assert answer.status == 201, answer.text


def test_a_suspended_rule_resumes_after_it(till: Till) -> None:
    card = till.card("pm_card_attachesThenDeclines_insufficient_funds")
    till.set_rule(card)
    for _ in range(6):
        till.stream()
        till.sweep(hours=7)
    assert till.shown_rule()["status"] != "active"
    paid(till)
    assert "suspended_reason" not in till.state()
