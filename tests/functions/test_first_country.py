"""The first calls to a country are capped a day until a billing admin confirms it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calling_credit.accounts.country_store import CountryStore
from calling_credit.instants import format_instant
from tests.harness.capped import check_caps
from tests.harness.http import MEMBER, Answer
from tests.harness.world import JAPAN, MOBILE, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb

DAY = 86_400
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOLLAR = 1_000_000
CAP = {"limits": {"first_country_cap": "5.00"}}
COUNTER = "SPENT#2026-11-23#COUNTRY#JP"


def index(world: World) -> int:
    """Index the account's countries, as `make index-countries` does."""
    store = CountryStore(world.stack.dynamodb, world.stack.table_name)
    return store.index_account("acct_1", world.clock.now)


def switch_on(world: World, cap: object = "5.00") -> Answer:
    """Index the account's countries, and switch the cap on."""
    index(world)
    return world.operate("PUT", "/accounts/acct_1", {"limits": {"first_country_cap": cap}})


@pytest.fixture
def capped(world: World) -> World:
    """The world with 100.00 of credit and a cap of 5.00."""
    world.adjust("100.00", "credit")
    assert switch_on(world).status == 200
    return world


def counters(world: World) -> dict[str, tuple[int, int, int, int]]:
    """The limit, spent, held, and left micro-dollars of each counter, after checking them."""
    return check_caps(world.stack.items("acct_1"))


def finished(call_id: str, seconds: int, to: str = JAPAN, at: datetime = NOON) -> dict[str, Any]:
    """The event of a finished call that ended at a time."""
    started, ended = format_instant(at - timedelta(seconds=seconds)), format_instant(at)
    times = {"started_at": started, "answered_at": started, "ended_at": ended}
    return {"call_id": call_id, "to": to, "duration_seconds": seconds, **times}


def test_first_calls_of_a_day_are_shortened_and_then_refused(capped: World) -> None:
    first = capped.authorize("c_1", JAPAN, DAY).body
    assert (first["limited_by"], first["max_seconds"]) == ("first_country_cap", 24390)
    limit, spent, held, left = counters(capped)[COUNTER]
    assert (limit, spent, limit - held) == (5 * DOLLAR, 0, left)
    assert left < 205, "less than a second"
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["decision"], second["reason"]) == ("deny", "first_country_cap")
    assert "confirms the country" in second["message"]


def test_spent_and_held_money_count_together(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 6000)
    assert capped.deliver(finished("c_1", 6000)) == []
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 1_230_000, 0, 3_770_000)
    [entry] = [entry for entry in capped.entries() if entry["kind"] == "call_charged"]
    assert entry["counted"] == "C"
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["limited_by"], second["max_seconds"]) == ("first_country_cap", 18390)


def test_an_unanswered_call_gives_back_what_it_held(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    capped.clock.now += timedelta(days=2)
    capped.stack.invoke("expire_holds", {})
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 0, 0, 5 * DOLLAR)


def test_an_extension_takes_only_the_difference(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 600)
    capped.clock.now += timedelta(seconds=500)
    capped.authorize("c_1", JAPAN, 700)
    assert counters(capped)[COUNTER] == (5 * DOLLAR, 0, 246_000, 4_754_000)


def test_confirmed_country_is_not_capped(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    assert capped.authorize("c_2", JAPAN, 600).body["reason"] == "first_country_cap"
    answer = capped.ask("change_settings", "POST", "/countries/JP/confirm")
    assert (answer.status, answer.body) == (200, {"country": "JP", "confirmed_at": "2026-11-23T12:00:00.000Z"})
    [change] = capped.changes("country_confirmed")
    assert (change["subject"], change["new"]) == ("country:JP", {"confirmed": True})
    third = capped.authorize("c_3", JAPAN, DAY).body
    assert (third["decision"], third.get("limited_by")) == ("allow", None)


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


def test_next_day_has_its_own_counter_and_the_country_stays_unknown(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 600)
    capped.deliver(finished("c_1", 600))
    capped.clock.now += timedelta(days=1)
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["limited_by"], second["max_seconds"]) == ("first_country_cap", 24390)
    assert set(counters(capped)) == {COUNTER, "SPENT#2026-11-24#COUNTRY#JP"}


def test_every_counter_of_a_day_is_deleted_after_some_days(capped: World) -> None:
    capped.authorize("c_1", JAPAN, 600)
    [counter] = capped.of_kind("SPENT")
    assert counter["expires_at"] == int(capped.clock.now.replace(hour=0).timestamp()) + 8 * DAY
    capped.stack.dynamodb.delete_item(
        TableName=capped.stack.table_name, Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": COUNTER}}
    )
    capped.deliver(finished("c_1", 600))
    [made_by_posting] = capped.of_kind("SPENT")
    assert made_by_posting["expires_at"] == counter["expires_at"]


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


def test_another_cap_applies_on_the_same_day(capped: World) -> None:
    capped.authorize("c_1", JAPAN, DAY)
    capped.operate("PUT", "/accounts/acct_1", {"limits": {"first_country_cap": "6.00"}})
    second = capped.authorize("c_2", JAPAN, DAY).body
    assert (second["limited_by"], second["max_seconds"]) == ("first_country_cap", 4878)
    assert counters(capped)[COUNTER][0] == 6 * DOLLAR


def test_two_calls_at_once_never_exceed_the_cap(capped: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = type(capped.stack.apps["authorize_call"].reader)
    snapshot, others = reader.snapshot, iter(["c_2"])

    def slowly(self: Any, *arguments: Any) -> Any:
        read = snapshot(self, *arguments)
        for other in others:
            assert capped.authorize(other, JAPAN, 20_000).body["decision"] == "allow"
        return read

    monkeypatch.setattr(reader, "snapshot", slowly)
    first = capped.authorize("c_1", JAPAN, 20_000).body
    assert (first["limited_by"], first["max_seconds"]) == ("first_country_cap", 4390)
    assert counters(capped)[COUNTER][3] >= 0


def test_without_a_cap_the_same_requests_are_made(world: World) -> None:
    world.adjust("100.00", "credit")
    with world.recorded("authorize_call") as requests:
        world.authorize("c_1", JAPAN, 600)
    assert [name for name, _ in requests] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    switch_on(world)
    with world.recorded("authorize_call") as requests:
        world.authorize("c_2", UNITED_KINGDOM, 600)
    assert [name for name, _ in requests] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    world.authorize("c_3", JAPAN, 600)
    with world.recorded("authorize_call") as requests:
        world.authorize("c_4", JAPAN, 600)
    assert [name for name, _ in requests] == ["BatchGetItem"] * 3 + ["TransactWriteItems"]
