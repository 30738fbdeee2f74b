"""The nightly proof of a proven account finds each kind of damage, tonight or in the account's full proof."""

from datetime import date, timedelta
from typing import Any

import pytest

from calling_credit.audit.changed_days import live_holds
from calling_credit.audit.checkpoints import FULL_PROOF_DAYS, NEVER
from calling_credit.audit.nightly_proof import Task, prove_tonight
from calling_credit.audit.prove_account import prove_account
from calling_credit.audit.read_book import read_book
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.payments.stripe_client import stripe_client
from tests.functions.damage_bench import IN_TURN, TONIGHT
from tests.functions.proof_bench import change, codes, paid
from tests.harness.callbacks import issues
from tests.harness.cards import VISA
from tests.harness.proofs import Nights
from tests.harness.till import ACCOUNT, Till

pytestmark = pytest.mark.dynamodb


def turn(now: date, *, is_full: bool) -> date:
    """The next night in which it is the account's turn for a full proof, or is not."""
    return next(
        night for night in (now + timedelta(days=n) for n in range(40)) if Task(ACCOUNT, night).is_full is is_full
    )


def proven(till: Till, *, is_full: bool = False) -> list[str] | None:
    """Prove the account in its turn or in another night, without recent payments; return the codes of differences."""
    stack = till.world.stack
    task = Task(ACCOUNT, turn(till.world.clock.now.date(), is_full=is_full))
    listed = live_holds(stack.dynamodb, stack.table_name, [ACCOUNT])
    found = prove_tonight(stack.dynamodb, stack.table_name, stripe_client(), task, listed, till.world.clock.now)
    return None if found is None else sorted({difference.code for difference in found})


def proven_today(till: Till) -> list[str]:
    """The codes that `make audit` finds, which reads everything."""
    stack = till.world.stack
    proof = prove_account(stack.dynamodb, stack.table_name, stripe_client(), ACCOUNT, till.world.clock.now)
    assert proof is not None
    return sorted({difference.code for difference in proof.differences})


@pytest.fixture
def book(till: Till) -> Till:
    """An account with calls on several days, daily sums, payments, a refund, a rule, and a hold; proven once."""
    assert till.world.operate("PUT", "/accounts/acct_1", {"breakdown": True, "admission": True}).status == 200
    card = till.card(VISA)
    paid(till, "50.00")
    till.later(days=3)
    [charge] = till.objects("charge")
    till.sdk.v1.refunds.create({"charge": charge["id"], "amount": 500})
    till.call_all_back()
    for number in range(6):
        started = till.world.clock.now - timedelta(days=number % 3)
        till.world.deliver({"call_id": f"c_{number}", **times(started)})
    till.world.adjust("-1.00", "k_1")
    till.set_rule(card)
    till.later(days=2)
    till.world.deliver({"call_id": "c_late", **times(till.world.clock.now)})
    hold(till)
    assert proven(till) == []
    assert till.world.of_kind("PROOF"), "every day has a checkpoint"
    return till


def hold(till: Till) -> None:
    """Authorize a call. A busy machine may take longer than the answer's time limit."""
    answers = (till.world.authorize("c_held", seconds=60) for _ in range(20))
    assert next(answer for answer in answers if answer.status == 200).body["decision"] == "allow"


def times(started: Any) -> dict[str, Any]:
    """The times of a call of one minute."""
    stamp = "%Y-%m-%dT%H:%M:%S.000Z"
    ended = (started + timedelta(seconds=60)).strftime(stamp)
    return {
        "started_at": started.strftime(stamp),
        "answered_at": started.strftime(stamp),
        "ended_at": ended,
        "duration_seconds": 60,
    }


def put_back(till: Till, images: list[dict[str, Any]]) -> None:
    """Restore the items of the account."""
    client, name = till.world.stack.dynamodb, till.world.stack.table_name
    for item in till.world.stack.items(ACCOUNT):
        client.delete_item(TableName=name, Key={"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}})
    for image in images:
        client.put_item(TableName=name, Item=to_attributes(image))


def test_damage_of_totals_is_found_tonight_and_every_night(book: Till) -> None:
    images = book.world.stack.items(ACCOUNT)
    for name, damage in TONIGHT.items():
        put_back(book, images)
        damage(book)
        expected = proven_today(book)
        assert expected, f"make audit finds {name}"
        assert proven(book) == expected, name
        assert proven(book) == expected, f"a checkpoint hides {name}"


def test_damage_that_an_unchanged_day_hides_is_found_in_its_turn(book: Till) -> None:
    images = book.world.stack.items(ACCOUNT)
    for name, damage in IN_TURN.items():
        put_back(book, images)
        damage(book)
        expected = proven_today(book)
        assert expected, f"make audit finds {name}"
        assert proven(book) == [], f"the days with {name} are those of their checkpoints"
        assert proven(book, is_full=True) == expected, name
        assert proven(book) == expected, f"after {name}, the next proof is a full one, too"


def test_damage_of_an_entry_is_found_tonight_if_its_day_changed(book: Till) -> None:
    """A day without a checkpoint is like a changed one."""
    images = book.world.stack.items(ACCOUNT)
    for name, damage in IN_TURN.items():
        put_back(book, images)
        damage(book)
        for checkpoint in book.world.of_kind("PROOF"):
            change(book, checkpoint, "days", {})
        is_known_to_stripe_only = name in ("intent of an entry", "a refund without a callback")
        assert proven(book) == ([] if is_known_to_stripe_only else proven_today(book)), name


def test_new_entries_are_proven_and_their_days_have_checkpoints(book: Till) -> None:
    before = proven_days(book)
    book.world.adjust("3.00", "k_2")
    book.world.deliver({"call_id": "c_9", **times(book.world.clock.now - timedelta(days=4))})
    assert proven(book) == []
    assert len(proven_days(book) - before) == 2
    with book.world.recorded("prove_accounts") as requests:
        assert Nights(book.world.stack).night()["differences"] == 0
    assert not [one for operation, one in requests if operation == "UpdateItem"], "nothing is new"


def proven_days(till: Till) -> set[tuple[str, ...]]:
    """The days of all checkpoints with their totals."""
    return {(day, *map(str, total)) for item in till.world.of_kind("PROOF") for day, total in item["days"].items()}


def test_only_the_entries_of_changed_days_are_read_again(book: Till) -> None:
    with book.world.recorded("prove_accounts") as requests:
        Nights(book.world.stack).night()
    assert not [one for _, one in requests if "ENTRY#" in str(one.get("ExpressionAttributeValues"))]
    book.world.deliver({"call_id": "c_9", **times(book.world.clock.now - timedelta(days=4))})
    with book.world.recorded("prove_accounts") as requests:
        Nights(book.world.stack).night()
    assert len([one for _, one in requests if "ENTRY#" in str(one.get("ExpressionAttributeValues"))]) == 1


def test_recent_payments_are_proven_by_their_own_entries(book: Till) -> None:
    recent = paid(book)
    book.later(hours=1)
    nights = Nights(book.world.stack)
    for _ in range(2):  # In the second night, the day of the payment is that of its checkpoint.
        assert nights.night() == {"payments": 1, "accounts": 1, "differences": 0, "unproven": 0}
    [entry] = [item for item in book.world.entries() if item["SK"].endswith(recent["id"])]
    change(book, entry, "intent_id", "pi_other")
    assert nights.night()["differences"] == 2
    assert codes(book) == ["entry_without_payment", "payment_without_entry"]


def test_a_lost_turn_is_made_up_for(book: Till) -> None:
    IN_TURN["no entry"](book)
    assert proven(book) == []
    [checkpoint] = book.world.of_kind("PROOF")
    long_ago = date.fromisoformat(checkpoint["full_on"]) - timedelta(days=FULL_PROOF_DAYS + 1)
    change(book, checkpoint, "full_on", long_ago.isoformat())
    assert proven(book) == proven_today(book)


@pytest.mark.parametrize("name", ["days", "full_on", "proven_at"])
@pytest.mark.parametrize("value", [1, "text", {}, {"day#x": [1, 2, 3]}, {"2026-11-23#top_up": ["x", {}]}])
def test_a_damaged_checkpoint_stops_no_proof_and_hides_nothing(book: Till, name: str, value: Any) -> None:
    [checkpoint] = book.world.of_kind("PROOF")
    change(book, checkpoint, name, value)
    assert proven(book) == []
    IN_TURN["no entry"](book)
    assert proven(book, is_full=True) == proven_today(book)


def test_a_difference_makes_the_next_proofs_full_until_it_is_gone(book: Till) -> None:
    change(book, book.world.of_kind("BALANCE")[0], "available_micros", 1)
    assert proven(book) == ["available_is_not_posted_less_held"]
    assert {item["full_on"] for item in book.world.of_kind("PROOF")} == {NEVER}
    change(book, book.world.of_kind("BALANCE")[0], "available_micros", available(book))
    assert proven(book) == []
    assert NEVER not in {item["full_on"] for item in book.world.of_kind("PROOF")}


def available(till: Till) -> int:
    """The posted balance less the held one."""
    found = read_book(till.world.stack.dynamodb, till.world.stack.table_name, ACCOUNT)
    assert found is not None
    assert found.balance is not None
    return found.balance.posted_micros - found.balance.held_micros


def test_a_checkpoint_of_a_slower_proof_does_not_replace_a_newer_one(book: Till) -> None:
    events = book.world.stack.dynamodb.meta.events
    book.world.adjust("3.00", "k_2")

    def meanwhile(**_: Any) -> None:
        events.unregister("before-call.dynamodb.UpdateItem", meanwhile)
        [checkpoint] = book.world.of_kind("PROOF")
        change(book, checkpoint, "proven_at", "2027-01-01T00:00:00.000Z")

    events.register("before-call.dynamodb.UpdateItem", meanwhile)
    assert proven(book) == []
    assert book.world.of_kind("PROOF")[0]["proven_at"] == "2027-01-01T00:00:00.000Z"


def test_differences_of_a_night_are_listed_with_their_objects(book: Till) -> None:
    change(book, book.world.of_kind("BALANCE")[0], "available_micros", 1)
    assert book.prove(hours=1)["differences"] == 1
    assert codes(book) == ["available_is_not_posted_less_held"]
    assert issues(book)[0][0] == f"balance of {ACCOUNT}"
