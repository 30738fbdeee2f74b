"""Limits that a customer sets, accounts that are frozen, refusals that are told: and what each means for calls and for
automatic recharge.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.freezing import freeze_account, unfreeze_account
from calling_credit.accounts.limits import Limits, parse_customer_limits
from calling_credit.errors import NotFound
from calling_credit.links.link import freeze_link
from calling_credit.links.store import LinkStore, withdraw_links
from calling_credit.links.tokens import issue_link
from tests.harness.http import http_event
from tests.harness.table import sample_event
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, Wire, refusal
from tests.harness.world import MOBILE, PREMIUM, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb
ADDRESS = sample_event("change_settings")["requestContext"]["http"]["sourceIp"]


def account(world: World) -> dict[str, Any]:
    """The account's own item."""
    [item] = world.of_kind("ACCOUNT")
    return item


def limits(world: World) -> dict[str, Any]:
    """GET /limits, as a member sees it."""
    answer = world.ask("change_settings", "GET", "/limits", **{"cognito:groups": "[member]"})
    assert answer.status == 200, answer.text
    shown: dict[str, Any] = answer.body
    return shown


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_limits_are_shown_to_everyone_of_the_account(world: World) -> None:
    assert limits(world) == {
        "daily_spend": "200.00",
        "call_price": "50.00",
        "simultaneous_calls": 30,
        "high_cost": "2.00",
        "blocked": [],
        "high_cost_allowed": [],
        "own": {},
        "frozen": False,
    }


def test_a_billing_admin_tightens_them_and_calls_follow_at_once(world: World) -> None:
    world.adjust("50.00", "credit")
    answer = world.change("/limits", {"call_price": "0.50", "blocked": ["+447"]}, sub="someone")
    assert (answer.status, answer.body["own"]) == (200, {"call_price": "0.50", "blocked": ["+447"]})
    assert world.authorize(to=MOBILE).body["reason"] == "destination_blocked"
    assert world.authorize("c_2").body["limited_by"] == "call_price_limit"
    item = account(world)
    assert (item["own_limits_by"], item["own_limits_from"]) == ("user:someone", ADDRESS)
    world.change("/limits", {"call_price": None, "blocked": []})
    assert world.authorize("c_3", MOBILE).body["held"] == "2.50"


def test_what_is_high_in_cost_is_allowed_by_name(world: World) -> None:
    world.adjust("50.00", "credit")
    assert world.authorize(to=PREMIUM).body["reason"] == "high_cost_destination"
    assert world.change("/limits", {"high_cost_allowed": ["+1900"]}).status == 200
    assert world.authorize(to=PREMIUM).body["held"] == "20.50"


def test_the_operators_limits_are_the_most_a_customer_may_set(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "20.00"}})
    answer = world.change("/limits", {"daily_spend": "20.01"})
    assert (answer.status, answer.code) == (422, "above_operators_limit")
    assert limits(world)["daily_spend"] == "20.00"
    assert world.change("/limits", {"daily_spend": "5.00"}).body["daily_spend"] == "5.00"


def test_two_who_set_limits_at_once_lose_neither(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app = world.stack.apps["change_settings"]
    others = iter([{"blocked": ["CU"]}, {"call_price": "1.00"}])

    def slowly(body: dict[str, Any], own: dict[str, Any], operators: Limits) -> dict[str, Any]:
        for other in others:
            assert world.change("/limits", other).status == 200
        return parse_customer_limits(body, own, operators)

    monkeypatch.setattr(app, "parse_customer_limits", slowly)
    answer = world.change("/limits", {"daily_spend": "5.00"})
    assert answer.body["own"] == {"daily_spend": "5.00", "call_price": "1.00", "blocked": ["CU"]}
    assert limits(world)["own"] == answer.body["own"]


def test_only_a_billing_admin_sets_limits(world: World) -> None:
    before = world.stack.items()
    answer = world.change("/limits", "{", **{"cognito:groups": "[member]"})
    assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert world.stack.items() == before


# --- What is told -----------------------------------------------------------------------------------------------------


def test_a_refusal_is_kept_once_an_hour_for_each_reason(world: World) -> None:
    world.adjust("50.00", "credit")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"blocked": ["GB"]}})

    def refused(call_id: str, to: str) -> int:
        before = world.of_kind("DENIAL")
        assert world.authorize(call_id, to).body["decision"] == "deny"
        return int(world.of_kind("DENIAL") != before)

    assert [refused(f"c_{number}", UNITED_KINGDOM) for number in range(3)] == [1, 0, 0]
    [item] = world.of_kind("DENIAL")
    assert (item["reason"], item["call_id"], item["to"]) == ("destination_blocked", "c_0", "GB…50")
    assert UNITED_KINGDOM not in str(item)
    assert refused("c_3", PREMIUM) == 1
    world.clock.now += timedelta(minutes=60)
    assert [refused("c_4", UNITED_KINGDOM), refused("c_5", UNITED_KINGDOM)] == [1, 0]
    assert world.of_kind("DENIAL")[0]["denials"] == 3


@pytest.mark.parametrize("reason", ["insufficient_credit", "unknown_line", "destination_unrated"])
def test_what_is_no_fraud_writes_nothing(world: World, reason: str) -> None:
    asked: dict[str, dict[str, Any]] = {
        "insufficient_credit": {},
        "unknown_line": {"line_id": "line_x"},
        "destination_unrated": {"to": "+33142685300"},
    }
    before = world.stack.items()
    assert world.authorize(**asked[reason]).body["reason"] == reason
    assert world.stack.items() == before


def test_an_answer_does_not_wait_for_what_cannot_be_told(world: World, wire: Wire) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"blocked": ["GB"]}})

    def refuse(sent: Sent, passed: Pass) -> Any:
        return refusal(400, "ValidationException") if sent.operation == "TransactWriteItems" else passed()

    with wire.interfering(refuse):
        assert world.authorize().body["reason"] == "destination_blocked"
    assert world.of_kind("DENIAL") == []


# --- Freezing ---------------------------------------------------------------------------------------------------------


def test_freezing_is_remembered_with_who_when_and_from_where(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_1", {"frozen": True}).body["frozen"] is True
    item = account(world)
    assert (item["frozen_at"], item["frozen_by"], item["frozen_from"]) == (
        "2026-11-23T12:00:00.000Z",
        "operator:3n4exampleoperator",
        "203.0.113.7",
    )
    world.clock.now += timedelta(minutes=1)
    assert world.operate("PUT", "/accounts/acct_1", {"frozen": True, "time_zone": "UTC"}).status == 200
    assert account(world)["frozen_at"] == item["frozen_at"], "frozen once"
    assert limits(world)["frozen"] is True
    assert world.operate("PUT", "/accounts/acct_1", {}).body["frozen"] is True
    assert world.operate("PUT", "/accounts/acct_1", {"frozen": False}).body["frozen"] is False
    item = account(world)
    assert ("frozen_at" in item, item["unfrozen_at"]) == (False, "2026-11-23T12:01:00.000Z")


def test_calls_that_run_end_and_are_charged_while_the_account_is_frozen(world: World) -> None:
    world.adjust("5.00", "credit")
    world.authorize()
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    world.clock.now += timedelta(seconds=540)
    answer = world.authorize().body
    assert (answer["decision"], answer["reason"], answer["max_seconds"]) == ("deny", "account_frozen", 600)
    assert world.deliver({}) == []
    assert world.balance() == 4_700_000


@pytest.mark.parametrize("seconds_run", [None, 540])
def test_nothing_is_held_that_was_decided_on_before_the_account_was_frozen(
    world: World, wire: Wire, seconds_run: int | None
) -> None:
    world.adjust("5.00", "credit")
    if seconds_run is not None:
        world.authorize()
        world.clock.now += timedelta(seconds=seconds_run)
    frozen: list[Sent] = []

    def freeze_first(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not frozen:
            frozen.append(sent)
            assert world.operate("PUT", "/accounts/acct_1", {"frozen": True}).status == 200
        return passed()

    with wire.interfering(freeze_first):
        answer = world.authorize().body
    assert (answer["decision"], answer["reason"]) == ("deny", "account_frozen")
    assert len(world.of_kind("HOLD")) == (seconds_run is not None)
    world.operate("PUT", "/accounts/acct_1", {"frozen": False})
    assert world.authorize("c_2").body["decision"] == "allow"
    world.balance()


def test_an_unknown_account_cannot_be_frozen(world: World) -> None:
    client, name = world.stack.dynamodb, world.stack.table_name
    for turn in (freeze_account, unfreeze_account):
        with pytest.raises(NotFound):
            turn(client, name, "acct_nobody", "by", world.clock.now, "from")


@pytest.fixture
def armed(till: Till) -> Iterator[Till]:
    """Acct_1 recharges below 40 dollars, and stands above."""
    till.world.adjust("45.00", "credit")
    till.set_rule(till.card(), threshold="40.00")
    till.stream()
    yield till
    till.check()


def freeze(till: Till, *, is_frozen: bool) -> None:
    """PUT frozen."""
    assert till.world.operate("PUT", "/accounts/acct_1", {"frozen": is_frozen}).status == 200


def test_a_frozen_account_is_not_recharged_and_says_so_and_goes_on_when_it_is_let_go(armed: Till) -> None:
    freeze(armed, is_frozen=True)
    armed.world.adjust("-30.00", "spent")
    armed.stream()
    assert armed.top_ups() == []
    shown = armed.shown_rule()
    assert (shown["status"], shown["reason"], shown["message"]) == (
        "paused",
        "account_frozen",
        "Paused: the account is frozen.",
    )
    assert armed.world.get("/balance").body["auto_recharge"]["reason"] == "account_frozen"
    armed.sweep(hours=7)
    armed.stream()
    assert armed.top_ups() == []
    freeze(armed, is_frozen=False)
    armed.stream()
    assert [item["status"] for item in armed.top_ups()] == ["succeeded"]


def test_a_recharge_is_not_begun_though_one_read_saw_the_account_before_the_freeze_and_its_rule_after(
    armed: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB reads each item of a batch as of its own moment."""
    armed.world.adjust("-30.00", "spent")
    from calling_credit.recharge import store  # noqa: PLC0415 - after moto

    at_once: Any = vars(store)["read_many"]
    torn: list[Any] = []

    def read_many(client: Any, table_name: str, keys: list[tuple[str, str]]) -> Any:
        before = at_once(client, table_name, keys)
        if not torn:
            torn.append(before)
            freeze(armed, is_frozen=True)
            return at_once(client, table_name, keys) | {keys[0]: before[keys[0]]}
        return before

    monkeypatch.setattr(store, "read_many", read_many)
    armed.stream()
    assert torn
    assert armed.top_ups() == []
    assert armed.charged() == []


def test_a_recharge_decided_on_just_before_is_not_begun(armed: Till, wire: Wire) -> None:
    """Between the decision and the claim the account is frozen."""
    armed.world.adjust("-30.00", "spent")
    frozen: list[Sent] = []

    def freeze_first(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and "TOPUP#" in str(sent.body) and not frozen:
            frozen.append(sent)
            freeze(armed, is_frozen=True)
        return passed()

    with wire.interfering(freeze_first):
        armed.stream()
    assert frozen
    assert armed.top_ups() == []


def link_page(world: World, token: str, method: str) -> tuple[int, str]:
    """What the holder of a link sees."""
    event = http_event("add_funds", method, f"/links/{token}", signed_in=False)
    answer = world.invoke("add_funds", event)
    return answer.status, answer.text


def test_the_link_of_an_alert_freezes_once_its_button_is_pressed_and_not_when_it_is_opened(world: World) -> None:
    link = freeze_link("acct_1", "evt_1", "2026-11-23T12:00:00.000Z")
    links = LinkStore(world.stack.dynamodb, world.stack.table_name)
    token = issue_link(links, "test-secret", "https://page.test/", link, world.clock.now).rpartition("/")[2]
    for _ in range(2):
        status, shown = link_page(world, token, "GET")
        assert (status, "Freeze now" in shown, "acct_1" in shown) == (200, True, True)
    assert "frozen_at" not in account(world)
    for _ in range(2):
        status, shown = link_page(world, token, "POST")
        assert (status, "The account is frozen" in shown) == (200, True)
    assert account(world)["frozen_by"] == "link"
    assert "The account is frozen" in link_page(world, token, "GET")[1]
    world.clock.now += timedelta(days=7)
    assert link_page(world, token, "POST")[0] == 404


def test_a_link_to_freeze_that_was_withdrawn_freezes_nothing(world: World) -> None:
    link = freeze_link("acct_1", "evt_1", "2026-11-23T12:00:00.000Z")
    links = LinkStore(world.stack.dynamodb, world.stack.table_name)
    token = issue_link(links, "test-secret", "https://page.test/", link, world.clock.now).rpartition("/")[2]
    withdraw_links(world.stack.dynamodb, world.stack.table_name, "acct_1", now=world.clock.now)
    assert link_page(world, token, "POST")[0] == 404
    assert "frozen_at" not in account(world)


# --- A recharge that may help -----------------------------------------------------------------------------------------


def test_a_call_that_a_recharge_may_pay_for_is_told_to_come_again_and_the_recharge_is_woken(armed: Till) -> None:
    world = armed.world
    world.adjust("-45.00", "spent")
    armed.take_records()  # And the function never heard of it.
    answer = world.authorize().body
    assert (answer["reason"], answer["retry_after_seconds"]) == ("recharging", 15)
    armed.stream()
    assert [item["status"] for item in armed.top_ups()] == ["succeeded"]
    assert world.authorize().body["decision"] == "allow"


def test_a_rule_that_cannot_help_is_not_woken(armed: Till) -> None:
    world = armed.world
    world.change("/auto-recharge", {"enabled": False})
    world.adjust("-45.00", "spent")
    before = world.of_kind("BALANCE")
    assert world.authorize().body["reason"] == "insufficient_credit"
    assert world.of_kind("BALANCE") == before
