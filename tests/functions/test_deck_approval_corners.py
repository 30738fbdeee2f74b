"""An allowance counts only for what was reported; a deck that cannot be compared is not published."""

from datetime import timedelta

import pytest

from calling_credit.instants import format_instant
from calling_credit.rates.deck_store import ACTIVE_KEY
from calling_credit.rates.publishing import DeckBucket
from tests.domain.examples import deck_csv
from tests.domain.test_deck_guard import HOME_ROWS
from tests.functions.deck_commands import Commands, commands
from tests.functions.decks_bench import DEARER, active, clean, drop, publish_allowed, report
from tests.harness.table import BUCKET, _s3
from tests.harness.world import DECK, World

__all__ = ["clean", "commands"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
EXPENSIVE = DECK.replace(b"0.10", b"1.00")
AMENDMENT = deck_csv({"rate_per_minute": "0.11"})


def test_an_allowance_for_one_file_is_void_for_another(commands: Commands) -> None:
    before = active()
    assert commands.publish(EXPENSIVE)[0] == 1
    other = DECK.replace(b"0.10", b"2.00")
    code, printed = commands.publish(other, "--allow", "price_jump:1")
    assert (code, active(), "This file was not checked" in printed) == (1, before, True)
    assert "ALLOW=price_jump:1" in printed
    assert commands.publish(other, "--allow", "price_jump:1")[0] == 0, "the refusal was the check"


def test_an_allowance_is_void_if_the_findings_differ(commands: Commands) -> None:
    before = active()
    DeckBucket(_s3(), BUCKET).record_check(EXPENSIVE, before.version, "other findings")
    code, printed = commands.publish(EXPENSIVE, "--allow", "price_jump:1")
    assert (code, active(), "findings changed" in printed) == (1, before, True)


def test_a_draft_prints_the_command_and_is_a_check(commands: Commands) -> None:
    code, printed = commands.publish(EXPENSIVE, "--draft", stack="staging")
    assert (code, "ALLOW=price_jump:1 STACK=staging" in printed) == (0, True)
    assert commands.publish(EXPENSIVE, "--allow", "price_jump:1")[0] == 0


@pytest.mark.parametrize("body", [None, b"damaged"], ids=["missing", "damaged"])
def test_the_compiled_form_of_the_active_deck_is_compared(world: World, body: bytes | None) -> None:
    """An older deck, of which the amendment would lose nothing, must not be the measure."""
    publish_allowed(world, AMENDMENT)
    publish_allowed(world, DEARER)
    before = active()
    _s3().delete_object(Bucket=BUCKET, Key=before.key)
    if body is not None:
        _s3().put_object(Bucket=BUCKET, Key=before.key, Body=body)
    assert drop(world, AMENDMENT, "few.csv")["outcome"] == "needs_approval"
    assert active() == before
    assert "prefixes_lost" in {finding["code"] for finding in report("few.csv")["findings"]}


def test_nothing_is_published_over_an_unreadable_deck(world: World, commands: Commands) -> None:
    """Neither an older deck nor none replaces it in the comparison."""
    before = active()
    _s3().put_object(Bucket=BUCKET, Key=before.key, Body=b"damaged")
    assert drop(world, DEARER, "dearer.csv")["outcome"] == "needs_approval"
    told = report("dearer.csv")
    assert ("cannot be read" in told["detail"], "command" in told) == (True, False)
    code, printed = commands.publish(DEARER)
    assert (code, "rollback-rates" in printed, active()) == (1, True, before)
    assert commands.publish(DECK)[0] == 0, "the same file repairs it"
    assert commands.publish(DEARER)[0] == 0


def test_a_first_deck_is_judged_at_once(world: World) -> None:
    soon = format_instant(world.clock.now + timedelta(seconds=50))
    rows = [{**HOME_ROWS[0], "effective_from": soon}, *HOME_ROWS[1:]]
    _s3().delete_object(Bucket=BUCKET, Key=ACTIVE_KEY)
    check = DeckBucket(_s3(), BUCKET).check(deck_csv(*rows), world.clock.now, world.clock.now)
    assert check.counts == {"home_not_in_effect": 1}
