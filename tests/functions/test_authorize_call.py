"""The switch asks before it connects a call: what is answered, what is held, and that no credit is promised twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.ledger.erasure import erase_number
from calling_credit.ledger.hold_store import hold_from_item, hold_item
from calling_credit.ledger.holds import Hold
from calling_credit.rates.deck_csv import MAX_DESTINATION_BYTES
from tests.benchmarks.capacity import item_bytes
from tests.domain.admission_examples import row
from tests.domain.examples import deck_csv
from tests.harness.faults import answer_lost
from tests.harness.http import Answer, http_event
from tests.harness.table import Context, sample_event
from tests.harness.wire import Pass, Sent, Wire, cancelled, wired
from tests.harness.world import INCLUDED, JAPAN, PREMIUM, SHORT_CODE, UNCOVERED, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb
HELD = 1_000_000
"""What ten minutes to the United Kingdom cost by the small deck, in micros."""


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Acct_1 has five dollars."""
    world.adjust("5.00", "credit")


def hold(world: World, call_id: str = "c_1") -> dict[str, Any]:
    """The hold of a call."""
    [found] = [item for item in world.of_kind("HOLD") if item["SK"] == f"HOLD#{call_id}"]
    return found


def balances(world: World) -> tuple[str, str, str]:
    """Balance, held and available as the customer sees them."""
    shown = world.get("/balance").body
    return shown["balance"], shown["held"], shown["available"]


def denied(answer: Answer) -> str:
    """Why a call was refused, after checking that nothing was allowed."""
    assert answer.status == 200, answer.text
    assert (answer.body["decision"], answer.body["max_seconds"], answer.body["held"]) == ("deny", 0, "0.00")
    assert answer.body["message"].endswith(".")
    return str(answer.body["reason"])


# --- The sample -------------------------------------------------------------------------------------------------------


def test_the_sample_request_is_allowed_and_its_price_is_held(world: World) -> None:
    world.create_account("acct_meridian")
    line = {"number": "+12125550100", "user_id": "user_1", "international_calling": True}
    world.operate("PUT", "/accounts/acct_meridian/lines/line_lobby", line)
    world.adjust("5.00", "key", "acct_meridian")
    answer = world.invoke("authorize_call", sample_event("authorize_call"))
    assert (answer.status, answer.body) == (
        200,
        {"decision": "allow", "reason": None, "max_seconds": 600, "rate_per_minute": "0.10", "held": "1.00"},
    )
    assert world.balance("acct_meridian") == 5_000_000


# --- One call ---------------------------------------------------------------------------------------------------------


def test_credit_for_the_call_is_set_aside_and_its_price_with_it(world: World) -> None:
    answer = world.authorize()
    assert answer.body["held"] == "1.00"
    assert balances(world) == ("5.00", "1.00", "4.00")
    item = hold(world)
    assert item.pop("sweep_pk").startswith("HOLD#")
    assert item == {
        "PK": "ACCOUNT#acct_1",
        "SK": "HOLD#c_1",
        "status": "live",
        "amount_micros": HELD,
        "max_seconds": 600,
        "line_id": "line_1",
        "to": UNITED_KINGDOM,
        "dialled_from": "US",
        "deck": "deck-1",
        "authorized_at": "2026-11-23T12:00:00.000Z",
        "asked_at": "2026-11-23T12:00:00.000Z",
        "asked_seconds": 600,
        "prefix": "44",
        "destination": "United Kingdom",
        "country": "GB",
        "origin": "*",
        "rate_micros_per_minute": 100_000,
        "connection_fee_micros": 0,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "category": "outbound_international_call",
        "sweep_sk": "2026-11-23T12:27:00.000Z#acct_1#c_1",
    }


def test_two_reads_and_one_transaction_answer_a_call_and_one_read_refuses_what_no_credit_would_change(
    world: World,
) -> None:
    with world.recorded("authorize_call") as requests:
        world.authorize()
    assert [name for name, _ in requests] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert len(requests[2][1]["TransactItems"]) == 2
    with world.recorded("authorize_call") as requests:
        assert denied(world.authorize("c_2", UNCOVERED)) == "destination_unrated"
    assert [name for name, _ in requests] == ["BatchGetItem"]


def test_the_largest_hold_is_one_write_unit() -> None:
    price = row(
        prefix="4" * 15,
        destination="x" * MAX_DESTINATION_BYTES,
        rate_micros_per_minute=100_000_000,
        connection_fee_micros=100_000_000,
        minimum_seconds=3600,
        increment_seconds=3600,
        category="c" * 40,
    )
    at = "2026-11-23T12:00:00.000Z"
    names = ("a" * 64, "c" * 96, "l" * 64, "+" + "4" * 15, "US")
    largest = Hold(*names, "live", 10**15, 86_400, "v" * 60, price, at, at, 86_400)
    assert item_bytes(hold_item(largest)) <= 1024
    assert hold_from_item(hold_item(largest)) == largest


def test_an_emergency_call_asks_nobody(world: World) -> None:
    with world.recorded("authorize_call") as requests:
        for account in ("acct_1", "acct_nobody"):
            answer = world.authorize(to=SHORT_CODE, account_id=account)
            assert answer.body == {
                "decision": "allow",
                "reason": None,
                "max_seconds": 600,
                "rate_per_minute": None,
                "held": "0.00",
            }
    assert requests == []


def test_what_is_included_is_allowed_without_credit_and_holds_nothing(world: World) -> None:
    world.adjust("-5.00", "taken")
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    answer = world.authorize(to=INCLUDED)
    assert (answer.body["decision"], answer.body["held"], world.of_kind("HOLD")) == ("allow", "0.00", [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account_id": "acct_nobody"}, "unknown_account"),
        ({"line_id": "line_nobody"}, "unknown_line"),
        ({"to": UNCOVERED}, "destination_unrated"),
        ({"to": PREMIUM}, "high_cost_destination"),
    ],
)
def test_a_refused_call_holds_nothing(world: World, changes: dict[str, Any], reason: str) -> None:
    assert denied(world.authorize(**changes)) == reason
    assert (world.of_kind("HOLD"), world.balance()) == ([], 5_000_000)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"status": "closed"}, "account_closed"),
        ({"frozen": True}, "account_frozen"),
        ({"limits": {"blocked": ["GB"]}}, "destination_blocked"),
        ({"limits": {"high_cost": "0.09"}}, "high_cost_destination"),
        ({"limits": {"simultaneous_calls": 0}}, "simultaneous_calls_limit"),
        ({"limits": {"call_price": "0.09"}}, "call_price_limit"),
        ({"limits": {"daily_spend": "0.09"}}, "daily_spend_limit"),
    ],
)
def test_what_an_operator_sets_is_kept_at_once(world: World, settings: dict[str, Any], reason: str) -> None:
    assert world.operate("PUT", "/accounts/acct_1", settings).status == 200
    assert denied(world.authorize()) == reason


def test_a_line_that_may_not_call_abroad_is_refused(world: World) -> None:
    world.change("/lines/line_1", {"international_calling": False})
    assert denied(world.authorize()) == "international_calling_off"


def test_a_call_may_be_as_long_as_the_credit_lasts_and_the_next_one_finds_none(world: World) -> None:
    answer = world.authorize(seconds=86_400)
    assert (answer.body["max_seconds"], answer.body["held"]) == (3_000, "5.00")
    assert answer.body["limited_by"] == "insufficient_credit"
    assert balances(world) == ("5.00", "5.00", "0.00")
    assert denied(world.authorize("c_2")) == "insufficient_credit"


def test_what_the_day_has_cost_counts_in_the_accounts_own_day(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "1.00"}})
    world.deliver({})
    answer = world.authorize()
    assert (answer.body["max_seconds"], answer.body["limited_by"]) == (420, "daily_spend_limit")
    assert denied(world.authorize("c_2")) == "daily_spend_limit"
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    assert world.authorize("c_3", seconds=60).body["decision"] == "allow"
    world.clock.now += timedelta(hours=26)
    world.stack.invoke("expire_holds", {})
    assert world.authorize("c_4").body["max_seconds"] == 600


# --- Refusals of requests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["accounts/operate", "", None])
def test_only_the_switch_may_ask(world: World, scope: str | None) -> None:
    event = http_event("authorize_call", "POST", "/calls/authorize", body={}, claims={"scope": scope})
    answer = world.invoke("authorize_call", event)
    assert (answer.status, answer.code) == (403, "scope_required")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed_json"),
        ({"call_id": "c_1"}, 422, "missing_field"),
        ({"call_id": "c 1", "account_id": "a", "line_id": "l", "to": JAPAN}, 422, "invalid_id"),
        ({"call_id": "c_1", "account_id": "a b", "line_id": "l", "to": JAPAN}, 422, "invalid_id"),
        ({"call_id": "c_1", "account_id": "a", "line_id": "l", "to": "9111111"}, 422, "invalid_number"),
        (
            {"call_id": "c_1", "account_id": "a", "line_id": "l", "to": JAPAN, "requested_seconds": 0},
            422,
            "invalid_duration",
        ),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(world: World, body: Any, status: int, code: str) -> None:
    answer = world.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=body))
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"call_id": "c 1", "account_id": None, "line_id": 7, "requested_seconds": "long"},
        {"call_id": "c_1", "account_id": "acct_none", "line_id": "\u0661", "requested_seconds": -1},
    ],
)
def test_an_emergency_call_is_let_through_whatever_else_the_request_says(world: World, rest: dict[str, Any]) -> None:
    event = http_event("authorize_call", "POST", "/calls/authorize", body={"to": "911", **rest})
    answer = world.invoke("authorize_call", event)
    assert (answer.status, answer.body["decision"], answer.body["max_seconds"]) == (200, "allow", 600)


def test_an_id_of_another_call_is_a_conflict(world: World) -> None:
    world.authorize()
    answer = world.authorize(to=JAPAN)
    assert (answer.status, answer.code) == (409, "call_id_reused")
    assert balances(world)[1] == "1.00"


# --- Asking again -----------------------------------------------------------------------------------------------------


def test_the_same_request_again_holds_nothing_more(world: World) -> None:
    first = world.authorize()
    world.clock.now += timedelta(seconds=5)
    with world.recorded("authorize_call") as requests:
        assert world.authorize().body == first.body
    assert [name for name, _ in requests] == ["BatchGetItem"]
    assert balances(world) == ("5.00", "1.00", "4.00")


def test_an_extension_holds_what_is_missing(world: World) -> None:
    world.authorize()
    world.clock.now += timedelta(seconds=540)
    answer = world.authorize()
    assert (answer.body["max_seconds"], answer.body["held"]) == (1140, "1.90")
    assert balances(world) == ("5.00", "1.90", "3.10")
    assert hold(world)["sweep_sk"] == "2026-11-23T12:36:00.000Z#acct_1#c_1"
    assert world.balance() == 5_000_000


def test_an_extension_that_nothing_pays_for_leaves_the_call_what_it_has(world: World) -> None:
    world.authorize(seconds=86_400)
    world.clock.now += timedelta(seconds=2_940)
    answer = world.authorize().body
    assert (answer["decision"], answer["reason"]) == ("deny", "insufficient_credit")
    assert (answer["max_seconds"], answer["held"]) == (3_000, "5.00")


def test_a_call_that_was_posted_is_not_authorized_again(world: World) -> None:
    world.authorize()
    world.deliver({})
    assert denied(world.authorize()) == "call_finished"
    world.deliver({"call_id": "c_2", "disposition": "busy", "duration_seconds": 0})
    assert world.balance() == 4_700_000


# --- Many at once -----------------------------------------------------------------------------------------------------


def test_of_many_at_once_as_many_are_admitted_as_the_credit_pays_for(world: World) -> None:
    world.adjust("-3.00", "taken")
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: world.authorize(f"c_{number}", seconds=60), range(60)))
    assert wire.conflicts
    told = Counter((answer.body["decision"], answer.body["reason"]) for answer in answers)
    assert told == {("allow", None): 20, ("deny", "insufficient_credit"): 40}
    assert balances(world) == ("2.00", "2.00", "0.00")
    assert world.balance() == 2_000_000


def test_of_many_at_once_no_more_run_than_may(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"simultaneous_calls": 3}})
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: world.authorize(f"c_{number}", seconds=60), range(24)))
    assert Counter(answer.body["reason"] for answer in answers) == {None: 3, "simultaneous_calls_limit": 21}


def test_of_many_at_once_the_day_costs_no_more_than_it_may(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "0.50"}})
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: world.authorize(f"c_{number}", seconds=60), range(24)))
    assert Counter(answer.body["reason"] for answer in answers) == {None: 5, "daily_spend_limit": 19}


@pytest.mark.parametrize("is_topped_up", [True, False])
@pytest.mark.parametrize("before", ["BatchGetItem", "TransactWriteItems"])
@pytest.mark.parametrize("is_held", [True, False])
def test_a_call_charged_while_another_is_authorized_counts_in_the_day(
    world: World, wire: Wire, is_held: bool, before: str, is_topped_up: bool
) -> None:
    """Whether it is charged between the two reads or after both, and whether other money comes with it."""
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "1.00"}})
    if is_held:
        world.authorize(seconds=60)
    waited_for = ["BatchGetItem", *([] if before == "BatchGetItem" else ["BatchGetItem"]), before]

    def charge(sent: Sent, passed: Pass) -> Any:
        if [sent.operation] == waited_for[:1] and waited_for.pop(0) and not waited_for:
            assert world.deliver({}) == []
            if is_topped_up:
                world.adjust("0.20", "credit beside it")
        return passed()

    with wire.interfering(charge):
        answer = world.authorize("c_2")
    assert (answer.body["held"], answer.body["limited_by"]) == ("0.70", "daily_spend_limit")
    posted, held, _ = balances(world)
    assert (posted, held) == ("4.90" if is_topped_up else "4.70", "0.70")


def test_the_same_request_twice_at_once_holds_once(world: World) -> None:
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: world.authorize(), range(16)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert balances(world) == ("5.00", "1.00", "4.00")


def test_an_answer_that_was_lost_is_found_again(world: World, wire: Wire) -> None:
    lost: list[Sent] = []

    def lose_one(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and len(lost) < 3:
            lost.append(sent)
            return answer_lost(None, sent, passed)  # type: ignore[arg-type]
        return passed()

    with wire.interfering(lose_one):
        answer = world.authorize()
    assert lost
    assert (answer.body["decision"], answer.body["held"]) == ("allow", "1.00")
    assert balances(world) == ("5.00", "1.00", "4.00")


def test_who_asks_while_too_many_do_is_told_to_ask_again(world: World, wire: Wire) -> None:
    context = Context(10.0)

    def contend(sent: Sent, passed: Pass) -> Any:
        context.seconds -= 1.0
        return cancelled(["None", "TransactionConflict"]) if sent.operation == "TransactWriteItems" else passed()

    body = {"call_id": "c_1", "account_id": "acct_1", "line_id": "line_1", "to": UNITED_KINGDOM}
    event = http_event("authorize_call", "POST", "/calls/authorize", body=body)
    with wire.interfering(contend):
        answer = world.stack.apps["authorize_call"].handler(event, context)
    assert answer["statusCode"] == 503
    assert "Retry-After" in answer["headers"]
    assert balances(world)[1] == "0.00"


# --- Finished calls ---------------------------------------------------------------------------------------------------


def test_a_finished_call_is_charged_and_gives_back_what_was_held(world: World) -> None:
    world.authorize()
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")
    item = hold(world)
    assert (item["status"], item["ended_at"]) == ("released", "2026-11-23T12:00:00.000Z")
    assert not {"sweep_pk", "sweep_sk"} & set(item)
    assert item["expires_at"] == int((world.clock.now + timedelta(days=91)).timestamp())
    assert world.balance() == 4_700_000


def test_a_call_as_long_as_it_may_be_is_charged_what_was_held(world: World) -> None:
    answer = world.authorize(seconds=86_400)
    seconds = answer.body["max_seconds"]
    ended = {"duration_seconds": seconds, "ended_at": "2026-11-23T10:50:04.000Z"}
    assert world.deliver(ended) == []
    assert balances(world) == ("0.00", "0.00", "0.00")


@pytest.mark.parametrize(
    "finished",
    [
        {"disposition": "no_answer", "duration_seconds": 0},
        {"disposition": "busy", "duration_seconds": 0},
        {"disposition": "failed", "duration_seconds": 0},
        {"disposition": "canceled", "duration_seconds": 0},
        {"duration_seconds": 0, "ended_at": "2026-11-23T10:00:04.000Z"},
        {"direction": "inbound"},
        {"to": INCLUDED},
        {"to": SHORT_CODE},
        {"to": UNCOVERED},
        {"line_id": "line_nobody"},
    ],
)
def test_every_finished_call_gives_back_what_was_held(world: World, finished: dict[str, Any]) -> None:
    world.authorize()
    assert world.deliver(finished) == []
    assert hold(world)["status"] == "released"
    assert balances(world)[1] == "0.00"
    world.balance()


def test_a_call_that_comes_again_changes_nothing(world: World) -> None:
    world.authorize()
    world.authorize("c_2")
    finished = [{}, {"call_id": "c_2", "disposition": "busy", "duration_seconds": 0}]
    world.deliver(*finished)
    before = world.stack.items()
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(*finished, *finished) == []
    assert world.stack.items() == before


def test_a_call_is_charged_what_it_was_promised_whatever_the_deck_says_by_then(world: World) -> None:
    world.authorize()
    world.stack.publish(deck_csv({"rate_per_minute": "0.90"}), "deck-2")
    world.authorize("c_2")
    assert world.deliver({}, {"call_id": "c_2"}, {"call_id": "c_3"}) == []
    charged = {entry["SK"].rsplit("#", 1)[1]: entry for entry in world.entries() if entry["kind"] == "call_charged"}
    assert {name: (entry["amount_micros"], entry["deck"]) for name, entry in charged.items()} == {
        "c_1": (-300_000, "deck-1"),
        "c_2": (-2_700_000, "deck-2"),
        "c_3": (-2_700_000, "deck-2"),
    }


def test_a_call_is_charged_what_it_was_promised_though_no_deck_covers_it_any_more(world: World) -> None:
    world.authorize()
    world.stack.publish(deck_csv({"prefix": "81", "country": "JP"}), "deck-2")
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")


def test_a_call_that_went_elsewhere_than_was_asked_is_charged_by_the_deck(world: World) -> None:
    world.authorize()
    assert world.deliver({"to": JAPAN}) == []
    [entry] = [entry for entry in world.entries() if entry["kind"] == "call_charged"]
    assert (entry["prefix"], hold(world)["status"]) == ("81", "released")


def test_a_number_erased_while_its_call_runs_changes_nothing_of_the_price(world: World) -> None:
    world.authorize()
    client, name = world.stack.dynamodb, world.stack.table_name
    assert list(erase_number(client, name, "acct_1", UNITED_KINGDOM)) == ["HOLD#c_1"]
    assert UNITED_KINGDOM not in str(hold(world))
    world.clock.now += timedelta(seconds=540)
    assert world.authorize().body["held"] == "1.90"
    world.stack.publish(deck_csv({"rate_per_minute": "0.90"}), "deck-2")
    assert world.deliver({}) == []
    assert balances(world) == ("4.70", "0.00", "4.70")


def test_two_calls_of_one_id_release_its_hold_once(world: World) -> None:
    world.authorize()
    later = {"started_at": "2026-11-23T10:10:00Z", "answered_at": "2026-11-23T10:10:04Z"}
    assert world.deliver({}, later | {"ended_at": "2026-11-23T10:12:09Z"}) == []
    assert balances(world) == ("4.40", "0.00", "4.40")
    world.balance()


def test_held_calls_and_their_holds_fill_transactions_of_at_most_100_actions(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"simultaneous_calls": 100}})
    for number in range(60):
        assert world.authorize(f"c_{number}", seconds=1, to=JAPAN).body["decision"] == "allow"
    finished = [{"call_id": f"c_{number}", "to": JAPAN} for number in range(60)]
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*finished) == []
    sizes = [len(said["TransactItems"]) for name, said in requests if name == "TransactWriteItems"]
    assert sizes == [100, 24]
    assert balances(world)[1] == "0.00"
    world.balance()


def test_a_call_extended_while_it_is_posted_gives_back_all_that_was_held(world: World, wire: Wire) -> None:
    world.authorize()
    world.clock.now += timedelta(seconds=540)
    extended: list[Sent] = []

    def extend(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not extended:
            extended.append(sent)
            assert world.authorize().body["held"] == "1.90"
        return passed()

    with wire.interfering(extend):
        assert world.deliver({}) == []
    assert (hold(world)["status"], hold(world)["amount_micros"]) == ("released", 1_900_000)
    assert balances(world) == ("4.70", "0.00", "4.70")
    world.balance()


@pytest.mark.parametrize("finished", [{}, {"disposition": "busy", "duration_seconds": 0}])
def test_a_hold_that_expires_while_its_call_is_posted_is_left_alone(
    world: World, wire: Wire, finished: dict[str, Any]
) -> None:
    world.authorize()
    world.clock.now += timedelta(hours=1)
    expired: list[Sent] = []

    def expire(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems" and not expired:
            expired.append(sent)
            assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1
        return passed()

    with wire.interfering(expire):
        assert world.deliver(finished) == []
    assert hold(world)["status"] == "expired"
    assert balances(world)[1] == "0.00"
    assert world.balance() == (5_000_000 if finished else 4_700_000)


# --- Switching admission ----------------------------------------------------------------------------------------------


def test_where_admission_is_off_a_call_is_quoted_and_nothing_is_held_or_looked_for(world: World) -> None:
    world.create_account("acct_2", admission=False)
    world.adjust("5.00", "key", "acct_2")
    answer = world.authorize(account_id="acct_2")
    assert (answer.body["decision"], answer.body["max_seconds"], answer.body["held"]) == ("allow", 600, "0.00")
    world.deliver({"account_id": "acct_2"})
    with world.recorded("rate_calls") as requests:
        world.deliver({"account_id": "acct_2", "call_id": "c_2"})
    assert [name for name, _ in requests] == ["TransactWriteItems"]


def test_after_switching_on_nothing_is_held_until_all_who_post_know(world: World) -> None:
    world.create_account("acct_2", admission=False)
    world.adjust("5.00", "key", "acct_2")
    world.deliver({"account_id": "acct_2"})
    world.clock.now += timedelta(seconds=1)
    assert world.operate("PUT", "/accounts/acct_2", {"admission": True}).body["admission"] is True
    assert world.authorize(account_id="acct_2").body["held"] == "0.00"
    world.clock.now += timedelta(seconds=119)
    assert world.authorize(account_id="acct_2").body["held"] == "0.00"
    world.clock.now += timedelta(seconds=1)
    assert world.authorize(account_id="acct_2").body["held"] == "1.00"
    world.deliver({"account_id": "acct_2", "call_id": "c_1", "disposition": "busy", "duration_seconds": 0})
    assert world.balance("acct_2") == 4_700_000


def test_after_switching_off_calls_still_give_back_what_was_held(world: World) -> None:
    world.authorize()
    world.operate("PUT", "/accounts/acct_1", {"admission": False})
    world.clock.now += timedelta(seconds=120)
    assert world.authorize("c_2").body["held"] == "0.00"
    world.deliver({})
    assert balances(world) == ("4.70", "0.00", "4.70")


# --- A recharge that may help -----------------------------------------------------------------------------------------
