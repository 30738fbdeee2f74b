"""The charge that a simulation names is the one that saving the rule makes."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from calling_credit.money import format_money
from local.stripe_stand_in.controls import Controls
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.recharging import (
    becomes,
    charges_now,
    fails_once,
    grant,
    leave,
    patch_rule,
    recharges,
    remove,
    shown,
    spend,
    usd,
)
from tests.harness.till import CONFIRM, CREATE, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
STEPS = 30


def said_and_made(till: Till, **change: Any) -> tuple[list[Any], list[Any], int]:
    """The charge that a simulation of this change names, the one that saving it makes, and the status of the answer."""
    before = {payment["topup_id"] for payment in till.top_ups()}
    said = charges_now(till, **change)
    status = patch_rule(till, **change | {"enabled": True}).status
    till.stream()
    made = [payment for payment in till.top_ups() if payment["topup_id"] not in before]
    named = [] if said is None else [(said["amount"], said["payment_method"]["id"])]
    return named, [(format_money(one["amount_micros"]), one["payment_method_id"]) for one in made], status


def change_at_random(randomly: random.Random, cards: list[str]) -> dict[str, Any]:
    """A change of a rule, or none."""
    change: dict[str, Any] = randomly.choice(
        (
            {},
            {"threshold": randomly.choice(("5.00", "12.00", "40.00"))},
            {"amount": randomly.choice(("20.00", "50.00", "100.00"))},
            {"payment_method_id": randomly.choice(cards)},
            {"hourly_count": randomly.choice((1, 3, 20)), "daily_limit": randomly.choice(("100.00", "2000.00"))},
        )
    )
    return change


def happenings(till: Till, randomly: random.Random) -> list[Callable[[], object]]:
    """What may happen between two changes of a rule."""

    def half_a_payment() -> None:
        till.fault(randomly.choice(("dropped", "answer_lost")), randomly.choice((CREATE, CONFIRM)), count=2)
        till.stream()
        till.all_well()

    def frozen(value: bool) -> Callable[[], object]:
        return lambda: till.world.operate("PUT", "/accounts/acct_1", {"frozen": value})

    def minutes() -> None:
        till.sweep(minutes=randomly.choice((1, 3, 70, 1500)))
        till.stream()

    def lower() -> None:
        spend(till, randomly.choice(("3.00", "30.00", "90.00")))

    def correct() -> None:
        grant(till, usd(randomly.choice(("-20.00", "10.00", "-2.00"))))

    def switch_off() -> None:
        patch_rule(till, enabled=False)

    return [lower, lower, lower, correct, minutes, switch_off, half_a_payment, till.stream, frozen(True), frozen(False)]


def test_a_simulation_names_the_charge_that_saving_makes(till: Till) -> None:
    randomly, seen = random.Random(0), Counter[str]()
    leave(till, "15.00")
    cards = [till.card(kind) for kind in (VISA, MASTERCARD, DECLINED, CHALLENGED)]
    till.set_rule(cards[0])
    for _ in range(STEPS):
        for happen in randomly.choices(happenings(till, randomly), k=2):
            happen()
        change, before = change_at_random(randomly, cards), shown(till)
        named, made, status = said_and_made(till, **change)
        assert named == made, (change, before, status)
        seen["named" if named else "none"] += 1
    assert seen["named"] > 2
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": False})
    for _ in range(3):
        till.sweep(minutes=3)


@pytest.mark.parametrize(
    ("rule", "charges"),
    [
        ({}, ["100.00"]),
        ({"daily_limit": "60.00"}, ["50.00"]),
        ({"monthly_limit": "25.00"}, ["25.00"]),
        ({"threshold": "30.00"}, ["25.00"]),
        ({"threshold": "30.01"}, ["50.00"]),
        ({"threshold": "5.00"}, []),
        ({"threshold": "600.00", "daily_limit": "900.00"}, ["500.00", "100.00"]),
        ({"threshold": "600.00", "daily_limit": "900.00", "hourly_count": 1}, ["500.00"]),
        ({"threshold": "600.00", "daily_limit": "560.00"}, ["500.00", "50.00"]),
        ({"threshold": "600.00", "amount": "150.00", "daily_limit": "900.00"}, ["450.00", "150.00"]),
    ],
    ids=str,
)
def test_a_first_rule_names_every_step_that_it_charges(till: Till, rule: dict[str, Any], charges: list[str]) -> None:
    """A balance of $5, in steps of the amount up to the threshold, within the limits and the maximum of one payment."""
    leave(till, "5.00")
    card = till.card(VISA)
    settings = {"payment_method_id": card, "threshold": "100.00", "amount": "25.00"} | rule
    said = till.world.ask("change_settings", "POST", "/auto-recharge/simulate", settings).body["charged_at_once"]
    named, made, status = said_and_made(till, **settings)
    assert status == 200
    assert named == [(charges[0], card)] if charges else named == []
    assert sorted(made) == sorted((amount, card) for amount in charges)
    total = sum(usd(amount) for amount in charges)
    assert said == (format_money(total) if charges else None)


# --- What Stripe did beside us, without a callback --------------------------------------------------------------------


def test_a_renewed_number_that_resumes_the_rule_is_named(till: Till) -> None:
    card = fails_once(till, DECLINED)
    becomes(till, card, VISA)
    Controls(till.stand_in).renew_card(card)
    assert said_and_made(till) == ([("50.00", card)], [("50.00", card)], 200)


@pytest.mark.parametrize("is_customer", [False, True])
def test_a_card_that_stripe_no_longer_has_charges_nothing(till: Till, is_customer: bool) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card, threshold="4.00")
    if is_customer:
        till.sdk.v1.customers.delete(till.customer())
    else:
        till.sdk.v1.payment_methods.detach(card)
    assert said_and_made(till, threshold="10.00") == ([], [], 404)


def test_a_removed_card_charges_nothing_until_another_is_chosen(till: Till) -> None:
    leave(till, "5.00")
    card = till.card()
    till.set_rule(card, threshold="4.00")
    remove(till, card)
    assert said_and_made(till, threshold="10.00") == ([], [], 404)
    other = till.card(MASTERCARD)
    assert said_and_made(till, payment_method_id=other, threshold="10.00") == ([("50.00", other)],) * 2 + (200,)


def test_a_simulation_above_the_threshold_asks_stripe_nothing(till: Till) -> None:
    leave(till, "20.00")
    till.set_rule(till.card())
    asked = len(till.world.stack.stripe.sent)
    assert charges_now(till, threshold="15.00") is None
    assert len(till.world.stack.stripe.sent) == asked


# --- Acceptances, and the same card in another tab --------------------------------------------------------------------


def test_of_two_acceptances_the_smaller_is_never_exceeded(till: Till) -> None:
    leave(till, "-60.00")
    till.set_rule(till.card())
    version = patch_rule(till, enabled=False).body["version"]
    assert patch_rule(till, enabled=True, accept_charge="100.00", version=version).status == 200
    late = patch_rule(till, enabled=True, accept_charge="50.00", version=version)
    assert (late.status, late.code) == (409, "changed_meanwhile")
    assert patch_rule(till, enabled=True, accept_charge="150.00", version=version).status == 200
    till.stream()
    assert recharges(till) == [("succeeded", "100.00")]
    assert patch_rule(till, enabled=True, accept_charge="100.00", version=version).status == 200
    leave(till, "-160.00")
    till.stream()
    assert recharges(till) == [("succeeded", "100.00"), ("succeeded", "100.00")]


def test_an_older_tab_with_the_older_copy_of_a_card_arms_nothing(till: Till) -> None:
    leave(till, "20.00")
    till.set_rule(till.card())
    tab = till.shown_rule()
    till.card()
    till.call_all_back()
    assert till.world.ask("add_funds", "GET", "/payment-methods").status == 200
    assert till.shown_rule()["payment_method_id"] != tab["payment_method_id"]
    till.world.adjust("-15.00", "a correction")
    whole = {name: tab[name] for name in ("enabled", "threshold", "amount", "payment_method_id", "version")}
    assert said_and_made(till, **whole, daily_limit="150.00") == ([], [], 200)
