"""A card that was saved twice is one card: one row, one rule, one removal."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import DECLINED, MASTERCARD, VISA
from tests.harness.recharging import GOES_ON, fails_once, leave, recharges, shown
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
EARLY_DECEMBER = "2026-12"


def ask(till: Till, method: str, path: str = "") -> Any:
    """A request about saved cards."""
    return till.world.ask("add_funds", method, f"/payment-methods{path}")


def listed(till: Till) -> list[dict[str, Any]]:
    """The saved cards."""
    items: list[dict[str, Any]] = ask(till, "GET").body["items"]
    return items


def ids(till: Till) -> list[str]:
    """The ids of the saved cards."""
    return [item["id"] for item in listed(till)]


def save_on_page(till: Till, kind: str = VISA) -> str:
    """Save a card on Stripe's page; its id."""
    url = ask(till, "POST").body["url"]
    session = Controls(till.stand_in).complete_checkout(url.rsplit("/", 1)[1], kind)
    return str(till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"])


def attached(till: Till) -> set[str]:
    """The payment methods that still belong to a customer."""
    return {one["id"] for one in till.objects("payment_method") if one["customer"] is not None}


def expire(till: Till, card: str, year: int, month: int) -> None:
    """Change a card's date, without a callback."""
    Controls(till.stand_in).renew_card(card, exp_year=year, exp_month=month, same_number=True)
    till.stand_in.take_events()


def test_the_list_shows_the_newest_of_equal_cards(till: Till) -> None:
    older = till.card()
    till.later(seconds=5)
    other = till.card(MASTERCARD)
    till.later(seconds=5)
    newer = till.card()
    assert sorted(ids(till)) == sorted([newer, other])
    assert attached(till) == {older, other, newer}, "nothing is lost"


def test_the_default_of_an_older_copy_is_the_default(till: Till) -> None:
    older, _ = till.card(), till.card(MASTERCARD)
    till.later(seconds=5)
    newer = till.card()
    settings: Any = {"invoice_settings": {"default_payment_method": older}}
    till.sdk.v1.customers.update(till.customer(), settings)
    assert [item["id"] for item in listed(till) if item["default"]] == [newer]


@pytest.mark.parametrize("is_called_back", [True, False])
def test_the_rule_follows_the_newer_payment_method(till: Till, is_called_back: bool) -> None:
    leave(till, "50.00")
    older = save_on_page(till)
    till.set_rule(older)
    version = till.state()["rule_version"]
    till.later(seconds=5)
    newer = save_on_page(till)
    if is_called_back:
        till.call_all_back()
    else:
        listed(till)
    assert till.shown_rule()["payment_method_id"] == newer
    assert till.state()["rule_version"] == version
    leave(till, "5.00")
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]
    till.check()


def test_another_card_changes_no_rule(till: Till) -> None:
    leave(till, "50.00")
    card = save_on_page(till)
    till.set_rule(card)
    before = till.state()
    save_on_page(till, MASTERCARD)
    till.call_all_back()
    listed(till)
    assert till.state() == before


def test_saving_a_declined_card_again_does_not_resume_its_rule(till: Till) -> None:
    fails_once(till, "pm_card_attachesThenDeclines_lost_card")
    till.later(seconds=5)
    newer = till.card("pm_card_attachesThenDeclines_lost_card")
    assert ids(till) == [newer]
    assert till.shown_rule()["payment_method_id"] == newer
    assert shown(till) == ("suspended", "card_unusable", None)


def test_removing_a_card_removes_its_copies_and_pauses_the_rule(till: Till) -> None:
    leave(till, "50.00")
    older = till.card()
    till.set_rule(older)
    till.later(seconds=5)
    newer, other = till.card(), till.card(MASTERCARD)
    assert ask(till, "DELETE", f"/{newer}").status == 204
    assert attached(till) == {other}
    assert shown(till) == ("suspended", "card_removed", None)


def test_an_interrupted_removal_is_finished_by_the_same_request(till: Till) -> None:
    leave(till, "50.00")
    till.set_rule(till.card())
    till.later(seconds=5)
    newer = till.card()
    till.fault("error_500", "POST /v1/payment_methods/*/detach", skip=1)
    assert ask(till, "DELETE", f"/{newer}").code == "payments_unavailable"
    assert newer in attached(till)
    assert ask(till, "DELETE", f"/{newer}").status == 204
    assert attached(till) == set()
    assert shown(till) == ("suspended", "card_removed", None)


def test_the_list_says_what_a_removal_pauses(till: Till) -> None:
    leave(till, "50.00")
    used, other = till.card(), till.card(MASTERCARD)
    till.set_rule(used)
    assert {item["id"]: item["pauses_auto_recharge"] for item in listed(till)} == {used: True, other: False}
    till.rule(enabled=False)
    assert [item["pauses_auto_recharge"] for item in listed(till)] == [False, False]


@pytest.mark.parametrize(
    ("year", "month", "state"),
    [(2026, 10, "expired"), (2026, 11, "expiring"), (2026, 12, "ok"), (2034, 1, "ok")],
)
def test_a_card_has_a_state_by_its_date(till: Till, year: int, month: int, state: str) -> None:
    card = till.card()
    expire(till, card, year, month)
    assert [item["state"] for item in listed(till)] == [state]


def test_a_declined_card_is_shown_as_declined_until_it_pays(till: Till) -> None:
    card = till.card(DECLINED)
    till.pay("25.00", card)
    assert [item["state"] for item in listed(till)] == ["declined"]
    Controls(till.stand_in).accept_card(card)
    till.paid("25.00", card)
    assert [item["state"] for item in listed(till)] == ["ok"]


# --- Expiry -----------------------------------------------------------------------------------------------------------


def announced(till: Till) -> str | None:
    """The stored notice of the rule's card."""
    notice: str | None = till.state().get("expiry_announced")
    return notice


def test_the_sweeper_announces_an_expiring_card_once(till: Till) -> None:
    leave(till, "50.00")
    card = till.card()
    expire(till, card, 2026, 12)
    till.set_rule(card)
    till.sweep(days=8)  # 31 days before the end of December.
    assert announced(till) is None
    till.sweep(days=1, hours=12)
    assert announced(till) == f"{till.state()['fingerprint']}:{EARLY_DECEMBER}"
    first = till.state()
    till.sweep(minutes=1)
    assert till.state() == first
    assert shown(till) == GOES_ON


def test_a_rule_that_waits_for_its_month_is_still_told_of_the_expiry(till: Till) -> None:
    leave(till, "5.00")
    card = till.card()
    expire(till, card, 2026, 11)
    till.set_rule(card, monthly_limit="50.00")
    till.stream()
    leave(till, "5.00")
    till.stream()
    assert shown(till)[:2] == ("paused", "monthly_limit")
    till.sweep(minutes=1)
    assert announced(till) is not None
    assert shown(till)[:2] == ("paused", "monthly_limit")


def test_a_renewed_card_is_announced_again_and_a_rule_that_is_off_never(till: Till) -> None:
    leave(till, "50.00")
    card = till.card()
    expire(till, card, 2026, 11)
    till.set_rule(card)
    till.rule(enabled=False)
    till.sweep(minutes=1)
    assert announced(till) is None
    till.rule(enabled=True)
    till.sweep(minutes=1)
    first = announced(till)
    expire(till, card, 2026, 12)
    listed(till)
    till.sweep(days=10)
    assert announced(till) not in (None, first)


def test_a_rule_of_an_earlier_release_learns_its_date_at_its_next_check(till: Till) -> None:
    leave(till, "50.00")
    card = till.card()
    till.set_rule(card)
    key = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "AUTO_RECHARGE"}}
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name, Key=key, UpdateExpression="REMOVE card_expires"
    )
    till.sweep(hours=7)
    assert till.state()["card_expires"] == "2034-11"
