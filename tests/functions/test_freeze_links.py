"""A freeze link freezes its account once. It records that it acted, and unfreezing withdraws all others."""

from typing import Any

import pytest

from calling_credit.links.link import hash_of
from tests.functions.freeze_bench import FROZEN, INVALID, USED, account, freeze, is_frozen, issued, press
from tests.functions.links_bench import heading
from tests.harness.till import Till
from tests.harness.wire import Killed, Pass, Sent, Wire

pytestmark = pytest.mark.dynamodb


def test_a_freeze_link_acts_once_and_says_so_afterwards(till: Till) -> None:
    token = issued(till)
    assert press(till, token) == FROZEN
    till.later(minutes=1)
    assert press(till, token) == FROZEN, "that freeze stands"
    freeze(till, is_frozen=False)
    for _ in range(2):
        till.later(hours=1)
        assert press(till, token) == USED
        assert not is_frozen(till)
    assert till.world.authorize().body["decision"] == "deny"
    freeze(till, is_frozen=True)
    assert press(till, token) == USED, "another freeze"
    assert "The account is frozen again now" in till.visit(token).text


def test_the_account_and_the_link_record_which_link_acted_and_when(till: Till) -> None:
    first, second = issued(till), issued(till, "evt_2")
    till.later(minutes=5)
    press(till, second)
    shown = account(till.world)
    assert (shown["frozen_by"], shown["frozen_link"], shown["frozen_at"]) == (
        f"link:{hash_of(second)}",
        hash_of(second),
        "2026-11-23T12:05:00.000Z",
    )
    used = {item["SK"]: item.get("used_at") for item in till.world.of_kind("LINK")}
    assert used == {f"LINK#{hash_of(first)}": None, f"LINK#{hash_of(second)}": "2026-11-23T12:05:00.000Z"}
    freeze(till, is_frozen=False)
    assert "frozen_link" not in account(till.world)
    freeze(till, is_frozen=True)
    assert "frozen_link" not in account(till.world)


@pytest.mark.parametrize("minutes", [0, 1])
def test_unfreezing_withdraws_every_link_handed_out_before(till: Till, minutes: int) -> None:
    tokens = [issued(till, f"evt_{number}") for number in range(3)]
    till.later(minutes=minutes)
    press(till, tokens[0])
    till.later(minutes=minutes)
    freeze(till, is_frozen=False)
    assert [press(till, token) for token in tokens] == [USED, INVALID, INVALID]
    assert not is_frozen(till)
    later = issued(till, "evt_later")
    assert press(till, later) == FROZEN
    assert is_frozen(till)
    assert [press(till, token) for token in tokens] == [USED, FROZEN, FROZEN], "what a person has to know"


def test_a_link_handed_out_again_after_the_unfreezing_stays_withdrawn(till: Till) -> None:
    token = issued(till)
    freeze(till, is_frozen=True)
    freeze(till, is_frozen=False)
    till.later(minutes=1)
    assert issued(till) == token
    assert press(till, token) == INVALID


@pytest.mark.parametrize("ahead", [1, 900])
def test_a_clock_that_is_ahead_keeps_no_link_alive(till: Till, ahead: int) -> None:
    """The function that mails the link, and the one that unfreezes the account, run on two machines."""
    till.later(milliseconds=ahead)
    token = issued(till)
    till.later(milliseconds=-ahead)
    freeze(till)
    freeze(till, is_frozen=False)
    till.later(seconds=ahead)
    assert press(till, token) == INVALID
    till.later(milliseconds=-ahead)
    assert press(till, issued(till, "evt_2")) == FROZEN, "nor does one that is behind withdraw a link"


def test_a_link_that_froze_once_says_so_in_the_freeze_of_another(till: Till) -> None:
    first, other = issued(till), issued(till, "evt_2")
    assert press(till, first) == FROZEN
    freeze(till, is_frozen=False)
    later = issued(till, "evt_3")
    till.later(minutes=1)
    freeze(till, is_frozen=False)
    assert press(till, later) == FROZEN, "unfreezing an account that is not frozen withdraws no link"
    assert [press(till, token) for token in (first, other)] == [USED, FROZEN]
    freeze(till, is_frozen=False)
    assert [press(till, token) for token in (first, other, later)] == [USED, INVALID, USED]


def test_a_link_freezes_a_closed_account_and_no_other(till: Till) -> None:
    till.world.create_account("acct_2")
    token = issued(till)
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert till.visit(f"{token[:-2]}AA", "POST").status == 404
    assert press(till, token) == FROZEN
    assert "frozen_at" not in till.world.of_kind("ACCOUNT", "acct_2")[0]
    till.later(days=7)
    assert press(till, token) == INVALID, "it has expired"


@pytest.mark.parametrize("by", ["operator", "another link"])
def test_a_link_pressed_while_the_account_is_frozen_is_not_spent(till: Till, by: str) -> None:
    token, other = issued(till), issued(till, "evt_2")
    if by == "operator":
        freeze(till, is_frozen=True)
    else:
        press(till, other)
    before = till.world.stack.items()
    assert press(till, token) == FROZEN
    assert till.world.stack.items() == before
    [stored] = [item for item in till.world.of_kind("LINK") if item["SK"] == f"LINK#{hash_of(token)}"]
    assert "used_at" not in stored


@pytest.mark.parametrize("other", ["the same link", "another link", "the operator"])
def test_of_two_freezes_at_once_exactly_one_acts(till: Till, wire: Wire, other: str) -> None:
    token, second = issued(till), issued(till, "evt_2")
    till.set_rule(till.card())
    version = till.state()["state_version"]
    done: list[Any] = []

    def other_first(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not done:
            done.append(sent)
            if other == "the operator":
                freeze(till, is_frozen=True)
            else:
                assert press(till, token if other == "the same link" else second) == FROZEN
        return passed()

    with wire.interfering(other_first):
        answer = till.visit(token, "POST")
    assert done
    assert (answer.status, heading(answer)) == FROZEN
    assert till.state()["state_version"] == version + 1
    used = [item["SK"].removeprefix("LINK#") for item in till.world.of_kind("LINK") if "used_at" in item]
    expected = {"the same link": [hash_of(token)], "another link": [hash_of(second)], "the operator": []}[other]
    assert used == expected
    assert account(till.world).get("frozen_link") == (expected[0] if expected else None)


def test_a_link_pressed_during_an_unfreezing_does_not_act(till: Till, wire: Wire) -> None:
    """The account is frozen and unfrozen between the link's read and its write."""
    token = issued(till)
    done: list[Any] = []

    def turn_first(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not done:
            done.append(sent)
            freeze(till, is_frozen=True)
            till.later(seconds=1)
            freeze(till, is_frozen=False)
        return passed()

    with wire.interfering(turn_first):
        answer = till.visit(token, "POST")
    assert done
    assert (answer.status, heading(answer)) == INVALID
    assert not is_frozen(till)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("operation", ["GetItem", "TransactWriteItems"])
def test_a_press_killed_at_any_step_can_be_repeated(till: Till, wire: Wire, operation: str, moment: str) -> None:
    token = issued(till)
    hit: list[str] = []

    def kill(sent: Sent, passed: Pass) -> Any:
        if sent.operation != operation or hit:
            return passed()
        hit.append(sent.operation)
        if moment == "after":
            passed()
        raise Killed

    with wire.interfering(kill):
        try:
            till.visit(token, "POST")
        except Killed:
            wire.dead = False
    assert hit
    marks = ["used_at" in item for item in till.world.of_kind("LINK")]
    assert marks == [is_frozen(till)], "freeze and mark commit together"
    assert press(till, token) == FROZEN
    freeze(till, is_frozen=False)
    assert press(till, token) == USED


def test_opening_a_link_changes_nothing_in_any_state(till: Till) -> None:
    token = issued(till)
    for turn in (None, True, False):
        if turn is not None:
            freeze(till, is_frozen=turn)
        before = till.everything()
        till.visit(token)
        assert till.everything() == before
