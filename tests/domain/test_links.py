"""A link needs no sign-in, so it is valid only unchanged, for one payment, and for a day."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.api.cursors import read_cursor, write_cursor
from calling_credit.errors import InvalidValue, NotFound
from calling_credit.links.link import Link, LinkPurpose, confirmation_link, hash_of
from calling_credit.links.tokens import read_token, token_of
from calling_credit.topups.topup import TopUpStatus
from tests.domain.examples import NOW
from tests.domain.payment_examples import AUTOMATIC

SECRET = "a secret of the deployment"
LINK = confirmation_link(AUTOMATIC)
TOKEN = token_of(SECRET, LINK)
AHEAD = "2026-11-24T12:00:00.000Z"


def assert_refused(token: str, secret: str = SECRET) -> None:
    with pytest.raises(NotFound) as refused:
        read_token(secret, token, NOW)
    assert refused.value.code == "unknown_link"


def test_a_link_identifies_its_payment_and_its_hash_is_one_way() -> None:
    assert read_token(SECRET, TOKEN, NOW) == LINK == Link(LinkPurpose.CONFIRM_PAYMENT, "acct_1", "tu_1", AHEAD)
    assert hash_of(TOKEN) == hash_of(token_of(SECRET, LINK)) != hash_of(TOKEN + "A")
    assert_refused(hash_of(TOKEN))


@pytest.mark.parametrize("account_id", ["acct_1", "A.b:c@d+e-f", "9" * 64])
def test_a_link_is_one_path_segment_for_any_account(account_id: str) -> None:
    token = token_of(SECRET, confirmation_link(replace(AUTOMATIC, account_id=account_id)))
    assert token.replace("-", "").replace("_", "").isalnum()
    assert read_token(SECRET, token, NOW).account_id == account_id


def test_the_same_payment_has_the_same_link_whenever_it_is_made() -> None:
    later = replace(AUTOMATIC, status=TopUpStatus.REQUIRES_ACTION, lease_until=None)
    assert token_of(SECRET, confirmation_link(later)) == TOKEN
    assert token_of(SECRET, confirmation_link(replace(AUTOMATIC, topup_id="tu_2"))) != TOKEN


def test_a_link_is_valid_for_a_day_after_its_payment() -> None:
    assert read_token(SECRET, TOKEN, NOW + timedelta(days=1, milliseconds=-1)) == LINK
    with pytest.raises(NotFound) as refused:
        read_token(SECRET, TOKEN, NOW + timedelta(days=1))
    assert refused.value.code == "unknown_link"


def test_every_edit_of_one_character_is_refused() -> None:
    for place, character in enumerate(TOKEN):
        for other in "A0_-=~":
            if other != character:
                assert_refused(TOKEN[:place] + other + TOKEN[place + 1 :])


def test_a_link_cut_or_lengthened_is_refused() -> None:
    for end in range(len(TOKEN)):
        assert_refused(TOKEN[:end])
    for more in ("=", "A", "AAAA", " ", "\n", "é"):
        assert_refused(TOKEN + more)


def test_a_link_signed_with_another_secret_is_refused() -> None:
    assert_refused(TOKEN, secret="another")


@pytest.mark.parametrize("scope", [["acct_1", "top-ups"], ["link"], ["link", "cancel_payment"], []], ids=str)
def test_cursors_and_links_are_not_interchangeable(scope: list[str]) -> None:
    assert_refused(write_cursor(SECRET, scope, ["acct_1", "tu_1", "2026-11-24T12:00:00.000Z"]))
    with pytest.raises(InvalidValue):
        read_cursor(SECRET, scope, TOKEN)


@given(st.text(max_size=100))
def test_arbitrary_text_is_refused(token: str) -> None:
    assert_refused(token)


def test_repeated_refusals_do_not_grow_the_traceback() -> None:
    depths = []
    for _ in range(3):
        with pytest.raises(NotFound) as refused:
            read_token(SECRET, "guessed", NOW)
        depths.append(len(refused.traceback))
    assert len(set(depths)) == 1
