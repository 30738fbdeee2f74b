"""A blocked card is charged on no path, and the last check before a confirmation finds what changed meanwhile."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from calling_credit.payments.card_store import CardStore
from calling_credit.payments.confirm_gate import ConfirmGate
from calling_credit.topups.topup import Card, TopUp
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.http import Answer
from tests.harness.recharging import below, confirmations, leave, recharges, shown
from tests.harness.table import TABLE
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb]


def stored(till: Till, payment_method: str) -> Card:
    """The card of a payment method, as it is stored."""
    card = till.sdk.v1.payment_methods.retrieve(payment_method).card
    assert card is not None
    return Card(payment_method, str(card.brand), card.last4, str(card.fingerprint))


def block(till: Till, payment_method: str) -> None:
    """Block a card, as after a dispute."""
    cards = CardStore(till.world.stack.dynamodb, TABLE)
    cards.block(stored(till, payment_method), "dispute", till.world.clock.now)


def unblock(till: Till, **named: Any) -> Answer:
    """POST /accounts/acct_1/cards/unblock."""
    return till.world.operate("POST", "/accounts/acct_1/cards/unblock", {"reason": "The bank withdrew it", **named})


@pytest.fixture
def before_confirmation(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Run a change once, right before the gate reads."""

    def install(change: Callable[[], None]) -> None:
        original, changes = ConfirmGate.refuses, [change]

        def refuses(gate: ConfirmGate, topup: TopUp, now: datetime, *, on_session: bool) -> bool:
            while changes:
                changes.pop()()
            return original(gate, topup, now, on_session=on_session)

        monkeypatch.setattr(ConfirmGate, "refuses", refuses)

    return install


Gate = Callable[[Callable[[], None]], None]


def test_a_blocked_card_is_neither_paid_with_nor_chosen(till: Till) -> None:
    card = till.card()
    block(till, card)
    for method in (card, till.card()):
        assert till.pay("5.00", method).code == "card_blocked"
        settings: dict[str, Any] = {
            "enabled": True,
            "threshold": "10.00",
            "amount": "50.00",
            "payment_method_id": method,
        }
        assert till.rule(**settings).code == "card_blocked"
    assert till.paid("5.00", till.card(MASTERCARD))["status"] == "succeeded"


def test_a_rule_with_a_blocked_card_stops_until_the_operator_unblocks_it(till: Till) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card)
    block(till, card)
    till.stream()
    assert (recharges(till), shown(till)) == ([], ("paused", "card_blocked", None))
    assert unblock(till, payment_method_id=card).body == {
        "payment_method": {"id": card, "brand": "visa", "last4": "4242"},
        "was_blocked": True,
        "auto_recharge_resumes": True,
    }
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_the_operator_unblocks_a_card_by_a_payment_and_is_recorded(till: Till) -> None:
    card = till.card()
    payment = till.paid("5.00", card)
    block(till, card)
    assert unblock(till, top_up_id=payment["id"]).body["was_blocked"] is True
    assert unblock(till, top_up_id=payment["id"]).body["was_blocked"] is False
    assert till.paid("5.00", card)["status"] == "succeeded"
    items = [item for item in till.world.stack.items_named("CARD") if "unblocked_at" in item]
    assert {item["unblocked_reason"] for item in items} == {"The bank withdrew it"}
    assert all(item["unblocked_by"].startswith("client:") for item in items)
    assert not [item for item in till.world.stack.items_named("CARD") if "acct_" in str(item)]


def test_only_a_known_card_is_unblocked(till: Till) -> None:
    assert unblock(till, payment_method_id="pm_unknown").code == "unknown_payment_method"
    assert unblock(till, top_up_id="tu_" + "0" * 32).code == "unknown_top_up"
    assert unblock(till, top_up_id="tu").code == "invalid_field"
    assert unblock(till).code == "missing_field"


def test_a_card_blocked_during_a_manual_payment_is_not_charged(till: Till, before_confirmation: Gate) -> None:
    card = till.card()
    before_confirmation(lambda: block(till, card))
    assert till.pay("5.00", card).code == "card_blocked"
    assert confirmations(till) == 0
    [payment] = till.top_ups()
    assert (payment["status"], till.intent_of(payment["topup_id"])["status"]) == ("canceled", "canceled")


def test_a_card_blocked_during_a_recharge_is_not_charged(till: Till, before_confirmation: Gate) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card)
    before_confirmation(lambda: block(till, card))
    till.stream()
    assert (recharges(till), confirmations(till)) == ([("canceled", "50.00")], 0)
    assert shown(till) == ("paused", "card_blocked", None)


def test_an_account_frozen_during_a_payment_is_not_charged(till: Till, before_confirmation: Gate) -> None:
    card = till.card()
    before_confirmation(lambda: freeze(till))
    assert till.pay("5.00", card).code == "account_frozen"
    assert confirmations(till) == 0


def test_a_rule_switched_off_during_a_recharge_charges_nothing(till: Till, before_confirmation: Gate) -> None:
    below(till)
    before_confirmation(lambda: switch_off(till))
    till.stream()
    assert (recharges(till), confirmations(till)) == ([("canceled", "50.00")], 0)


def test_a_repeated_confirmation_is_checked_again(till: Till, before_confirmation: Gate) -> None:
    card = till.card()
    till.fault("error_500", "POST /v1/payment_intents/*/confirm")
    before_confirmation(lambda: before_confirmation(lambda: block(till, card)))
    assert till.pay("5.00", card).code == "card_blocked"
    assert (confirmations(till), till.charged()) == (1, [])


def test_a_link_does_not_charge_a_blocked_card(till: Till) -> None:
    below(till, CHALLENGED)
    till.stream()
    [waiting] = till.top_ups()
    assert waiting["status"] == "requires_action"
    sent = confirmations(till)
    block(till, str(waiting["payment_method_id"]))
    link = till.top_up(waiting["topup_id"])["next_action_url"]
    answer = till.visit(link.rsplit("/", 1)[1], "POST")
    assert (answer.status, confirmations(till)) == (409, sent)
    assert till.status_of(waiting["topup_id"]) == "canceled"


def freeze(till: Till) -> None:
    """Have the operator freeze the account."""
    assert till.world.operate("PUT", "/accounts/acct_1", {"frozen": True}).status == 200


def switch_off(till: Till) -> None:
    """Have a billing admin switch the rule off."""
    assert till.rule(enabled=False).status == 200


def test_a_card_saved_again_gets_one_manual_try(till: Till) -> None:
    card = till.card(DECLINED)
    for _ in range(4):
        till.paid("5.00", card)
    assert till.pay("5.00", card).code == "card_declined_too_often"
    till.later(hours=1)
    till.stand_in.take_events()
    saved = save_on_page(till, DECLINED)
    events = till.stand_in.take_events()
    for _ in range(2):
        for event in events:
            assert till.call_back(event).status == 200
    assert till.paid("5.00", saved)["status"] == "failed"
    assert till.pay("5.00", saved).code == "card_declined_too_often"
    for event in events:
        till.call_back(event)
    assert till.pay("5.00", saved).code == "card_declined_too_often"


def save_on_page(till: Till, kind: str = VISA) -> str:
    """Save a card on the hosted page, as a customer does; its id."""
    address = till.world.ask("add_funds", "POST", "/payment-methods").body["url"]
    session = till.controls.complete_checkout(address.rsplit("/", 1)[1], kind)
    return str(till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"])


def test_a_used_page_no_longer_counts_as_a_card(till: Till) -> None:
    for _ in range(9):
        save_on_page(till)
        till.call_all_back()
    till.later(hours=1)
    assert till.world.ask("add_funds", "POST", "/payment-methods").status == 201
    assert till.world.ask("add_funds", "POST", "/payment-methods").code == "too_many_cards"
