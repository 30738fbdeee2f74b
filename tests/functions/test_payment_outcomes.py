"""The payments that users of the account see: outcomes, decline messages, receipts, and the list."""

import json
from typing import Any

import pytest

from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, PAYMENT_FIELDS, PROCESSING, VISA, declining
from tests.harness.http import MEMBER, Answer, http_event
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
DECLINED_CARD = {
    "code": "card_declined",
    "message": "Your bank declined the card. Use another card, or contact your bank.",
}


def listed(till: Till, *, account: str = "acct_1", claims: dict[str, Any] | None = None, **query: str) -> Answer:
    """GET /top-ups."""
    event = http_event("add_funds", "GET", "/top-ups", claims={"custom:account_id": account, **(claims or {})})
    event["queryStringParameters"] = query
    return till.world.invoke("add_funds", event)


def one(till: Till, topup_id: str, **claims: Any) -> Answer:
    """GET /top-ups/{id}."""
    return till.world.ask("add_funds", "GET", f"/top-ups/{topup_id}", **claims)


# --- Declines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        ("insufficient_funds", "insufficient_funds", "insufficient funds"),
        ("expired_card", "expired_card", "has expired"),
        ("incorrect_cvc", "incorrect_cvc", "security code"),
        ("processing_error", "processing_error", "in a few minutes"),
        ("withdrawal_count_limit_exceeded", "withdrawal_count_limit_exceeded", "over its limit"),
        ("card_velocity_exceeded", "card_velocity_exceeded", "over its limit"),
        ("generic_decline", "card_declined", "Your bank declined the card."),
        ("do_not_honor", "card_declined", "Your bank declined the card."),
        ("a_code_of_next_year", "card_declined", "Your bank declined the card."),
    ],
)
def test_a_decline_is_an_answer_with_a_code_and_words(till: Till, reason: str, code: str, words: str) -> None:
    shown = till.paid("25.00", till.card(declining(reason)))
    assert set(shown) == PAYMENT_FIELDS | {"failure"}
    assert (shown["status"], set(shown["failure"])) == ("failed", {"code", "message"})
    assert shown["failure"]["code"] == code
    assert words in shown["failure"]["message"]
    assert till.top_up(shown["id"]) == shown
    assert till.world.balance() == 0


@pytest.mark.parametrize("reason", ["lost_card", "stolen_card", "pickup_card", "fraudulent", "restricted_card"])
def test_no_response_says_that_a_card_is_lost_or_stolen(
    till: Till, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = till.paid("25.00", till.card(declining(reason)))
    assert shown["failure"] == DECLINED_CARD
    told = json.dumps(shown) + one(till, shown["id"]).text + listed(till).text + till.world.get("/statement").text
    assert not [word for word in ("lost", "stolen", "fraud", "pickup", "restricted") if word in told.lower()]
    [stored] = till.top_ups()
    assert stored["failure_code"] == reason, "the operator may know"


def test_a_declined_payment_can_take_no_money_later(till: Till) -> None:
    card = till.card(DECLINED)
    shown = till.paid("25.00", card)
    assert till.intent_of(shown["id"])["status"] == "canceled"
    assert till.call_all_back()
    assert till.top_up(shown["id"]) == shown
    assert till.sweep(days=2)["payments"] == 0
    assert till.world.entries() == []
    till.check()


def test_a_card_past_its_date_is_declined_as_expired(till: Till) -> None:
    card = till.card()
    till.stand_in.account.objects["payment_method"][card]["card"].update(exp_month=10, exp_year=2026)
    assert till.paid("25.00", card)["failure"]["code"] == "expired_card"


def test_after_a_decline_another_card_pays_under_a_key_of_its_own(till: Till) -> None:
    till.paid("25.00", till.card(DECLINED))
    assert till.paid("25.00", till.card(MASTERCARD))["status"] == "succeeded"
    assert till.world.balance() == 25_000_000
    till.check()


def test_a_payment_pending_at_stripe_is_processing_until_it_ends(till: Till) -> None:
    card = till.card(PROCESSING)
    first, second = till.paid("25.00", card), till.paid("30.00", card)
    assert [shown["status"] for shown in (first, second)] == ["processing", "processing"]
    till.settle_at_stripe(first["id"])
    till.settle_at_stripe(second["id"], reason="insufficient_funds")
    till.call_all_back()
    assert till.top_up(first["id"])["status"] == "succeeded"
    assert till.top_up(second["id"])["failure"]["code"] == "insufficient_funds"
    assert till.world.balance() == 25_000_000
    till.check()


# --- The list ---------------------------------------------------------------------------------------------------------


def several(till: Till) -> list[dict[str, Any]]:
    """Payments of every outcome, one minute apart, newest first."""
    cards = [till.card(kind) for kind in (VISA, DECLINED, MASTERCARD, VISA, CHALLENGED)]
    for card in cards:
        till.later(minutes=1)
        till.paid("25.00", card)
    return [till.top_up(item["topup_id"]) for item in reversed(till.top_ups())]


def test_payments_are_listed_newest_first_each_as_it_is_shown_alone(till: Till) -> None:
    shown = several(till)
    assert [item["status"] for item in shown] == ["requires_action", "succeeded", "succeeded", "failed", "succeeded"]
    answer = listed(till)
    assert answer.status == 200
    assert answer.body == {"items": shown, "next_cursor": None}


def test_an_account_without_payments_has_an_empty_list(till: Till) -> None:
    assert listed(till).body == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 200])
def test_the_pages_of_payments_together_are_the_list(till: Till, limit: int) -> None:
    shown, items, cursor = several(till), list[dict[str, Any]](), None
    while True:
        page = listed(till, limit=str(limit), **({"cursor": cursor} if cursor else {})).body
        assert 0 < len(page["items"]) <= limit
        items, cursor = items + page["items"], page["next_cursor"]
        if cursor is None:
            break
    assert items == shown


def test_a_payment_made_while_paging_is_not_listed_twice(till: Till) -> None:
    shown = several(till)
    first = listed(till, limit="2").body
    till.later(minutes=1)
    till.paid("25.00", till.card())
    rest = listed(till, cursor=first["next_cursor"]).body
    assert [item["id"] for item in first["items"] + rest["items"]] == [item["id"] for item in shown]


def test_a_cursor_of_another_list_or_account_or_an_edited_one_is_refused(till: Till) -> None:
    several(till)
    till.world.create_account("acct_2")
    till.world.deliver({}, {"call_id": "c_2"})
    cursor = listed(till, limit="1").body["next_cursor"]
    foreign = till.world.get("/statement", limit=1).body["next_cursor"]
    refused = [
        listed(till, account="acct_2", cursor=cursor),
        listed(till, cursor=foreign),
        listed(till, cursor=cursor[:-1]),
        listed(till, cursor=cursor.swapcase()),
        listed(till, cursor=""),
        till.world.get("/statement", cursor=cursor),
    ]
    assert {(answer.status, answer.code) for answer in refused} == {(422, "invalid_cursor")}
    for limit in ("0", "-1", "201", "x", ""):
        answer = listed(till, limit=limit)
        assert (answer.status, answer.code) == (422, "invalid_limit"), limit


# --- One payment ------------------------------------------------------------------------------------------------------


def test_a_payment_of_another_account_is_not_found(till: Till) -> None:
    till.world.create_account("acct_2")
    theirs = till.paid("25.00", till.card(account="acct_2"), account="acct_2")
    for topup_id in (theirs["id"], "tu_0", "x", "acct_2", "%23"):
        answer = one(till, topup_id)
        assert (answer.status, answer.code) == (404, "unknown_top_up"), topup_id
    assert theirs["id"] not in listed(till).text


def test_any_member_sees_payments_but_no_way_to_complete_them(till: Till) -> None:
    shown = several(till)
    assert "next_action_url" in shown[0]
    answer = listed(till, claims=MEMBER)
    assert answer.status == 200
    hidden = [{name: value for name, value in item.items() if name != "next_action_url"} for item in shown]
    assert answer.body["items"] == hidden
    assert one(till, shown[0]["id"], **MEMBER).body == hidden[0]


def test_a_receipt_is_there_once_it_is_paid_and_never_before(till: Till) -> None:
    shown = several(till)
    receipts = {charge["receipt_url"] for charge in till.objects("charge") if charge["status"] == "succeeded"}
    assert len(receipts) == 3
    assert {item["receipt_url"] for item in shown if item["status"] == "succeeded"} == receipts
    assert not [item for item in shown if item["status"] != "succeeded" and "receipt_url" in item]


def test_reading_changes_nothing_and_sends_no_stripe_request(till: Till) -> None:
    [latest, *_] = several(till)
    before, asked = till.everything(), len(till.wire.sent)
    listed(till)
    one(till, latest["id"])
    assert till.everything() == before
    assert len(till.wire.sent) == asked
