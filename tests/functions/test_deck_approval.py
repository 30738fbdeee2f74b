"""A deck with findings goes live only by a command that allows exactly these findings; a dropped one never does."""

import json
import re
from typing import Any

import pytest

from calling_credit.rates.publishing import DeckBucket
from ops import publish_rates, rollback_rates
from tests.domain.examples import deck_csv
from tests.functions.deck_commands import Commands, commands
from tests.functions.decks_bench import DEARER, active, clean, drop, dropped, publish_allowed, report, with_rows
from tests.harness.table import BUCKET, _s3
from tests.harness.world import DECK, World

__all__ = ["clean", "commands"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
EXPENSIVE = DECK.replace(b"0.10", b"1.00")
AMENDMENT = deck_csv({"rate_per_minute": "0.11"})


def approval(version: str) -> dict[str, Any]:
    """The record of who allowed a version."""
    body = _s3().get_object(Bucket=BUCKET, Key=f"reports/approvals/{version}.json")["Body"].read()
    content: dict[str, Any] = json.loads(body)
    return content


# --- A dropped file ---------------------------------------------------------------------------------------------------


def test_a_dropped_amendment_never_replaces_the_deck(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    before = active()
    assert drop(world, AMENDMENT, "changes.csv")["outcome"] == "needs_approval"
    assert active() == before
    told = report("changes.csv")
    counts = {finding["code"]: finding["count"] for finding in told["findings"]}
    assert counts == {"home_not_included": 1, "prefixes_lost": 3}
    command = "make publish-rates FILE=changes.csv ALLOW=home_not_included:1,prefixes_lost:3"
    assert (told["command"], told["base"]) == (command, before.version)
    assert all(finding["next_step"].endswith(".") and finding["first"] for finding in told["findings"])
    assert "deck_needs_approval" in caplog.messages
    printed = capsys.readouterr().out
    assert all(f'"{metric}"' in printed for metric in ("DecksRefused", "DecksNeedsApproval"))
    again = world.stack.invoke("publish_rates", dropped("incoming/changes.csv"), seconds=300)
    assert (again["outcome"], active()) == ("needs_approval", before)


def test_a_report_names_line_prefix_and_price_of_each_sample(world: World) -> None:
    drop(world, EXPENSIVE)
    [finding] = report()["findings"]
    [sample] = finding["first"]
    assert (finding["code"], finding["count"], report()["state_changes"]) == ("price_jump", 1, [])
    assert (sample["line"], sample["prefix"], sample["price"]) == (2, "44", "1.00/min 60/60")


def test_a_dropped_deck_is_checked_again_after_a_concurrent_activation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was harmless against the old deck is a jump against the new one."""
    real = DeckBucket.publish
    interrupted: list[bool] = []
    cheap = DECK.replace(b"0.10", b"0.02")

    def publish(self: DeckBucket, *arguments: Any) -> Any:
        if not interrupted:
            interrupted.append(True)
            early = world.clock.now.replace(year=2020)
            check = self.check(cheap, early, world.clock.now)
            assert real(self, cheap, check, world.clock.now, world.clock.now) == "published"
        return real(self, *arguments)

    monkeypatch.setattr(DeckBucket, "publish", publish)
    assert drop(world, DEARER)["outcome"] == "needs_approval"
    assert [finding["code"] for finding in report()["findings"]] == ["price_jump"]


# --- The command ------------------------------------------------------------------------------------------------------


def test_a_command_prints_what_to_allow_and_publishes_with_it(commands: Commands) -> None:
    before = active()
    code, printed = commands.publish(EXPENSIVE)
    assert (code, active()) == (1, before)
    assert "price_jump: 1 prefix." in printed
    [allow] = re.findall(r"ALLOW=(\S+)", printed)
    assert allow == "price_jump:1"
    code, printed = commands.publish(EXPENSIVE, "--allow", allow)
    assert (code, active().previous[0]) == (0, before.version), printed
    record = approval(active().version)
    assert (record["allowed"], record["base"]) == ({"price_jump": 1}, before.version)
    assert record["by"].startswith("command:")
    assert record["findings"][0]["code"] == "price_jump"
    assert commands.publish(EXPENSIVE, "--allow", allow)[0] == 0, "it is active already"


@pytest.mark.parametrize(
    "allow",
    [
        "price_jump",
        "price_jump:2",
        "price_jump:0",
        "free_abroad:1",
        "price_jump:1,free_abroad:1",
        "price_jump:1,free_abroad:0",
    ],
)
def test_a_bare_code_or_another_count_allows_nothing(commands: Commands, allow: str) -> None:
    before = active()
    code, printed = commands.publish(EXPENSIVE, "--allow", allow)
    assert (code, active()) == (1, before)
    assert "ALLOW=price_jump:1\n" in printed
    assert commands.publish(DEARER, "--allow", allow)[0] == 1, "nothing to allow"
    assert active() == before


@pytest.mark.parametrize("allow", ["price_jumps:1", "price_jump:x", "price_jump:-1", "price_jump:1;free_abroad:1"])
def test_an_unreadable_allowance_is_refused(commands: Commands, allow: str) -> None:
    code, printed = commands.publish(EXPENSIVE, "--allow", allow)
    assert (code, "ALLOW" in printed) == (1, True)


def test_an_allowance_is_void_once_another_deck_is_active(commands: Commands, world: World) -> None:
    assert commands.publish(EXPENSIVE)[0] == 1
    publish_allowed(world, DECK.replace(b"0.25", b"0.26"))
    before = active()
    code, printed = commands.publish(EXPENSIVE, "--allow", "price_jump:1")
    assert (code, active(), "void" in printed) == (1, before, True)
    assert commands.publish(EXPENSIVE, "--allow", re.findall(r"ALLOW=(\S+)", printed)[0])[0] == 0


def test_an_allowance_is_void_if_a_deck_is_activated_during_the_command(
    commands: Commands, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = publish_rates.approve

    def approve(*arguments: Any) -> bool:
        publish_allowed(world, DECK.replace(b"0.10", b"0.09"))
        return real(*arguments)

    monkeypatch.setattr(publish_rates, "approve", approve)
    assert commands.publish(EXPENSIVE)[0] == 1
    code, printed = commands.publish(EXPENSIVE, "--allow", "price_jump:1")
    assert (code, "stale_base" in printed or "superseded" in printed) == (1, True)


def test_a_named_stack_asks_before_it_allows_and_records_the_caller(commands: Commands) -> None:
    before = active()
    assert commands.publish(EXPENSIVE, stack="staging")[0] == 1
    commands.answers = [False]
    assert commands.publish(EXPENSIVE, "--allow", "price_jump:1", stack="staging")[0] == 1
    assert (active(), len(commands.questions)) == (before, 1)
    assert re.fullmatch(r"Publish .*deck\.csv in staging and allow price_jump:1\?", commands.questions[0])
    code, printed = commands.publish(EXPENSIVE, stack="staging")
    assert (code, "ALLOW=price_jump:1 STACK=staging" in printed) == (1, True)
    assert commands.publish(EXPENSIVE, "--allow", "price_jump:1", "--yes", stack="staging")[0] == 0
    assert "arn:aws:" in approval(active().version)["by"]


def test_a_deck_without_findings_asks_nothing_on_a_named_stack(commands: Commands) -> None:
    assert commands.publish(DEARER, stack="staging")[0] == 0
    assert commands.questions == []


def test_a_draft_shows_findings_and_publishes_nothing(commands: Commands) -> None:
    before = active()
    code, printed = commands.publish(EXPENSIVE, "--draft")
    assert (code, active()) == (0, before)
    assert "price_jump: 1 prefix." in printed


def test_the_impact_report_counts_states_and_can_be_skipped(commands: Commands) -> None:
    free = with_rows({"prefix": "33", "country": "FR", "rate_per_minute": "0"})
    code, printed = commands.publish(free, "--draft")
    assert (code, bool(re.search(r"FR\s+unrated\s+free\s+\d+", printed))) == (0, True), printed
    code, printed = commands.publish(free, "--draft", "--skip-impact")
    assert (code, "unrated" in printed, "30 days" in printed) == (0, False, False)
    assert "free_abroad" in printed, "findings are shown anyway"


def test_a_deck_made_from_another_base_is_refused(commands: Commands, world: World) -> None:
    data = DEARER.replace(b"category\n", b"category,base\n").replace(b"call\n", b"call,20260101T000000Z-0123456789ab\n")
    data = data.replace(b",included\n", b",included,\n")
    before = active()
    code, printed = commands.publish(data)
    assert (code, "stale_base" in printed, active()) == (1, True, before)
    assert (drop(world, data)["outcome"], active()) == ("stale_base", before)
    right = data.replace(b"20260101T000000Z-0123456789ab", before.version.encode())
    assert drop(world, right, "right.csv")["outcome"] == "published"


# --- Rollback and damage ----------------------------------------------------------------------------------------------


def test_a_rollback_shows_findings_and_is_never_refused(commands: Commands, world: World) -> None:
    publish_allowed(world, EXPENSIVE)
    bad = active().version
    publish_allowed(world, DECK.replace(b"0.10", b"0.09"))
    commands.answers = [False, True]
    code, printed = commands.run(rollback_rates)
    assert (code, "price_jump: 1 prefix." in printed, active().version != bad) == (1, True, True)
    assert commands.run(rollback_rates)[0] == 0
    assert active().version == bad


def test_a_damaged_active_file_does_not_disarm_the_guard(world: World) -> None:
    """The guard compares with the deck before, and an amendment is still an amendment."""
    drop(world, DEARER)
    _s3().put_object(Bucket=BUCKET, Key=active().key, Body=b"damaged")
    before = active()
    included_row = {"prefix": "1415", "country": "US", "rate_per_minute": "0", "category": "included"}
    assert drop(world, deck_csv(included_row), "few.csv")["outcome"] == "needs_approval"
    assert active() == before
