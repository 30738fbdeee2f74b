"""The rule of automatic recharge as a customer sets and sees it: what a PUT may say, what it changes and what not, and
what everybody of the account is shown in each state.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.laws_wire import wired
from tests.functions.recharging import (
    at_once,
    automatic,
    bring,
    fails_once,
    leave,
    minutes_pass,
    recharges,
    record,
    remove,
    shown,
    threshold_watched,
    usd,
)
from tests.functions.till import ALWAYS, ANYTHING, CHALLENGED, CONFIRM, DECLINED, MASTERCARD, RETRIEVE, VISA, Till
from tests.functions.world import Answer, http_event

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
EXPIRED = "pm_card_attachesThenDeclines_expired_card"
UNSET = {
    "enabled": False,
    "threshold": None,
    "amount": None,
    "payment_method_id": None,
    "hourly_count": 3,
    "daily_limit": "200.00",
    "monthly_limit": "1000.00",
    "payment_method": None,
    "status": "disabled",
    "reason": None,
    "message": None,
    "next_attempt_at": None,
}


def put(till: Till, body: Any, **claims: Any) -> Answer:
    """PUT /auto-recharge with this body (JSON or text) by the holder of these claims."""
    return till.world.ask("change_settings", "PUT", "/auto-recharge", body, **claims)


# --- What it looks like -----------------------------------------------------------------------------------------------


def test_before_there_is_a_rule_it_is_off_with_the_usual_limits(till: Till) -> None:
    assert till.shown_rule() == UNSET
    assert shown(till) == ("disabled", None, None)


def test_a_rule_is_shown_as_it_was_set_with_its_card_and_its_state(till: Till) -> None:
    leave(till, "20.00")
    card = till.card(MASTERCARD)
    answer = till.set_rule(card, threshold="12.50", amount="40.00", hourly_count=2, daily_limit="80.00")
    assert answer == UNSET | {
        "enabled": True,
        "threshold": "12.50",
        "amount": "40.00",
        "payment_method_id": card,
        "hourly_count": 2,
        "daily_limit": "80.00",
        "payment_method": {"brand": "mastercard", "last4": "4444"},
        "status": "active",
    }
    assert till.shown_rule() == answer


def test_the_balance_shows_the_short_form(till: Till) -> None:
    till.set_rule(till.card(), threshold="0.00")
    assert till.world.get("/balance").body["auto_recharge"] == {
        "enabled": True,
        "threshold": "0.00",
        "amount": "50.00",
        "status": "active",
        "reason": None,
        "next_attempt_at": None,
    }


def test_any_member_of_the_account_may_look(till: Till) -> None:
    till.set_rule(till.card())
    answer = till.world.ask("change_settings", "GET", "/auto-recharge", **{"cognito:groups": "[member]"})
    assert (answer.status, answer.body) == (200, till.shown_rule())


def test_accounts_see_and_set_their_own(till: Till) -> None:
    till.world.create_account("acct_2")
    till.set_rule(till.card())
    assert till.shown_rule("acct_2") == UNSET
    theirs = till.card(account="acct_2")
    before = till.state()
    till.set_rule(theirs, account="acct_2", threshold="99.00", account_id="acct_1")
    assert till.state() == before
    assert till.state("acct_2")["threshold_micros"] == usd("99.00")


# --- Who may, and what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [None, "[]", "[member]", "[billing_admins]"])
def test_who_is_no_billing_admin_sets_nothing_and_is_told_before_the_body_is_looked_at(
    till: Till, groups: str | None
) -> None:
    card = till.card()
    till.set_rule(card)
    before, asked = till.everything(), len(till.world.stack.stripe.sent)
    for body in ({"enabled": False}, "{", None, "x" * 70_000):
        answer = put(till, body, **{"cognito:groups": groups})
        assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert till.everything() == before
    assert len(till.world.stack.stripe.sent) == asked


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"token_use": "access"}, "id_token_required"), ({"custom:account_id": None}, "account_missing")],
)
def test_an_access_token_or_a_user_of_no_account_sets_nothing(till: Till, claims: dict[str, Any], code: str) -> None:
    before = till.everything()
    answer = put(till, {"enabled": False}, **claims)
    assert (answer.status, answer.code) == (403, code)
    assert till.everything() == before


def test_an_account_that_does_not_exist_has_no_rule_and_gets_none(till: Till) -> None:
    before = till.everything()
    nobody = {"custom:account_id": "acct_nobody"}
    assert till.world.ask("change_settings", "GET", "/auto-recharge", **nobody).code == "unknown_account"
    assert put(till, {"enabled": False}, **nobody).code == "unknown_account"
    assert till.everything() == before


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"enabled": "true"}, "invalid_field"),
    ({"enabled": 1}, "invalid_field"),
    ({"threshold": "-0.01"}, "amount_out_of_range"),
    ({"threshold": "10000.01"}, "amount_out_of_range"),
    ({"threshold": "1.001"}, "invalid_amount"),
    ({"threshold": 10}, "invalid_amount"),
    ({"threshold": "1e3"}, "invalid_amount"),
    ({"amount": "4.99"}, "amount_out_of_range"),
    ({"amount": "500.01"}, "amount_out_of_range"),
    ({"amount": "0.00"}, "amount_out_of_range"),
    ({"amount": "-50.00"}, "amount_out_of_range"),
    ({"amount": "50.001"}, "invalid_amount"),
    ({"amount": 50}, "invalid_amount"),
    ({"amount": "fifty"}, "invalid_amount"),
    ({"payment_method_id": 7}, "invalid_payment_method"),
    ({"payment_method_id": ""}, "invalid_payment_method"),
    ({"payment_method_id": "pm_../customers"}, "invalid_payment_method"),
    ({"payment_method_id": "p" * 256}, "invalid_payment_method"),
    ({"hourly_count": 0}, "invalid_field"),
    ({"hourly_count": 21}, "invalid_field"),
    ({"hourly_count": "3"}, "invalid_field"),
    ({"hourly_count": True}, "invalid_field"),
    ({"hourly_count": 1.5}, "invalid_field"),
    ({"daily_limit": "10000.01"}, "amount_out_of_range"),
    ({"daily_limit": "-1.00"}, "amount_out_of_range"),
    ({"daily_limit": 200}, "invalid_amount"),
    ({"monthly_limit": "10000.01"}, "amount_out_of_range"),
    ({"monthly_limit": "a lot"}, "invalid_amount"),
    ({"daily_limit": "49.99"}, "limit_below_amount"),
    ({"monthly_limit": "49.99"}, "limit_below_amount"),
    ({"amount": "200.01"}, "limit_below_amount"),
]


@pytest.mark.parametrize(("wrong", "code"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_value_that_cannot_be_is_422_names_itself_and_changes_nothing(
    till: Till, wrong: dict[str, Any], code: str
) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.world.stack.stripe.sent)
    whole = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": card}
    answer = put(till, whole | wrong)
    assert (answer.status, answer.code) == (422, code)
    [name] = wrong
    if code not in ("invalid_payment_method", "limit_below_amount"):
        assert name in answer.body["detail"]
    assert till.everything() == before
    till.set_rule(card)
    before = till.everything()
    assert put(till, wrong).code == code
    assert till.everything() == before
    assert len(till.world.stack.stripe.sent) == asked + 1


@pytest.mark.parametrize("name", ["enabled", "threshold", "amount", "payment_method_id"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_first_rule_is_whole(till: Till, name: str, how: str) -> None:
    whole = {"enabled": False, "threshold": "10.00", "amount": "50.00", "payment_method_id": till.card()}
    before = till.everything()
    body = {key: value for key, value in whole.items() if key != name} | ({name: None} if how == "null" else {})
    answer = put(till, body)
    assert (answer.status, answer.code) == (422, "missing_field")
    assert till.everything() == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "malformed_json"),
        ("{", 400, "malformed_json"),
        ("[]", 400, "malformed_json"),
        ("null", 400, "malformed_json"),
        ('{"enabled": NaN}', 400, "malformed_json"),
        ({"enabled": False, "padding": "x" * 65_536}, 413, "body_too_large"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_is_none_is_refused_and_changes_nothing(till: Till, body: Any, status: int, code: str) -> None:
    till.set_rule(till.card())
    before = till.everything()
    answer = put(till, body)
    assert (answer.status, answer.code) == (status, code)
    assert till.everything() == before


@pytest.mark.parametrize("whose", ["another's", "nobody's", "unknown", "removed", "a customer"])
def test_a_card_that_is_not_the_accounts_own_is_not_found_and_changes_nothing(till: Till, whose: str) -> None:
    till.world.create_account("acct_2")
    till.set_rule(till.card())
    card = {
        "another's": lambda: till.card(account="acct_2"),
        "nobody's": lambda: till.sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id,
        "unknown": lambda: "pm_unknown",
        "removed": lambda: gone(till),
        "a customer": lambda: till.customer(),
    }[whose]()
    before = till.everything()
    answer = put(till, {"payment_method_id": card})
    assert (answer.status, answer.code) == (404, "unknown_payment_method")
    assert till.everything() == before


def gone(till: Till) -> str:
    """A card that was the account's own."""
    card = till.card()
    remove(till, card)
    return card


def test_an_account_that_never_saved_a_card_has_none_and_stripe_is_not_asked(till: Till) -> None:
    body = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": "pm_1"}
    assert put(till, body).code == "unknown_payment_method"
    assert till.world.stack.stripe.sent == []


# --- What it changes --------------------------------------------------------------------------------------------------


def test_what_is_not_said_stays_and_null_says_nothing(till: Till) -> None:
    leave(till, "20.00")
    whole = till.set_rule(till.card(), hourly_count=5, daily_limit="300.00", monthly_limit="900.00")
    for change in ({"threshold": "11.00"}, {"amount": "60.00"}, {"hourly_count": 6}, {"monthly_limit": "800.00"}):
        whole |= change
        body = dict.fromkeys(("enabled", "threshold", "amount", "payment_method_id", "daily_limit")) | change
        assert put(till, body).body == whole
    assert put(till, {}).body == whole
    assert put(till, {"account_id": "acct_2", "status": "suspended", "attempt": 7}).body == whole


def test_the_rule_counts_its_versions_and_only_when_it_changes(till: Till) -> None:
    till.set_rule(till.card())
    till.rule(threshold="11.00")
    till.rule(threshold="11.00")
    assert till.state()["rule_version"] == 2


def test_setting_a_rule_touches_neither_the_balance_nor_what_was_attempted(till: Till) -> None:
    fails_once(till, DECLINED)
    names = ("attempt", "recent", "failures", "not_before", "failed_fingerprint", "next_attempt_at")
    before = {name: till.state()[name] for name in names}
    balance, entries = till.world.balance(), till.world.entries()
    till.rule(threshold="9.00", amount="60.00", hourly_count=9, daily_limit="500.00")
    assert {name: till.state()[name] for name in names} == before
    assert (till.world.balance(), till.world.entries()) == (balance, entries)


@pytest.mark.parametrize("kind", ["dropped", "error_500", "rate_limited"])
def test_it_is_switched_off_while_stripe_cannot_be_reached_and_given_another_card_only_when_it_can(
    till: Till, kind: str
) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    other = till.card(MASTERCARD)
    till.fault(kind, ANYTHING, count=ALWAYS)
    before = till.everything()
    answer = put(till, {"payment_method_id": other})
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert "retry-after" in answer.headers
    assert till.everything() == before
    assert put(till, {"enabled": False}).body["status"] == "disabled"
    assert till.stream() == 0
    till.all_well()


def test_it_is_switched_off_when_its_card_is_gone_and_on_again_only_with_another(till: Till) -> None:
    card = till.card()
    till.set_rule(card)
    remove(till, card)
    assert put(till, {"enabled": False}).body["status"] == "disabled"
    assert put(till, {"enabled": True}).code == "unknown_payment_method"
    assert put(till, {"enabled": True, "payment_method_id": till.card()}).body["status"] == "active"


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attempt", range(3))
def test_two_rules_set_at_once_leave_one_of_the_two_wholes(till: Till, attempt: int) -> None:
    leave(till, "500.00")
    visa, mastercard = till.card(), till.card(MASTERCARD)
    till.set_rule(visa)
    first = {"threshold": "20.00", "amount": "20.00", "payment_method_id": visa, "hourly_count": 2}
    second = {"threshold": "30.00", "amount": "30.00", "payment_method_id": mastercard, "hourly_count": 7}
    with wired(till.world.stack) as wire:
        wire.with_conflicts = True
        answers = at_once(lambda: put(till, first), lambda: put(till, second))
    assert [answer.status for answer in answers] == [200, 200]
    stands = till.shown_rule()
    assert {name: stands[name] for name in first} in (first, second)
    assert threshold_watched(till) == stands["threshold"]
    assert till.state()["rule_version"] == 3


@pytest.mark.parametrize("attempt", range(3))
def test_a_first_rule_set_twice_at_once_is_one_rule(till: Till, attempt: int) -> None:
    card = till.card()
    whole = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": card}
    answers = at_once(lambda: put(till, whole), lambda: put(till, whole | {"threshold": "20.00"}))
    assert [answer.status for answer in answers] == [200, 200]
    assert threshold_watched(till) == till.shown_rule()["threshold"]
    till.stream()
    assert till.charged() == [5000]


@pytest.mark.parametrize("change", [{"threshold": "30.00"}, {"enabled": False}, {"amount": "20.00"}], ids=str)
@pytest.mark.parametrize("attempt", range(2))
def test_a_rule_set_beside_a_charge_loses_neither(till: Till, change: dict[str, Any], attempt: int) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    made = record(till)
    with wired(till.world.stack) as wire:
        wire.with_conflicts = True
        answer, _ = at_once(lambda: put(till, change), lambda: bring(till, made))
    assert answer.status == 200
    minutes_pass(till, 3)
    stands = till.shown_rule()
    assert {name: stands[name] for name in change} == change
    assert "in_flight" not in till.state()
    attempts = automatic(till)
    assert till.state()["attempt"] == len(attempts) <= 1
    assert [item["status"] for item in attempts] == ["succeeded"] * len(attempts)
    assert till.world.balance() == usd("5.00") + sum(till.charged()) * 10_000
    assert attempts or change == {"enabled": False}


def test_a_rule_set_while_a_charge_is_under_way_keeps_it_under_way(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    in_flight = till.state()["in_flight"]
    answer = put(till, {"threshold": "60.00", "amount": "20.00", "payment_method_id": till.card(MASTERCARD)})
    assert (answer.body["status"], answer.body["reason"]) == ("charging", "in_flight")
    assert till.state()["in_flight"] == in_flight
    till.stream()
    assert len(automatic(till)) == 1
    minutes_pass(till, 3)
    assert recharges(till) == [("succeeded", "50.00"), ("succeeded", "20.00")]
    assert [item["brand"] for item in automatic(till)] == ["visa", "mastercard"]


# --- What is shown of its state ---------------------------------------------------------------------------------------


def charging(till: Till) -> None:
    """Stripe does not answer."""
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=2)
    till.stream()


def removed(till: Till) -> None:
    """The card is gone."""
    card = till.card()
    till.set_rule(card)
    remove(till, card)


def used_up(till: Till, **caps: Any) -> None:
    """One charge, and no room for another."""
    till.set_rule(till.card(), **caps)
    till.stream()
    leave(till, "5.00")
    till.stream()


def declined_thrice(till: Till) -> None:
    """Now, in an hour and a day after that."""
    till.set_rule(till.card(DECLINED))
    till.stream()
    for span in ({"hours": 1}, {"hours": 24}):
        till.sweep(**span)
        till.stream()


def declined_four_times(till: Till) -> None:
    """And once more after it was switched on again."""
    declined_thrice(till)
    till.rule(enabled=False)
    till.rule(enabled=True)
    till.stream()
    till.sweep(hours=1)
    till.stream()


STATES: list[tuple[Callable[[Till], Any], str, str, str | None, str]] = [
    (charging, "charging", "in_flight", None, "A recharge is under way."),
    (
        lambda till: fails_once(till, DECLINED),
        "paused",
        "backing_off",
        "2026-11-23T13:00:00.000Z",
        "Paused: the card was declined.",
    ),
    (
        lambda till: used_up(till, hourly_count=1),
        "paused",
        "hourly_count",
        "2026-11-23T13:00:00.000Z",
        "Paused: the number of recharges an hour is used up.",
    ),
    (
        lambda till: used_up(till, daily_limit="50.00"),
        "paused",
        "daily_limit",
        "2026-11-24T00:00:00.000Z",
        "Paused: the daily limit is used up.",
    ),
    (
        lambda till: used_up(till, monthly_limit="50.00"),
        "paused",
        "monthly_limit",
        "2026-12-01T00:00:00.000Z",
        "Paused: the monthly limit is used up.",
    ),
    (
        declined_four_times,
        "paused",
        "card_declined_too_often",
        "2026-12-23T12:00:00.000Z",
        "Paused: the card was declined too often. Use another card.",
    ),
    (
        lambda till: fails_once(till, CHALLENGED),
        "suspended",
        "authentication_required",
        None,
        "Paused: your bank asked for confirmation. Confirm the payment, add funds with this card, or use another one.",
    ),
    (
        declined_thrice,
        "suspended",
        "declined_repeatedly",
        None,
        "Paused: the card was declined three times. Use another card, or add funds and it goes on.",
    ),
    (
        lambda till: fails_once(till, EXPIRED),
        "suspended",
        "card_unusable",
        None,
        "Paused: the card can no longer be charged. Use another card.",
    ),
    (removed, "suspended", "card_removed", None, "Paused: the card was removed. Choose a card."),
]


@pytest.mark.parametrize(
    ("reach", "status", "reason", "next_attempt_at", "message"), STATES, ids=[state[2] for state in STATES]
)
def test_each_state_has_a_status_a_reason_words_and_when_it_goes_on(
    till: Till,
    reach: Callable[[Till], Any],
    status: str,
    reason: str,
    next_attempt_at: str | None,
    message: str,
) -> None:
    leave(till, "5.00")
    reach(till)
    assert shown(till) == (status, reason, next_attempt_at)
    assert till.shown_rule()["message"] == message
    till.rule(enabled=False)
    assert shown(till) == ("disabled", None, None)
    assert till.shown_rule()["message"] is None


def test_a_wait_that_is_over_is_shown_as_over_before_the_sweeper_has_come(till: Till) -> None:
    fails_once(till, DECLINED)
    till.later(hours=1)
    assert shown(till) == ("active", None, None)


def test_looking_changes_nothing_and_asks_stripe_nothing(till: Till) -> None:
    fails_once(till, DECLINED)
    before, asked = till.everything(), len(till.world.stack.stripe.sent)
    for _ in range(3):
        till.shown_rule()
    assert till.everything() == before
    assert len(till.world.stack.stripe.sent) == asked


def test_the_two_routes_are_the_only_ones_of_this_path(till: Till) -> None:
    for method in ("POST", "DELETE", "PATCH"):
        event = http_event("change_settings", method, "/auto-recharge", body={})
        assert till.world.invoke("change_settings", event).status == 404


def test_a_rule_with_a_visa_and_one_with_nothing_left_are_the_same_to_look_at_as_to_set(till: Till) -> None:
    leave(till, "100.00")
    asked = till.set_rule(till.card(VISA), threshold="0.00", amount="5.00", daily_limit="5.00", monthly_limit="5.00")
    settable = ("enabled", "threshold", "amount", "payment_method_id", "hourly_count", "daily_limit", "monthly_limit")
    assert put(till, {name: till.shown_rule()[name] for name in settable}).body == asked
