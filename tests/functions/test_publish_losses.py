"""Publishing a deck, a list, or the buying list beside the others: what sells below the buying price needs approval."""

import pytest

from calling_credit.rates.publishing import DeckBucket
from tests.domain.examples import deck_csv
from tests.functions.deck_commands import Commands, commands
from tests.functions.decks_bench import active, clean, drop, report, with_rows
from tests.functions.test_publish_price_lists import CAMBODIA, GOLD, pointer, published, without_lists
from tests.harness.table import BUCKET, _s3
from tests.harness.world import World

__all__ = ["clean", "commands", "without_lists"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_a_deck_or_list_below_the_buying_list_needs_approval(world: World, commands: Commands) -> None:
    assert drop(world, with_rows(CAMBODIA))["outcome"] == "published"
    published(commands, "cost", deck_csv(CAMBODIA | {"rate_per_minute": "0.18"}))
    code, printed = commands.publish(GOLD, "--list", "gold")
    assert (code, pointer("gold"), "ALLOW=sold_at_a_loss:1" in printed) == (1, None, True), printed
    before = active()
    assert drop(world, with_rows(CAMBODIA | {"rate_per_minute": "0.17"}), "low.csv")["outcome"] == "needs_approval"
    [finding] = report("low.csv")["findings"]
    assert (finding["code"], finding["count"], active()) == ("sold_at_a_loss", 1, before)
    published(commands, "gold", GOLD, "--allow", "sold_at_a_loss:1")


def test_a_deck_that_leaves_numbers_to_a_cheap_list_needs_approval(world: World, commands: Commands) -> None:
    mobile = CAMBODIA | {"prefix": "85597", "rate_per_minute": "0.60"}
    assert drop(world, with_rows(CAMBODIA, mobile))["outcome"] == "published"
    published(commands, "cost", deck_csv(CAMBODIA | {"rate_per_minute": "0.10"}, mobile | {"rate_per_minute": "0.50"}))
    assert commands.publish(GOLD, "--list", "gold")[0] == 1
    published(commands, "gold", GOLD, "--allow", "list_overridden:1")
    before = active()
    assert drop(world, with_rows(CAMBODIA, mobile | {"rate_per_minute": "0.70"}), "a.csv")["outcome"] == "published"
    assert active() != before
    before = active()
    assert drop(world, with_rows(CAMBODIA | {"rate_per_minute": "0.55"}), "b.csv")["outcome"] == "needs_approval"
    found = {one["code"]: one["count"] for one in report("b.csv")["findings"]}
    assert (found.get("sold_at_a_loss"), active()) == (1, before), "the list would sell 85597 below its cost"


def test_a_buying_list_above_the_prices_is_published_with_a_warning(world: World, commands: Commands) -> None:
    assert drop(world, with_rows(CAMBODIA))["outcome"] == "published"
    published(commands, "gold", GOLD)
    code, printed = commands.publish(deck_csv(CAMBODIA | {"rate_per_minute": "0.19"}), "--list", "cost")
    assert (code, "1 rows of the price list gold" in printed, "rows of the deck" in printed) == (0, True, False)
    assert pointer("cost") is not None


def test_a_buying_list_published_meanwhile_makes_a_check_stale(world: World, commands: Commands) -> None:
    decks = DeckBucket(_s3(), BUCKET)
    data = with_rows(CAMBODIA)
    check = decks.check(data, world.clock.now, world.clock.now)
    published(commands, "cost", deck_csv(CAMBODIA | {"rate_per_minute": "0.30"}))
    assert decks.publish(data, check, world.clock.now, world.clock.now) == "stale_base"
