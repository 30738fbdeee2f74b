"""Cards are added on Stripe's page, listed with the default first, and removed permanently, for each account alone."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import DECLINED, MASTERCARD, VISA
from tests.harness.http import MEMBER, Answer
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
CARDS = "/payment-methods"


def ask(till: Till, method: str, path: str = CARDS, account: str = "acct_1", **claims: Any) -> Answer:
    """A request about saved cards."""
    return till.world.ask("add_funds", method, path, **{"custom:account_id": account, **claims})


def listed(till: Till, account: str = "acct_1") -> list[dict[str, Any]]:
    """The saved cards."""
    answer = ask(till, "GET", account=account)
    assert answer.status == 200, answer.text
    assert set(answer.body) == {"items", "next_cursor"}
    assert answer.body["next_cursor"] is None
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def save_on_page(till: Till, kind: str = VISA) -> str:
    """Save a card on the hosted page, as a customer does; its id."""
    address = ask(till, "POST").body["url"]
    session = Controls(till.stand_in).complete_checkout(address.rsplit("/", 1)[1], kind)
    return str(till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"])


# --- Adding -----------------------------------------------------------------------------------------------------------


def test_a_card_is_added_on_a_stripe_page_that_returns_to_our_page(till: Till) -> None:
    answer = ask(till, "POST")
    assert (answer.status, set(answer.body)) == (201, {"url"})
    [session] = till.objects("checkout.session")
    assert answer.body["url"] == session["url"]
    assert (session["mode"], session["allowed_payment_method_types"]) == ("setup", ["card"])
    assert session["success_url"] == "https://page.test/?card=added"
    assert session["cancel_url"] == "https://page.test/?card=canceled"
    [customer] = till.objects("customer")
    assert session["customer"] == customer["id"]
    assert customer["metadata"] == {"account_id": "acct_1"}
    assert till.world.of_kind("ACCOUNT")[0]["stripe_customer_id"] == customer["id"]


def test_an_account_has_one_customer_however_often_a_card_is_added(till: Till) -> None:
    for _ in range(3):
        assert ask(till, "POST").status == 201
        till.later(days=2)
    assert len(till.objects("customer")) == 1
    assert len(till.objects("checkout.session")) == 3


def test_a_retry_finds_the_customer_whose_creation_got_no_response(till: Till) -> None:
    till.fault("answer_lost", "POST /v1/customers")
    answer = ask(till, "POST")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert ask(till, "POST").status == 201
    assert len(till.objects("customer")) == 1


@pytest.mark.parametrize(("fault", "made"), [("error_500", 1), ("error_500_after", 2)])
def test_a_repeated_server_fault_does_not_block_a_new_customer(till: Till, fault: str, made: int) -> None:
    till.fault(fault, "POST /v1/customers")
    assert ask(till, "POST").status == 201
    assert [customer["id"] for customer in till.objects("customer")][made - 1 :] == [till.customer()]
    assert {session["customer"] for session in till.objects("checkout.session")} == {till.customer()}


def test_a_card_saved_on_the_page_pays(till: Till) -> None:
    card = save_on_page(till)
    till.call_all_back()
    assert [item["id"] for item in listed(till)] == [card]
    assert till.paid("25.00", card)["status"] == "succeeded"


def test_every_account_has_a_customer_of_its_own(till: Till) -> None:
    till.world.create_account("acct_2")
    assert till.customer("acct_1") != till.customer("acct_2")


# --- The list ---------------------------------------------------------------------------------------------------------


def test_a_saved_card_has_exactly_the_documented_shape(till: Till) -> None:
    card = till.card(MASTERCARD)
    assert listed(till) == [
        {
            "id": card,
            "type": "card",
            "brand": "mastercard",
            "last4": "4444",
            "bank_name": None,
            "exp_month": 11,
            "exp_year": 2034,
            "default": True,
            "backup": False,
            "used_by_rule": False,
            "state": "ok",
            "can_pay": True,
            "can_recharge": True,
            "pauses_auto_recharge": False,
        }
    ]


def test_the_default_card_is_listed_first_and_then_the_newest(till: Till) -> None:
    first, second, third = (till.card(kind) for kind in (VISA, MASTERCARD, DECLINED))
    assert [(item["id"], item["default"]) for item in listed(till)] == [(third, True), (second, False), (first, False)]
    till.sdk.v1.customers.update(till.customer(), {"invoice_settings": {"default_payment_method": second}})
    assert [(item["id"], item["default"]) for item in listed(till)] == [(second, True), (third, False), (first, False)]


def test_an_account_without_cards_has_an_empty_list(till: Till) -> None:
    assert listed(till) == []
    assert till.wire.sent == []
    till.customer()
    assert listed(till) == []


def test_the_cards_of_another_account_are_not_listed(till: Till) -> None:
    till.world.create_account("acct_2")
    mine, theirs = till.card(), till.card(account="acct_2")
    assert [item["id"] for item in listed(till)] == [mine]
    assert [item["id"] for item in listed(till, "acct_2")] == [theirs]


# --- Removing ---------------------------------------------------------------------------------------------------------


def test_a_card_is_removed_for_good(till: Till) -> None:
    kept, removed = till.card(), till.card(MASTERCARD)
    answer = ask(till, "DELETE", f"{CARDS}/{removed}")
    assert (answer.status, answer.text, answer.headers["cache-control"]) == (204, "", "no-store")
    assert [item["id"] for item in listed(till)] == [kept]
    assert till.pay("25.00", removed).code == "unknown_payment_method"
    again = ask(till, "DELETE", f"{CARDS}/{removed}")
    assert (again.status, again.code) == (404, "unknown_payment_method")


def test_a_retry_reports_a_removal_that_got_no_response_as_done(till: Till) -> None:
    card = till.card()
    till.set_rule(card)
    till.fault("answer_lost", "POST /v1/payment_methods/*/detach")
    answer = ask(till, "DELETE", f"{CARDS}/{card}")
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert listed(till) == []
    till.call_all_back()
    assert till.shown_rule()["reason"] == "card_removed"
    assert ask(till, "DELETE", f"{CARDS}/{card}").code == "unknown_payment_method"


def test_removing_the_card_of_a_rule_suspends_it_until_it_has_another(till: Till) -> None:
    card = till.card()
    till.set_rule(card)
    assert ask(till, "DELETE", f"{CARDS}/{card}").status == 204
    shown = till.shown_rule()
    assert (shown["status"], shown["reason"], shown["enabled"]) == ("suspended", "card_removed", True)
    assert till.stream() == 0
    till.call_all_back()
    assert till.shown_rule() == shown
    till.set_rule(till.card(MASTERCARD))
    till.stream()
    assert till.world.balance() == 50_000_000
    till.check()


def test_removing_a_card_no_rule_uses_leaves_the_rule_alone(till: Till) -> None:
    used, other = till.card(), till.card(MASTERCARD)
    till.set_rule(used)
    before = till.state()
    assert ask(till, "DELETE", f"{CARDS}/{other}").status == 204
    assert till.state() == before


def test_foreign_unknown_and_invalid_cards_are_not_removed(till: Till) -> None:
    till.world.create_account("acct_2")
    theirs = till.card(account="acct_2")
    till.card()
    before = till.world.stack.items()
    for card in (theirs, "pm_unknown", "pm_card_visa"):
        answer = ask(till, "DELETE", f"{CARDS}/{card}")
        assert (answer.status, answer.code) == (404, "unknown_payment_method"), card
    answer = ask(till, "DELETE", f"{CARDS}/pm-1")
    assert (answer.status, answer.code) == (422, "invalid_payment_method")
    assert [item["id"] for item in listed(till, "acct_2")] == [theirs]
    assert till.world.stack.items() == before


def test_a_card_is_removed_from_a_closed_account_too(till: Till) -> None:
    card = till.card()
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert ask(till, "DELETE", f"{CARDS}/{card}").status == 204


# --- Access -----------------------------------------------------------------------------------------------------------


def test_who_is_no_billing_admin_neither_sees_nor_changes_cards(till: Till) -> None:
    card = till.card()
    before, asked = till.everything(), len(till.wire.sent)
    for method, path in (("GET", CARDS), ("POST", CARDS), ("DELETE", f"{CARDS}/{card}"), ("DELETE", f"{CARDS}/pm-1")):
        answer = ask(till, method, path, **MEMBER)
        assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert till.everything() == before
    assert len(till.wire.sent) == asked


def test_an_account_that_does_not_exist_has_no_cards(till: Till) -> None:
    for method, path in (("GET", CARDS), ("POST", CARDS), ("DELETE", f"{CARDS}/pm_1")):
        answer = ask(till, method, path, account="acct_x")
        assert (answer.status, answer.code) == (404, "unknown_account")
    assert till.wire.sent == []
