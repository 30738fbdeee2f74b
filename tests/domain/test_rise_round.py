"""The stored round of announced rises: its form, and that it stays small."""

from datetime import UTC, datetime, timedelta

from calling_credit.accounts.rise_round import Round, stored_round
from calling_credit.rates.price_terms import PriceTerms

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
VERSION = "20261123T120000Z-0123456789ab"


def test_a_round_is_read_as_it_was_stored() -> None:
    current = Round({"": "a"}, {"": "b", "gold": "c"}, 2, "acct_1", ("gold",), {"silver": {"": "a"}})
    assert stored_round(current.text()) == current


def test_a_skipped_list_owes_what_its_accounts_were_told() -> None:
    current = Round({"": "a", "gold": "b", "other": "x"}, {"": "c", "gold": "b", "other": "x"}).skip(["gold"])
    ended = current.ended(NOW)
    assert (ended.done, ended.target, ended.owed) == (current.target, {}, {"gold": {"": "a", "gold": "b"}})
    again = ended.again().skip(["gold"]).ended(NOW)
    assert again.owed == ended.owed, "still what they were told first"
    assert ended.again().ended(NOW).owed == {}


def test_a_list_of_unknown_version_begins_no_round() -> None:
    current = Round({"": "a", "gold": "b"})
    assert current.following({"": "a"}, ["gold"]) is current
    assert current.following({"": "a"}, []).target == {"": "a"}, "the list was removed"
    assert current.following({"": "a"}, ["new"]).target == {"": "a"}


def test_a_thousand_unusable_lists_fit_into_one_item() -> None:
    names = [f"{number:0>40}" for number in range(1_000)]
    versions = {"": VERSION} | dict.fromkeys(names, VERSION)
    ended = Round(versions, versions).skip(names).ended(NOW)
    assert len(Round(ended.done, ended.done, 1, "a" * 64, tuple(names), ended.owed).text()) < 400_000


def test_an_account_with_another_list_since_is_owed_as_before() -> None:
    ended = Round({"": "a"}, {"": "b"}).skip(["gold"]).ended(NOW)
    before, after = "2026-11-01T00:00:00.000Z", "2026-11-24T00:00:00.000Z"
    gold = PriceTerms("gold", 0, before)
    assert ended.owed_list([gold]) == "gold"
    assert ended.owed_list([PriceTerms(None, 0, after), gold]) == "gold"
    assert ended.owed_list([PriceTerms(None, 0, "2026-11-02T00:00:00.000Z"), gold]) is None, "it was told"
    assert ended.owed_list([]) is None
    assert [ended.is_due(NOW + timedelta(days=days)) for days in (0, 1)] == [False, True]
    assert not Round({"": "a"}).is_due(NOW)
