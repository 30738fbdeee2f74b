"""Whether a page was open while its account was frozen, by the second."""

from typing import Any

import pytest

from calling_credit.accounts.freeze_times import was_open_while_frozen


def at(seconds: float) -> str:
    """An instant of the first minute of 1970."""
    return f"1970-01-01T00:00:{seconds:06.3f}Z"


NEVER: dict[str, Any] = {}
FROZEN = {"frozen_at": at(20.5)}
UNFROZEN = {"last_frozen_at": at(20.5), "unfrozen_at": at(30.5), "freeze_links_after": at(30.5)}
AGAIN = {"frozen_at": at(40.5), "last_frozen_at": at(20.5), "freeze_links_after": at(30.5)}
OLDER = {"unfrozen_at": at(30.5)}


@pytest.mark.parametrize(
    ("item", "opened_at", "ended_at", "was_open"),
    [
        (NEVER, 10, 50, False),
        (FROZEN, 10, 19, False),
        (FROZEN, 10, 20, True),
        (FROZEN, 25, 26, True),
        (UNFROZEN, 10, 19, False),
        (UNFROZEN, 10, 20, True),
        (UNFROZEN, 10, 50, True),
        (UNFROZEN, 29, 50, True),
        (UNFROZEN, 30, 50, False),
        (AGAIN, 10, 19, False),
        (AGAIN, 10, 35, True),
        (AGAIN, 31, 39, False),
        (AGAIN, 31, 40, True),
        (OLDER, 10, 50, False),
    ],
)
def test_a_page_was_open_while_its_account_was_frozen(
    item: dict[str, Any], opened_at: int, ended_at: int, was_open: bool
) -> None:
    assert was_open_while_frozen(item, opened_at, ended_at) == was_open
