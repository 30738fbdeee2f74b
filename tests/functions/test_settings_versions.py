"""A change names the version that it was made from; settings that changed since are not overwritten, but answered."""

from collections.abc import Callable
from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from tests.harness.cards import DECLINED, MASTERCARD
from tests.harness.http import Answer
from tests.harness.recharging import fails_once, leave, patch_rule, put_rule
from tests.harness.threads import at_once
from tests.harness.till import Till
from tests.harness.wire import Wire
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]
WRONG = ["1", 1.5, True, -1, [1]]


def put(till: Till, **body: Any) -> Answer:
    """PUT /auto-recharge."""
    return put_rule(till, body)


def repeated(change: Callable[[], Answer]) -> Answer:
    """The answer to a change that is sent again while the table is too busy for it."""
    while (answer := change()).status == 503:
        pass
    return answer


def is_conflict(answer: Answer, current: dict[str, Any]) -> bool:
    """Whether this is the answer to an outdated change, with these current values."""
    return (answer.status, answer.code, answer.body.get("current")) == (409, "changed_meanwhile", current)


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def rule(till: Till) -> Till:
    """A rule that is on, above its threshold, in its second version."""
    leave(till, "20.00")
    till.set_rule(till.card(), daily_limit="300.00")
    till.rule(threshold="11.00")
    return till


def test_patch_changes_only_the_named_settings(rule: Till) -> None:
    before = rule.shown_rule()
    answer = patch_rule(rule, threshold="12.00")
    assert (answer.status, answer.body) == (200, before | {"threshold": "12.00", "version": 3})
    answer = patch_rule(rule, hourly_count=7, version=3)
    assert answer.body == rule.shown_rule() == before | {"threshold": "12.00", "hourly_count": 7, "version": 4}


@pytest.mark.parametrize("send", [put, patch_rule])
@pytest.mark.parametrize(
    "change", [{"amount": "60.00"}, {"enabled": False}, {"daily_limit": "250.00"}, {"enabled": True, "amount": "51.00"}]
)
def test_an_older_version_is_refused_with_the_current_values(
    rule: Till, send: Callable[..., Answer], change: dict[str, Any]
) -> None:
    before = rule.everything()
    assert is_conflict(send(rule, **change, version=1), rule.shown_rule())
    assert is_conflict(send(rule, **change, version=9), rule.shown_rule())
    assert rule.everything() == before
    answer = send(rule, **change, version=2)
    assert (answer.status, answer.body["version"]) == (200, 3)


@pytest.mark.parametrize("send", [put, patch_rule])
def test_a_change_whose_result_stands_is_answered_and_written_once(rule: Till, send: Callable[..., Answer]) -> None:
    first = send(rule, amount="60.00", version=2)
    before = rule.everything()
    again = send(rule, amount="60.00", version=2)
    assert (again.status, again.body) == (200, first.body)
    assert rule.everything() == before


def test_an_outdated_change_that_no_longer_fits_is_answered_with_409(rule: Till) -> None:
    patch_rule(rule, amount="150.00")
    assert is_conflict(patch_rule(rule, daily_limit="100.00", version=2), rule.shown_rule())


def test_an_outdated_change_never_reaches_stripe(rule: Till) -> None:
    asked = len(rule.world.stack.stripe.sent)
    assert is_conflict(patch_rule(rule, payment_method_id="pm_gone", version=1), rule.shown_rule())
    assert len(rule.world.stack.stripe.sent) == asked


@pytest.mark.parametrize("send", [put, patch_rule])
def test_without_a_version_the_last_write_wins(rule: Till, send: Callable[..., Answer]) -> None:
    assert send(rule, amount="60.00").status == send(rule, amount="70.00", version=None).status == 200
    assert rule.shown_rule()["amount"] == "70.00"


@pytest.mark.parametrize("version", WRONG, ids=str)
def test_a_version_is_a_whole_number(rule: Till, version: Any) -> None:
    before = rule.everything()
    answer = patch_rule(rule, amount="60.00", version=version)
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert rule.everything() == before


def test_attempts_do_not_move_the_version(till: Till) -> None:
    fails_once(till, DECLINED)
    assert till.shown_rule()["version"] == 1
    till.sweep(hours=1)
    till.stream()
    assert till.shown_rule()["version"] == 1
    assert put(till, threshold="9.00", version=1).body["version"] == 2


def test_a_first_rule_is_made_from_version_0(till: Till) -> None:
    body = {"enabled": False, "threshold": "10.00", "amount": "50.00", "payment_method_id": till.card()}
    assert is_conflict(put(till, **body, version=1), till.shown_rule())
    assert put(till, **body, version=0).body["version"] == 1
    other = body | {"threshold": "20.00"}
    assert is_conflict(put(till, **other, version=0), till.shown_rule())
    assert put(till, **body, version=0).status == 200


@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("first", [put, patch_rule])
def test_of_two_changes_from_one_version_one_wins(
    rule: Till, wire: Wire, first: Callable[..., Answer], attempt: int
) -> None:
    wire.with_conflicts = True
    answers = at_once(
        lambda: repeated(lambda: first(rule, amount="60.00", version=2)),
        lambda: repeated(lambda: patch_rule(rule, threshold="13.00", version=2)),
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    [won] = [answer.body for answer in answers if answer.status == 200]
    assert rule.shown_rule() == won
    assert won["version"] == 3


def test_patches_of_two_tabs_at_once_without_a_version_lose_neither(rule: Till, wire: Wire) -> None:
    wire.with_conflicts = True
    other = rule.card(MASTERCARD)
    answers = at_once(
        lambda: repeated(lambda: patch_rule(rule, threshold="13.00")),
        lambda: repeated(lambda: patch_rule(rule, payment_method_id=other)),
    )
    assert [answer.status for answer in answers] == [200, 200]
    stands = rule.shown_rule()
    assert (stands["threshold"], stands["payment_method_id"]) == ("13.00", other)


# --- Limits and lines -------------------------------------------------------------------------------------------------


def test_limits_are_not_overwritten_from_an_older_version(world: World) -> None:
    assert world.change("/limits", {"daily_spend": "5.00", "version": 0}).body["version"] == 1
    current = world.ask("change_settings", "GET", "/limits").body
    before = world.stack.items()
    assert is_conflict(world.change("/limits", {"daily_spend": None, "version": 0}), current)
    assert is_conflict(world.change("/limits", {"daily_spend": "900.00", "version": 0}), current)
    assert world.change("/limits", {"daily_spend": "5.00", "version": 0}).body == current
    assert world.stack.items() == before
    assert world.change("/limits", {"blocked": ["CU"], "version": 1}).body["version"] == 2
    assert world.change("/limits", {"blocked": ["GB"]}).body["version"] == 3
    assert world.change("/limits", {"blocked": ["GB"]}).body["version"] == 3


def test_of_two_limits_from_one_version_one_wins(world: World, wire: Wire) -> None:
    wire.with_conflicts = True
    answers = at_once(
        lambda: world.change("/limits", {"daily_spend": "5.00", "version": 0}),
        lambda: world.change("/limits", {"call_price": "1.00", "version": 0}),
    )
    assert sorted(answer.status for answer in answers) == [200, 409]


def test_a_line_is_not_switched_from_an_older_version(world: World) -> None:
    [line] = world.get("/lines").body["items"]
    off = {"international_calling": False, "version": line["version"]}
    answer = world.change("/lines/line_1", off)
    assert answer.body == line | {"international_calling": False, "version": line["version"] + 1}
    before = world.stack.items()
    assert world.change("/lines/line_1", off).body == answer.body
    assert is_conflict(world.change("/lines/line_1", off | {"international_calling": True}), answer.body)
    assert world.stack.items() == before
    assert world.change("/lines/line_1", {"international_calling": True}).body["version"] == line["version"] + 2


@pytest.mark.parametrize(
    "change", [{"user_id": "user_9"}, {"number": "+14155550177"}, {"international_calling": False}]
)
def test_an_operators_change_of_a_line_moves_its_version(world: World, change: dict[str, Any]) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_9", {"name": "Noor"})
    [line] = world.get("/lines").body["items"]
    assert world.operate("PUT", "/accounts/acct_1/lines/line_1", change).body["version"] == line["version"] + 1
    assert world.operate("PUT", "/accounts/acct_1/lines/line_1", change).body["version"] == line["version"] + 1
    switched = {"international_calling": "international_calling" in change, "version": line["version"]}
    assert world.change("/lines/line_1", switched).code == "changed_meanwhile"


def test_of_two_switches_from_one_version_one_is_made(world: World, wire: Wire) -> None:
    [line] = world.get("/lines").body["items"]
    wire.with_conflicts = True
    off = {"international_calling": False, "version": line["version"]}
    answers = at_once(
        lambda: world.change("/lines/line_1", off),
        lambda: world.operate("PUT", "/accounts/acct_1/lines/line_1", {"number": "+14155550177"}),
    )
    [line] = world.get("/lines").body["items"]
    assert answers[1].status == 200
    assert (answers[0].status == 200) == (not line["international_calling"])


@pytest.mark.parametrize("version", WRONG, ids=str)
@pytest.mark.parametrize(
    ("path", "body"), [("/limits", {"daily_spend": "5.00"}), ("/lines/line_1", {"international_calling": False})]
)
def test_a_version_of_limits_or_lines_is_a_whole_number(
    world: World, path: str, body: dict[str, Any], version: Any
) -> None:
    before = world.stack.items()
    answer = world.change(path, body | {"version": version})
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert world.stack.items() == before


@pytest.mark.parametrize(("is_on", "changes", "version"), [(False, None, 0), (True, 4, 4)])
def test_a_line_of_an_earlier_release_has_its_switches_as_version(
    world: World, is_on: bool, changes: int | None, version: int
) -> None:
    line = {"number": "+14155550177", "user_id": "user_1", "international_calling": is_on}
    world.operate("PUT", "/accounts/acct_1/lines/line_0", line)
    item = world.of_kind("LINE")[0] | {"changes": changes}
    old = {name: value for name, value in item.items() if name != "line_version" and value is not None}
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=to_attributes(old))
    [shown] = [item for item in world.get("/lines").body["items"] if item["line_id"] == "line_0"]
    assert shown["version"] == version
    body = {"international_calling": not is_on, "version": version}
    assert world.change("/lines/line_0", body).body["version"] == version + 1
