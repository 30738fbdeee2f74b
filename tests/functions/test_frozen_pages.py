"""A page at Stripe that was open while its account was frozen saves no card."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.freeze_bench import freeze, refuses
from tests.harness.cards import MASTERCARD, VISA
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, Wire

pytestmark = pytest.mark.dynamodb
DETACH = "POST /v1/payment_methods/*/detach"


def cards(till: Till, method: str = "GET") -> Any:
    """GET or POST /payment-methods."""
    return till.world.ask("add_funds", method, "/payment-methods")


def ids(till: Till) -> list[str]:
    """The saved cards, as the page shows them."""
    return [item["id"] for item in cards(till).body["items"]]


def opened(till: Till) -> str:
    """A page for saving a card."""
    answer = cards(till, "POST")
    assert answer.status == 201, answer.text
    return str(answer.body["url"]).rsplit("/", 1)[1]


def complete(till: Till, page: str, kind: str = VISA) -> str:
    """Save a card on the page; its id."""
    session = Controls(till.stand_in).complete_checkout(page, kind)
    return str(till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"])


def defaults(till: Till) -> list[Any]:
    """The default card of each customer."""
    return [customer["invoice_settings"]["default_payment_method"] for customer in till.objects("customer")]


STEPS = [
    ("open freeze complete hear", False),
    ("open freeze complete unfreeze hear", False),
    ("open freeze unfreeze complete hear", False),
    ("open freeze unfreeze freeze complete hear", False),
    ("open complete freeze hear", True),
    ("open complete freeze unfreeze hear", True),
    ("freeze unfreeze open complete hear", True),
    ("freeze unfreeze open complete freeze hear", True),
]


@pytest.mark.parametrize(("steps", "is_saved"), STEPS)
def test_a_page_open_during_a_freeze_saves_no_card(till: Till, steps: str, is_saved: bool) -> None:
    page, saved = "", ""
    for step in steps.split():
        till.later(seconds=2)
        match step:
            case "open":
                page = opened(till)
            case "complete":
                saved = complete(till, page)
            case "hear":
                assert "checkout.session.completed" in till.call_all_back()
            case _:
                freeze(till, is_frozen=step == "freeze")
    assert ids(till) == [saved] * is_saved
    assert defaults(till) == ([saved] if is_saved else [None])


@pytest.mark.parametrize(("freezes", "is_saved"), [(True, False), (False, True)])
def test_the_second_of_a_freeze_is_frozen_and_that_of_its_end_is_not(till: Till, freezes: bool, is_saved: bool) -> None:
    """Stripe tells whole seconds."""
    if not freezes:
        freeze(till)
        till.later(milliseconds=1500)
        freeze(till, is_frozen=False)
    page = opened(till)
    till.later(milliseconds=100 if freezes else 10)
    if freezes:
        freeze(till)
    complete(till, page)
    till.call_all_back()
    assert len(ids(till)) == is_saved


def test_a_page_created_beside_the_freeze_saves_no_card(till: Till, wire: Wire) -> None:
    """The account is frozen between the request's check and the creation of its page."""
    till.customer()
    done: list[Sent] = []

    def freeze_first(sent: Sent, passed: Pass) -> Any:
        if "pages" in str(sent.body) and not done:
            done.append(sent)
            freeze(till)
        return passed()

    with wire.interfering(freeze_first):
        page = opened(till)
    assert done
    till.later(minutes=1)
    complete(till, page)
    till.call_all_back()
    assert ids(till) == []


def test_a_rule_keeps_its_card_while_its_number_is_saved_again(till: Till) -> None:
    card = till.card()
    till.set_rule(card, threshold="0.00")
    page = opened(till)
    till.later(minutes=1)
    freeze(till)
    again = complete(till, page)
    assert again in ids(till), "the callback is late"
    assert till.state()["payment_method_id"] == card
    till.call_all_back()
    assert ids(till) == [card]
    freeze(till, is_frozen=False)
    rule = till.shown_rule()
    assert (rule["status"], till.state()["payment_method_id"]) == ("active", card)


def test_a_refused_card_takes_no_place_and_gains_no_try(till: Till) -> None:
    pages = [opened(till) for _ in range(10)]
    till.later(minutes=1)
    freeze(till)
    before = till.world.stack.items_named("CARD")
    for page in pages:
        complete(till, page, MASTERCARD)
    till.call_all_back()
    assert till.world.stack.items_named("CARD") == before
    freeze(till, is_frozen=False)
    till.later(hours=1)
    for _ in range(10):
        opened(till)


def test_a_card_that_stripe_did_not_remove_is_removed_by_the_retry(till: Till) -> None:
    page = opened(till)
    freeze(till)
    complete(till, page)
    till.fault("dropped", DETACH, count=3)
    [event] = [one for one in till.stand_in.take_events() if one["type"] == "checkout.session.completed"]
    assert till.call_back(event).status == 503
    till.all_well()
    for _ in range(2):
        assert till.call_back(event).status == 200
    assert ids(till) == []


def test_the_sweep_removes_a_card_whose_callback_was_lost(till: Till) -> None:
    till.sweep()
    page = opened(till)
    till.later(minutes=1)
    freeze(till)
    complete(till, page)
    till.stand_in.take_events()
    for _ in range(20):
        till.sweep(minutes=1)
    assert ids(till) == []


def test_a_removed_card_does_not_pay_after_the_freeze(till: Till) -> None:
    page = opened(till)
    till.later(minutes=1)
    freeze(till)
    saved = complete(till, page)
    refuses(till.pay("25.00", saved))
    till.call_all_back()
    freeze(till, is_frozen=False)
    assert till.pay("25.00", saved).code == "unknown_payment_method"
    assert till.charged() == []
