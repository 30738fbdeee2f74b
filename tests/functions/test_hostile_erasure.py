"""An erased number leaves no trace: not in reasons that operators typed, and not where staff search or export."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.corrections_bench import correct
from tests.functions.desk_bench import act, ask, read
from tests.functions.moves_bench import approve
from tests.functions.rerate_bench import charged
from tests.functions.test_exports import exported, files
from tests.harness.till import Till
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

SPELLINGS = (UNITED_KINGDOM, "+44 20 7183 8750", "442071838750", "+44 (20) 7183-8750")
DIGITS = "2071838750"


def digits_of(value: Any) -> str:
    """The digits of a value's JSON."""
    return "".join(character for character in json.dumps(value) if character.isdigit())


def erase(world: World) -> dict[str, Any]:
    """Erase the number; the answer."""
    answer = act(world, "/numbers/erase", {"number": UNITED_KINGDOM})
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.body
    return body


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_reason_that_an_operator_gave_keeps_the_number(till: Till, spelling: str) -> None:
    world, reason = till.world, f"About {spelling}, again"
    charged(world)
    assert world.operate("POST", "/accounts/acct_1/adjustments", {"amount": "50.00", "reason": reason}, key="k").status
    correct(world, 60, reason=reason)
    exported(world, reason=reason)
    till.set_rule(till.card())
    off = {"enabled": False, "reason": reason}
    assert world.operate("PUT", "/accounts/acct_1/auto-recharge", off).status == 200
    assert act(world, "/close", {"reason": reason}).status == 200
    before = {item["SK"]: item for item in world.of_kind("ENTRY")}
    erase(world)
    kept = [item for item in world.stack.items() if DIGITS in digits_of(item)]
    assert kept == []
    assert read(world, "/acct_1/close")["reason"] == "About GB…50, again"
    assert read(world, "/acct_1")["auto_recharge"]["switched_off"]["reason"] == "About GB…50, again"
    for item in world.of_kind("ENTRY"):
        changed = {name for name in item if item[name] != before[item["SK"]][name]}
        assert changed <= {"to", "facts_hash", "reason"}
        assert ("facts_hash" in changed) == ("to" in changed), "only a call's facts hold a number"
    assert world.balance() == sum(item["amount_micros"] for item in before.values())
    assert erase(world)["erased"] == 0


def test_a_repeated_request_after_the_erasure_moves_nothing_again(world: World) -> None:
    body = {"amount": "5.00", "reason": f"About {UNITED_KINGDOM}"}
    assert world.operate("POST", "/accounts/acct_1/adjustments", body, key="k").status == 201
    erase(world)
    assert world.operate("POST", "/accounts/acct_1/adjustments", body, key="k").code == "idempotency_key_reused"
    assert (world.balance(), len(world.entries())) == (5_000_000, 1)


def test_reasons_of_other_numbers_and_accounts_stay(world: World) -> None:
    world.create_account("acct_2")
    for account, reason in (("acct_1", "About +4420718387501 and 920718387500"), ("acct_2", UNITED_KINGDOM)):
        body = {"amount": "5.00", "reason": reason}
        assert world.operate("POST", f"/accounts/{account}/adjustments", body, key="k").status == 201
    before = world.stack.items()
    assert erase(world)["erased"] == 0
    assert world.stack.items() == before


def test_staff_and_customer_find_no_trace_of_an_erased_number(world: World) -> None:
    charged(world)
    world.operate("PUT", "/accounts/acct_1", {"limits": {"blocked": ["GB"]}})
    world.authorize("c_9", UNITED_KINGDOM)
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": f"Ada {UNITED_KINGDOM}"})
    world.clock.now += timedelta(minutes=1)
    erase(world)
    assert read(world, "", find=UNITED_KINGDOM)["items"] == []
    assert read(world, "", find="2071838750")["items"] == []
    pages = [read(world, f"/acct_1{path}") for path in ("", "/activity", "/denied-calls", "/mails", "/users", "/lines")]
    pages += [read(world, f"/acct_1/calls/{key}") for key in ("c_1", "c_9")]
    pages += [world.get(path).body for path in ("/activity", "/denied-calls", "/statement", "/lines")]
    pages += [read(world, "/acct_1/usage/outbound_international_call"), read(world, "/acct_1/statement")]
    assert [page for page in pages if DIGITS in digits_of(page)] == []
    content = files(exported(world))
    assert [name for name, text in content.items() if DIGITS in digits_of(text.decode())] == []
    assert [item["event"]["to"] for item in read_calls(world)] == ["GB…50", "GB…50"]


def read_calls(world: World) -> list[dict[str, Any]]:
    """The calls to the number around their time, which staff may still find by it."""
    found: list[dict[str, Any]] = read(
        world, "/acct_1/calls", number=UNITED_KINGDOM, at="2026-11-23T10:00:00Z", within=240
    )["items"]
    return found[:2]


def test_a_request_that_was_approved_leaves_no_number_in_the_activity(world: World) -> None:
    body = {"amount": "150.00", "reason": f"About {UNITED_KINGDOM}"}
    asked = world.desk("POST", "/accounts/acct_1/adjustments", body, key="k_1")
    assert asked.status == 202
    assert approve(world, asked.body["id"]).status == 200
    erase(world)
    assert DIGITS not in digits_of(read(world, "/acct_1/activity"))
    assert DIGITS not in digits_of(world.stack.items("acct_1"))


@pytest.mark.parametrize("group", ["support", "billing_admin", None])
def test_only_finance_erases(world: World, group: str | None) -> None:
    charged(world)
    before = world.stack.items()
    body = {"number": UNITED_KINGDOM}
    assert ask(world, "POST", "/operator/accounts/acct_1/numbers/erase", body, group=group).status == 403
    assert world.stack.items() == before
