"""The stored round of announced rises: its form, and that it stays small."""

from calling_credit.accounts.rise_round import Round, stored_round

VERSION = "20261123T120000Z-0123456789ab"


def test_a_round_is_read_as_it_was_stored() -> None:
    current = Round({"": "a"}, {"": "b", "gold": "c"}, 2, "acct_1", ("gold",), {"silver": {"": "a"}})
    assert stored_round(current.text()) == current


def test_a_skipped_list_owes_what_its_accounts_were_told() -> None:
    current = Round({"": "a", "gold": "b", "other": "x"}, {"": "c", "gold": "b", "other": "x"}).skip(["gold"])
    ended = current.ended()
    assert (ended.done, ended.target, ended.owed) == (current.target, {}, {"gold": {"": "a", "gold": "b"}})
    again = ended.again().skip(["gold"]).ended()
    assert again.owed == ended.owed, "still what they were told first"
    assert ended.again().ended().owed == {}


def test_a_list_of_unknown_version_begins_no_round() -> None:
    current = Round({"": "a", "gold": "b"})
    assert current.following({"": "a"}, ["gold"]) is current
    assert current.following({"": "a"}, []).target == {"": "a"}, "the list was removed"
    assert current.following({"": "a"}, ["new"]).target == {"": "a"}


def test_a_thousand_unusable_lists_fit_into_one_item() -> None:
    names = [f"{number:0>40}" for number in range(1_000)]
    versions = {"": VERSION} | dict.fromkeys(names, VERSION)
    ended = Round(versions, versions).skip(names).ended()
    assert len(Round(ended.done, ended.done, 1, "a" * 64, tuple(names), ended.owed).text()) < 400_000
