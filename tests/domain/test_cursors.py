"""A cursor is valid only unchanged and for the list that issued it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.api.cursors import MAX_CURSOR_CHARACTERS, read_cursor, write_cursor
from calling_credit.errors import InvalidValue

SECRET = "a secret of the deployment"
SCOPE = ["acct_1", "usage", "outbound_international_call", "2026-11-01", "2026-11-30", ""]
ASCII = [chr(code) for code in range(128)]


def assert_refused(cursor: str, scope: list[str] | None = None, secret: str = SECRET) -> None:
    with pytest.raises(InvalidValue) as refused:
        read_cursor(secret, SCOPE if scope is None else scope, cursor)
    assert refused.value.code == "invalid_cursor"


@pytest.mark.parametrize("position", ["ENTRY#1", "", {"after": "é", "opening": -5}, ["a"], 0])
def test_a_cursor_returns_to_its_position(position: Any) -> None:
    assert read_cursor(SECRET, SCOPE, write_cursor(SECRET, SCOPE, position)) == position


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5), st.lists(st.text()))
def test_a_cursor_round_trips_any_position(position: Any, scope: list[str]) -> None:
    assert read_cursor(SECRET, scope, write_cursor(SECRET, scope, position)) == position


def test_a_missing_cursor_means_the_first_page() -> None:
    assert read_cursor(SECRET, SCOPE, None) is None


@pytest.mark.parametrize("position", ["E", "EN", "ENT", {"after": "ENTRY#2026-11-23T10:00:00.000Z#c_1"}], ids=str)
def test_every_edit_of_one_character_is_refused(position: Any) -> None:
    cursor = write_cursor(SECRET, SCOPE, position)
    for place, character in enumerate(cursor):
        for other in ASCII:
            if other != character:
                assert_refused(cursor[:place] + other + cursor[place + 1 :])


@pytest.mark.parametrize("position", ["E", "EN", "ENT"])
def test_a_cursor_cut_or_lengthened_is_refused(position: str) -> None:
    cursor = write_cursor(SECRET, SCOPE, position)
    for end in range(len(cursor)):
        assert_refused(cursor[:end])
    for more in ("=", "==", "A", "AA", "AAAA", " ", "\n", "é"):
        assert_refused(cursor + more)
        assert_refused(more + cursor)


def test_a_changed_position_with_the_old_signature_is_refused() -> None:
    data = base64.urlsafe_b64decode(write_cursor(SECRET, SCOPE, "ENTRY#1") + "==")
    forged = data[:16] + json.dumps("ENTRY#0").encode()
    assert_refused(base64.urlsafe_b64encode(forged).decode().rstrip("="))


@pytest.mark.parametrize(
    "scope",
    [
        ["acct_2", *SCOPE[1:]],
        ["acct_1", "statement", *SCOPE[2:]],
        [*SCOPE[:3], "2026-11-02", *SCOPE[4:]],
        [*SCOPE[:5], "user_1"],
        SCOPE[:5],
        [*SCOPE, ""],
        ["acct_1usage", *SCOPE[2:]],
        [],
    ],
    ids=str,
)
def test_a_cursor_of_another_account_route_or_filter_is_refused(scope: list[str]) -> None:
    assert_refused(write_cursor(SECRET, SCOPE, "ENTRY#1"), scope)


def test_a_cursor_signed_with_another_secret_is_refused() -> None:
    assert_refused(write_cursor(SECRET, SCOPE, "ENTRY#1"), secret="another")


@pytest.mark.parametrize(
    "cursor", ["", "A", "AAAA", "%%%%", "é", "\ud800", "\0", "A" * MAX_CURSOR_CHARACTERS * 2], ids=ascii
)
def test_an_invalid_cursor_is_refused(cursor: str) -> None:
    assert_refused(cursor)


@given(st.text(max_size=100))
def test_arbitrary_text_is_refused(cursor: str) -> None:
    assert_refused(cursor)
