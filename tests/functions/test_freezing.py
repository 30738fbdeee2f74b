"""A frozen account starts no call and no recharge until it is unfrozen."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.freezing import freeze_account, unfreeze_account
from calling_credit.errors import NotFound
from calling_credit.links.link import freeze_link
from calling_credit.links.store import LinkStore, withdraw_links
from calling_credit.links.tokens import issue_link
from tests.functions.freeze_bench import account, limits
from tests.harness.actors import OPERATOR
from tests.harness.http import http_event
from tests.harness.recharging import spend
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


# --- Freezing ---------------------------------------------------------------------------------------------------------


def test_a_freeze_is_recorded_with_user_time_and_address(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_1", {"frozen": True}).body["frozen"] is True
    item = account(world)
    assert (item["frozen_at"], item["frozen_by"], item["frozen_from"]) == (
        "2026-11-23T12:00:00.000Z",
        "client:3n4exampleoperator",
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


def test_running_calls_of_a_frozen_account_end_and_are_charged(world: World) -> None:
    world.adjust("5.00", "credit")
    world.authorize()
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    world.clock.now += timedelta(seconds=540)
    answer = world.authorize().body
    assert (answer["decision"], answer["reason"], answer["max_seconds"]) == ("deny", "account_frozen", 600)
    assert world.deliver({}) == []
    assert world.balance() == 4_700_000


@pytest.mark.parametrize("seconds_run", [None, 540])
def test_a_decision_made_before_the_freeze_holds_nothing(world: World, wire: Wire, seconds_run: int | None) -> None:
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


def test_refused_calls_are_announced_again_after_an_unfreezing(world: World) -> None:
    """Their mail carries a new freeze link, because the unfreezing withdrew the one before."""
    world.operate("PUT", "/accounts/acct_1", {"limits": {"blocked": ["GB"]}})
    counts = []
    for turn in (None, True, False):
        world.clock.now += timedelta(minutes=1)
        if turn is not None:
            world.operate("PUT", "/accounts/acct_1", {"frozen": turn})
        for seconds in (1, 2):
            world.clock.now += timedelta(seconds=seconds)
            world.authorize()
            [item] = world.of_kind("DENIAL")
            counts.append((item["reason"], item["denials"]))
    refused, frozen = "destination_blocked", "account_frozen"
    assert counts == [(refused, 1), (refused, 1), (frozen, 2), (frozen, 2), (refused, 3), (refused, 3)]


def test_an_unknown_account_cannot_be_frozen(world: World) -> None:
    client, name = world.stack.dynamodb, world.stack.table_name
    for turn in (freeze_account, unfreeze_account):
        with pytest.raises(NotFound):
            turn(client, name, "acct_nobody", OPERATOR, world.clock.now)


@pytest.fixture
def armed(till: Till) -> Iterator[Till]:
    """Acct_1 with a threshold of 40 dollars and a higher balance."""
    till.world.adjust("45.00", "credit")
    till.set_rule(till.card(), threshold="40.00")
    till.stream()
    yield till
    till.check()


def freeze(till: Till, *, is_frozen: bool) -> None:
    """Freeze or unfreeze acct_1."""
    assert till.world.operate("PUT", "/accounts/acct_1", {"frozen": is_frozen}).status == 200


def test_a_frozen_account_recharges_only_after_it_is_unfrozen(armed: Till) -> None:
    freeze(armed, is_frozen=True)
    spend(armed, "30.00")
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


def test_unfreezing_charges_nothing_that_no_call_caused(armed: Till) -> None:
    """Credit was taken back while the account was frozen, and its calls were refused for the freeze."""
    freeze(armed, is_frozen=True)
    armed.world.adjust("-45.00", "wrong grant")
    assert armed.world.authorize().body["reason"] == "account_frozen"
    freeze(armed, is_frozen=False)
    for hours in (0, 1, 7):
        armed.sweep(hours=hours)
        armed.stream()
    assert armed.charged() == []


def test_a_freeze_between_two_reads_prevents_a_recharge(armed: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB reads each item of a batch at its own moment."""
    spend(armed, "30.00")
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


def test_a_recharge_decided_just_before_the_freeze_does_not_begin(armed: Till, wire: Wire) -> None:
    """The account is frozen between the decision and the claim."""
    spend(armed, "30.00")
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
    """The status and text of the page behind a link."""
    event = http_event("follow_links", method, f"/links/{token}", signed_in=False)
    answer = world.invoke("follow_links", event)
    return answer.status, answer.text


def test_an_alert_link_freezes_when_its_button_is_pressed_not_on_opening(world: World) -> None:
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
    assert account(world)["frozen_by"].startswith("link:")
    assert "The account is frozen" in link_page(world, token, "GET")[1]
    world.clock.now += timedelta(days=7)
    assert link_page(world, token, "POST")[0] == 404


def test_a_link_to_freeze_that_was_withdrawn_freezes_nothing(world: World) -> None:
    link = freeze_link("acct_1", "evt_1", "2026-11-23T12:00:00.000Z")
    links = LinkStore(world.stack.dynamodb, world.stack.table_name)
    token = issue_link(links, "test-secret", "https://page.test/", link, world.clock.now).rpartition("/")[2]
    withdraw_links(world.stack.dynamodb, world.stack.table_name, "acct_1", OPERATOR, world.clock.now)
    assert link_page(world, token, "POST")[0] == 404
    assert "frozen_at" not in account(world)


# --- A recharge that may help -----------------------------------------------------------------------------------------


def test_a_call_waiting_for_a_recharge_is_asked_to_retry_and_starts_it(armed: Till) -> None:
    world = armed.world
    world.adjust("-45.00", "spent")
    armed.take_records()  # The function never received the record.
    answer = world.authorize().body
    assert (answer["reason"], answer["retry_after_seconds"]) == ("recharging", 15)
    armed.stream()
    assert [item["status"] for item in armed.top_ups()] == ["succeeded"]
    assert world.authorize().body["decision"] == "allow"


def test_a_rule_that_cannot_recharge_is_not_triggered(armed: Till) -> None:
    world = armed.world
    world.change("/auto-recharge", {"enabled": False})
    world.adjust("-45.00", "spent")
    before = world.of_kind("BALANCE")
    assert world.authorize().body["reason"] == "insufficient_credit"
    assert world.of_kind("BALANCE") == before
