"""A restored table lacks the payments of the lost time: each is credited or listed, and no card is charged twice."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.stripe_keys import issue_sk
from tests.harness.till import CREATE, RETRIEVE, Till
from tests.harness.world import JAPAN

pytestmark = pytest.mark.dynamodb


class Restored:
    """A table whose state of a moment can be brought back, while Stripe keeps its own."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.items = till.world.stack.items()

    def bring_back(self) -> None:
        """Give the table the items of the moment."""
        stack = self.till.world.stack
        for item in stack.items():
            stack.dynamodb.delete_item(
                TableName=stack.table_name, Key=to_attributes({"PK": item["PK"], "SK": item["SK"]})
            )
        for item in self.items:
            stack.dynamodb.put_item(TableName=stack.table_name, Item=to_attributes(item))
        stack.forget()
        self.till.stand_in.take_events()  # Stripe has delivered them already, to the former table.


def at_minute_two(till: Till) -> None:
    """Move to a minute in which events are listed."""
    till.later(minutes=(2 - till.world.clock.now.minute) % 5 or 5)


def listen(till: Till) -> None:
    """Run the sweep that lists the events of Stripe."""
    at_minute_two(till)
    till.sweep()


def issues(till: Till) -> dict[str, str]:
    """The listed issues: the code of each object."""
    return {item["object_id"]: item["code"] for item in till.world.stack.items() if item["SK"] == issue_sk()}


def paid_intents(till: Till) -> list[str]:
    """The payments that Stripe has taken."""
    return [intent["id"] for intent in till.objects("payment_intent") if intent["status"] == "succeeded"]


def intent_of(till: Till, topup_id: str) -> str:
    """The intent of a payment."""
    [found] = [one["id"] for one in till.objects("payment_intent") if one["metadata"].get("topup_id") == topup_id]
    return str(found)


@pytest.mark.parametrize("days", [0, 3, 20])
def test_a_lost_payment_is_listed_and_an_open_one_is_credited(till: Till, days: int) -> None:
    known = till.paid("20.00", till.card())["id"]
    listen(till)
    opened = till.left_open(amount="30.00")
    moment = Restored(till)
    till.later(minutes=3)
    till.sweep()
    assert till.status_of(opened) == "succeeded"
    lost = intent_of(till, till.paid("25.00", till.card())["id"])
    till.call_all_back()
    listen(till)
    assert issues(till) == {}
    paid = paid_intents(till)
    till.later(days=days)
    moment.bring_back()
    listen(till)
    assert (till.status_of(known), till.status_of(opened)) == ("succeeded", "succeeded")
    assert issues(till) == {lost: "foreign_payment"}
    assert till.world.balance() == 50_000_000
    assert paid_intents(till) == paid


def test_a_refund_and_a_dispute_of_the_lost_time_are_taken_back(till: Till) -> None:
    one, other = till.paid("20.00", till.card())["id"], till.paid("30.00", till.card())["id"]
    listen(till)
    moment = Restored(till)
    till.later(minutes=3)
    till.sdk.v1.refunds.create({"payment_intent": intent_of(till, one)})
    till.call_all_back()
    listen(till)
    assert till.world.balance() == 30_000_000
    moment.bring_back()
    listen(till)
    assert (till.world.balance(), till.status_of(other)) == (30_000_000, "succeeded")


@pytest.mark.parametrize("hours", [0, 22, 24, 24 * 20])
@pytest.mark.parametrize("is_automatic", [True, False])
def test_a_payment_without_an_intent_in_the_copy_is_charged_once(till: Till, hours: int, *, is_automatic: bool) -> None:
    """The copy ends between the top-up and its intent, which Stripe then created and took."""
    card = till.card()
    listen(till)
    if is_automatic:
        till.set_rule(card, threshold="11.90")
    till.fault("dropped", CREATE, count=2)
    till.fault("dropped", RETRIEVE, count=2)
    if is_automatic:
        till.stream()
        till.world.deliver({"to": JAPAN})
        till.stream()
    else:
        till.pay("25.00", card, key="lost")
    till.all_well()
    [topup] = till.top_ups()
    assert (topup["status"], "intent_id" in topup) == ("created", False)
    moment = Restored(till)
    if is_automatic:
        till.later(minutes=3)
        till.sweep()
    else:
        till.pay("25.00", card, key="lost")
    till.stream()
    till.call_all_back()
    [paid] = paid_intents(till)
    till.later(hours=hours)
    if hours > 23:
        till.stand_in._keys._entries.clear()  # Stripe forgets keys after a day.
    moment.bring_back()
    for _ in range(3):
        listen(till)
    assert paid_intents(till) == [paid]
    till.check()


def test_recharge_waits_until_lost_payments_are_adjusted(till: Till) -> None:
    """The order of docs/disaster.md: while auto_recharge is stopped, no sweep charges; then the adjustment counts."""
    card = till.card()
    till.set_rule(card, threshold="11.90")
    till.paid("12.00", card)
    till.stream()
    listen(till)
    moment = Restored(till)
    assert till.world.deliver(*({"call_id": f"c_{n}", "to": JAPAN} for n in range(9))) == []
    till.stream()
    till.call_all_back()
    paid = paid_intents(till)
    assert len(paid) == 2, "a recharge"
    [charged] = [one for one in till.top_ups() if one["kind"] == "automatic"]
    moment.bring_back()
    till.world.deliver(*({"call_id": f"c_{n}", "to": JAPAN} for n in range(9)))
    for _ in range(3):
        listen(till)
    till.sweep(hours=7)
    assert paid_intents(till) == paid, "no sweep charges"
    assert issues(till) == {charged["intent_id"]: "foreign_payment"}
    till.world.adjust("50.00", "Payment of the lost time")
    till.stream()
    till.sweep(hours=7)
    till.stream()
    assert paid_intents(till) == paid, "the adjustment counts"


def test_without_the_stop_a_recharge_of_the_lost_time_is_charged_again(till: Till) -> None:
    """Why the order of docs/disaster.md begins with a stop."""
    card = till.card()
    till.set_rule(card, threshold="11.90")
    till.paid("12.00", card)
    till.stream()
    moment = Restored(till)
    calls: list[dict[str, Any]] = [{"call_id": f"c_{n}", "to": JAPAN} for n in range(9)]
    till.world.deliver(*calls)
    till.stream()
    moment.bring_back()
    till.world.clock.now += timedelta(seconds=1)
    till.world.deliver(*calls)
    till.stream()
    assert len(paid_intents(till)) == 3
