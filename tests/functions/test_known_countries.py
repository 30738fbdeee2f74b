"""Countries are known by their charges of twelve months, or confirmed; calls to them are not capped."""

from datetime import timedelta

import pytest

from tests.functions.country_bench import CAP, DAY, counters, finished, index, switch_on
from tests.functions.desk_bench import ask
from tests.harness.http import MEMBER
from tests.harness.world import JAPAN, MOBILE, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb
DENIED, CONFIRM = "/operator/accounts/acct_1/denied-calls", "/operator/accounts/acct_1/countries/JP/confirm"


@pytest.fixture
def capped(world: World) -> World:
    """The world with 100.00 of credit and a cap of 5.00."""
    world.adjust("100.00", "credit")
    assert switch_on(world).status == 200
    return world


def test_confirmed_country_is_not_capped(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    assert capped.authorize("c_2", JAPAN, 600).body["reason"] == "first_country_cap"
    answer = capped.ask("change_settings", "POST", "/countries/JP/confirm")
    assert (answer.status, answer.body) == (200, {"country": "JP", "confirmed_at": "2026-11-23T12:00:00.000Z"})
    [change] = capped.changes("country_confirmed")
    assert (change["subject"], change["new"]) == ("country:JP", {"confirmed": True})
    third = capped.authorize("c_3", JAPAN, DAY).body
    assert (third["decision"], third.get("limited_by")) == ("allow", None)


def test_a_capped_call_says_whether_its_country_is_known_by_now(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    capped.authorize("c_2", JAPAN, 600)
    [call] = capped.get("/denied-calls").body["items"]
    assert (call["reason"], call["country"], call["country_known"]) == ("first_country_cap", "JP", False)
    capped.ask("change_settings", "POST", "/countries/JP/confirm")
    [call] = capped.get("/denied-calls").body["items"]
    assert call["country_known"] is True


def test_finance_staff_confirm_a_country_at_the_desk(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    capped.authorize("c_2", JAPAN, 600)
    [call] = ask(capped, "GET", DENIED).body["items"]
    assert (call["country"], call["country_known"]) == ("JP", False)
    assert ask(capped, "POST", CONFIRM, {}, group="support").code == "finance_required"
    assert ask(capped, "POST", CONFIRM.replace("JP", "jp"), {}).code == "invalid_place"
    answer = ask(capped, "POST", CONFIRM, {})
    assert (answer.status, answer.body) == (200, {"country": "JP", "confirmed_at": "2026-11-23T12:00:00.000Z"})
    [change] = capped.changes("country_confirmed")
    assert (change["by"], change["subject"]) == ("staff:staff-1", "country:JP")
    [call] = ask(capped, "GET", DENIED).body["items"]
    assert call["country_known"] is True
    assert capped.authorize("c_3", JAPAN, DAY).body.get("limited_by") is None


def test_staff_confirm_nothing_for_a_frozen_or_unknown_account(capped: World) -> None:
    assert ask(capped, "POST", CONFIRM.replace("acct_1", "acct_9"), {}).code == "unknown_account"
    capped.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert ask(capped, "POST", CONFIRM, {}).code == "account_frozen"
    assert capped.of_kind("KNOWN") == []


def test_confirming_again_changes_nothing(capped: World) -> None:
    capped.ask("change_settings", "POST", "/countries/JP/confirm")
    before = capped.stack.items()
    capped.clock.now += timedelta(hours=1)
    again = capped.ask("change_settings", "POST", "/countries/JP/confirm")
    assert again.body["confirmed_at"] == "2026-11-23T12:00:00.000Z"
    assert capped.stack.items() == before


def test_only_a_billing_admin_confirms_a_known_code(capped: World) -> None:
    assert capped.ask("change_settings", "POST", "/countries/JP/confirm", **MEMBER).code == "billing_admin_required"
    assert capped.ask("change_settings", "POST", "/countries/jp/confirm").code == "invalid_place"
    capped.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert capped.ask("change_settings", "POST", "/countries/JP/confirm").code == "account_frozen"


def test_a_country_with_a_recent_charge_is_not_capped(world: World) -> None:
    world.adjust("100.00", "credit")
    world.deliver(finished("c_0", 600))
    assert switch_on(world).status == 200
    [known] = world.of_kind("KNOWN")
    assert (known["SK"], known["last_on"]) == ("KNOWN#JP", "2026-11-23")
    assert world.authorize("c_1", JAPAN, DAY).body.get("limited_by") is None
    assert counters(world) == {}


def test_a_charge_after_the_index_run_counts_when_the_cap_is_switched_on(world: World) -> None:
    world.adjust("100.00", "credit")
    assert index(world) == 0
    world.deliver(finished("c_0", 600))
    world.clock.now += timedelta(days=2)
    assert world.operate("PUT", "/accounts/acct_1", CAP).status == 200
    assert world.authorize("c_1", JAPAN, DAY).body.get("limited_by") is None


def test_calls_keep_a_known_country_known(world: World) -> None:
    world.adjust("100.00", "credit")
    world.deliver(finished("c_0", 600))
    switch_on(world)
    world.clock.now += timedelta(days=300)
    assert world.deliver(finished("c_1", 600, at=world.clock.now)) == []
    assert world.of_kind("KNOWN")[0]["last_on"] == "2027-09-19"
    world.clock.now += timedelta(days=300)
    assert world.authorize("c_2", JAPAN, DAY).body.get("limited_by") is None
    world.clock.now += timedelta(days=70)
    assert world.authorize("c_3", JAPAN, DAY).body["limited_by"] == "first_country_cap"


def test_a_country_of_the_short_list_is_never_capped(capped: World) -> None:
    assert capped.authorize("c_1", UNITED_KINGDOM, DAY).body["limited_by"] == "call_price_limit"
    assert capped.authorize("c_2", MOBILE, 6000).body.get("limited_by") is None
    assert counters(capped) == {}


def test_cap_is_refused_before_the_countries_are_indexed(world: World) -> None:
    before = world.stack.items()
    answer = world.operate("PUT", "/accounts/acct_1", CAP)
    assert (answer.status, answer.code) == (409, "countries_not_indexed")
    assert "make index-countries ACCOUNT=acct_1" in answer.body["detail"]
    assert world.stack.items() == before
    index(world)
    world.clock.now += timedelta(days=4)
    assert world.operate("PUT", "/accounts/acct_1", CAP).code == "countries_not_indexed"


def test_a_new_account_needs_no_index(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC", **CAP})
    assert (answer.status, answer.body["limits"]["first_country_cap"]) == (201, "5.00")


def test_true_switches_the_default_on_and_null_switches_it_off(world: World) -> None:
    assert switch_on(world, cap=True).body["limits"]["first_country_cap"] == "5.00"
    assert (
        world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "9.00"}}).body["limits"] | {}
        == (world.operate("PUT", "/accounts/acct_1", {}).body["limits"])
    )
    assert switch_on(world, cap=None).body["limits"]["first_country_cap"] is None
    assert "caps" not in world.of_kind("ACCOUNT")[0]
