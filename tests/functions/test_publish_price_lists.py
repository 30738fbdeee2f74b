"""Price lists are published like decks: guarded, each with its own pointer and history, and beside the active deck."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from calling_credit.rates import deck_store
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.list_names import list_client
from calling_credit.rates.timeline import START_OF_TIME
from ops import list_price_lists, publish_rates, rollback_rates
from ops.stack import FoundStack, StackNotFoundError
from ops.terminal import run
from tests.domain.examples import deck_csv
from tests.functions.deck_commands import Commands, commands
from tests.functions.decks_bench import active, clean, drop, publish_allowed, report, with_rows
from tests.harness.table import BUCKET, _s3
from tests.harness.world import World

__all__ = ["clean", "commands"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
CAMBODIA = {"prefix": "855", "country": "KH", "rate_per_minute": "0.20"}
DECK_OF_TWO = with_rows(CAMBODIA, CAMBODIA | {"prefix": "85597"})
GOLD = deck_csv(CAMBODIA | {"rate_per_minute": "0.15"})


@pytest.fixture(autouse=True)
def without_lists(clean: None) -> Iterator[None]:
    """A bucket without lists, before and after."""

    def empty() -> None:
        for found in _s3().list_objects_v2(Bucket=BUCKET, Prefix="lists/").get("Contents", []):
            _s3().delete_object(Bucket=BUCKET, Key=found["Key"])

    empty()
    yield
    empty()


def pointer(name: str) -> ActivePointer | None:
    return deck_store.read_active(list_client(_s3(), name), BUCKET)


def published(commands: Commands, name: str, data: bytes, *options: str) -> ActivePointer:
    code, printed = commands.publish(data, "--list", name, *options)
    found = pointer(name)
    assert (code, found is not None) == (0, True), printed
    assert found is not None
    return found


def test_a_list_is_published_beside_the_deck_with_its_own_history(world: World, commands: Commands) -> None:
    before = active()
    first = published(commands, "gold", GOLD)
    assert (first.in_force[0].in_force_from, first.previous, active().version) == (START_OF_TIME, (), before.version)
    second = published(commands, "gold", GOLD.replace(b"0.15", b"0.16"))
    assert second.previous == (first.version,)
    code, printed = commands.run(rollback_rates, "--price-list", "gold", "--yes")
    assert (code, "as price list gold" in printed) == (0, True), printed
    rolled_back = pointer("gold")
    assert rolled_back is not None
    assert [one.version for one in rolled_back.in_force] == [first.version, second.version, first.version]
    assert active() == before


def test_a_list_may_not_price_home(world: World, commands: Commands) -> None:
    data = deck_csv(CAMBODIA, {"prefix": "1212", "country": "US"}, {"prefix": "1", "country": "US"})
    code, printed = commands.publish(data, "--list", "gold", "--allow", "list_prices_home:2")
    assert (code, "list_prices_home is no finding" in printed) == (1, True), printed
    code, printed = commands.publish(data, "--list", "gold")
    assert (code, pointer("gold")) == (1, None)
    assert ("line 3 prefix: list_prices_home" in printed, "line 4 prefix: list_prices_home" in printed) == (True, True)


def test_list_rows_that_the_deck_outdoes_need_approval(world: World, commands: Commands) -> None:
    assert drop(world, DECK_OF_TWO)["outcome"] == "published"
    code, printed = commands.publish(GOLD, "--list", "gold")
    command = "make publish-rates LIST=gold FILE="
    assert (code, pointer("gold"), command in printed, "ALLOW=list_overridden:1" in printed) == (1, None, True, True)
    assert published(commands, "gold", GOLD, "--allow", "list_overridden:1").previous == ()
    both = deck_csv(CAMBODIA, CAMBODIA | {"prefix": "85597"})
    assert published(commands, "silver", both).previous == ()


def test_a_new_deck_that_outdoes_rows_of_lists_needs_approval(world: World, commands: Commands) -> None:
    publish_allowed(world, with_rows(CAMBODIA))  # At a time before that of the command.
    published(commands, "a", GOLD)
    published(commands, "b", GOLD)
    before = active()
    assert drop(world, DECK_OF_TWO)["outcome"] == "needs_approval"
    [finding] = report()["findings"]
    assert (finding["code"], finding["count"], active()) == ("list_overridden", 2, before)
    assert [(one["prefix"], one["price_list"]) for one in finding["first"]] == [("85597", "a"), ("85597", "b")]
    code, printed = commands.publish(DECK_OF_TWO, "--skip-impact", "--allow", "list_overridden:2")
    assert (code, active().previous[0]) == (0, before.version), printed
    assert drop(world, DECK_OF_TWO + b"\n", "again.csv")["outcome"] == "published", "what stands is not found again"


def test_a_rollback_shows_what_the_deck_does_to_lists_and_is_not_refused(world: World, commands: Commands) -> None:
    publish_allowed(world, DECK_OF_TWO)
    world.clock.now += timedelta(minutes=2)
    publish_allowed(world, with_rows(CAMBODIA))
    published(commands, "gold", GOLD)
    code, printed = commands.run(rollback_rates, "--yes")
    assert (code, "list_overridden: 1" in printed, "in list gold" in printed) == (0, True, True), printed


def test_rows_that_never_apply_need_approval(world: World, commands: Commands) -> None:
    own = deck_csv(CAMBODIA, *(CAMBODIA | {"prefix": f"855{digit}"} for digit in range(10)))
    code, printed = commands.publish(own, "--list", "gold")
    assert (code, "ALLOW=list_row_unused:1" in printed) == (1, True), printed


def test_a_list_is_judged_by_the_codes_of_the_deck(world: World, commands: Commands) -> None:
    assert drop(world, with_rows(CAMBODIA))["outcome"] == "published"
    free = deck_csv(
        CAMBODIA | {"rate_per_minute": "0"}, {"prefix": "447", "rate_per_minute": "9.50", "category": "gold_calls"}
    )
    code, printed = commands.publish(free, "--list", "gold")
    assert (code, pointer("gold")) == (1, None)
    assert "ALLOW=unknown_category:1,free_abroad:1,price_jump:1" in printed
    allowed = "unknown_category:1,free_abroad:1,price_jump:1"
    published(commands, "gold", free, "--allow", allowed)
    assert "gold_calls" in active().categories, "the sums of a day are read by category"


def test_an_allowance_is_void_once_the_deck_beside_the_list_differs(world: World, commands: Commands) -> None:
    assert drop(world, DECK_OF_TWO)["outcome"] == "published"
    assert commands.publish(GOLD, "--list", "gold")[0] == 1
    assert drop(world, DECK_OF_TWO.replace(b"85597", b"85598"), "other.csv")["outcome"] == "published"
    code, printed = commands.publish(GOLD, "--list", "gold", "--allow", "list_overridden:1")
    assert (code, pointer("gold"), "void" in printed) == (1, None, True), printed


def test_lists_are_shown_with_their_active_versions(world: World, commands: Commands) -> None:
    code, printed = commands.run(list_price_lists)
    assert (code, "There are no price lists" in printed) == (0, True)
    version = published(commands, "gold", GOLD).version
    published(commands, "cost", deck_csv(CAMBODIA, {"prefix": "1", "country": "US", "rate_per_minute": "0.01"}))
    code, printed = commands.run(list_price_lists)
    assert (code, version in printed, "always" in printed, "buying list" in printed) == (0, True, True, True), printed


def test_a_list_needs_a_deck_and_a_name(world: World, commands: Commands) -> None:
    code, printed = commands.publish(GOLD, "--list", "Gold")
    assert (code, "LIST=Gold" in printed) == (1, True)
    _s3().delete_object(Bucket=BUCKET, Key="active.json")
    code, printed = commands.publish(GOLD, "--list", "gold")
    assert (code, "Publish a deck first" in printed, pointer("gold")) == (1, True, None), printed


def test_a_list_that_cannot_be_read_stops_a_deck_and_names_the_step(world: World, commands: Commands) -> None:
    version = published(commands, "gold", GOLD).version
    for key in (f"decks/{version}.csv", f"compiled/{version}.deck"):
        _s3().put_object(Bucket=BUCKET, Key=f"lists/gold/{key}", Body=b"damaged")
    before = active()
    assert drop(world, with_rows(CAMBODIA))["outcome"] == "needs_approval"
    assert ("make publish-rates LIST=gold" in report()["detail"], active()) == (True, before)
    published(commands, "gold", GOLD)
    assert drop(world, with_rows(CAMBODIA), "again.csv")["outcome"] == "published"


def test_a_damaged_pointer_of_a_list_is_named(world: World, commands: Commands) -> None:
    published(commands, "gold", GOLD)
    _s3().put_object(Bucket=BUCKET, Key="lists/gold/active.json", Body=b"{")
    before = active()
    assert drop(world, with_rows(CAMBODIA))["outcome"] == "needs_approval"
    assert ("price list gold" in report()["detail"], active()) == (True, before)
    code, printed = commands.run(list_price_lists)
    assert (code, "unusable_deck" in printed) == (0, True), printed


def test_the_schedule_compiles_lists_whose_compiled_form_is_lost(world: World, commands: Commands) -> None:
    version = published(commands, "gold", GOLD).version
    published(commands, "silver", GOLD)
    key = f"lists/gold/compiled/{version}.deck"
    whole = _s3().get_object(Bucket=BUCKET, Key=key)["Body"].read()
    _s3().put_object(Bucket=BUCKET, Key=key, Body=b"of another format")
    _s3().put_object(Bucket=BUCKET, Key="lists/Strange/active.json", Body=b"{}")
    world.stack.invoke("publish_rates", {"version": "0", "source": "aws.scheduler"}, seconds=300)
    assert _s3().get_object(Bucket=BUCKET, Key=key)["Body"].read() == whole


# --- The buying list --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "code", "expected"),
    [
        ("gold", GOLD, 0, "1 rows"),
        ("cost", GOLD, 0, "1 rows"),
        ("gold", deck_csv({"prefix": "1212", "country": "US"}), 1, "list_prices_home"),
        ("Gold", GOLD, 1, "LIST=Gold"),
    ],
)
def test_a_draft_of_a_list_needs_no_stack_and_no_home(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    data: bytes,
    code: int,
    expected: str,
) -> None:
    def no_stack() -> FoundStack:
        raise StackNotFoundError("No local stack is running.")

    path = tmp_path / "gold.csv"
    path.write_bytes(data)
    monkeypatch.setattr(publish_rates, "find_stack", no_stack)
    monkeypatch.setattr("sys.argv", ["make", str(path), "--draft", "--list", name])
    with pytest.raises(SystemExit) as ended:
        run(publish_rates.main)
    printed = "".join(capsys.readouterr())
    assert (ended.value.code, expected in printed) == (code, True), printed
    assert "home_not_included" not in printed
