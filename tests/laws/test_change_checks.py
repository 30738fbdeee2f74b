"""The checks of law 13 find each breach: a missing, a surplus, a wrong, a nameless, and a changed record."""

from typing import Any

import pytest

from tests.laws.change_checks import Image, Images, law_13_each_change_is_recorded

PK = "ACCOUNT#acct_1"
LINE = {"PK": PK, "SK": "LINE#line_1", "number": "+14155550100", "user_id": "user_1", "international_calling": False}
ON = LINE | {"international_calling": True}
ENTRY = {
    "PK": PK,
    "SK": "ENTRY#T#adj_1",
    "kind": "balance_adjusted",
    "category": "adjustment",
    "by": "staff:1",
}


def record(action: str, subject: str, number: int = 1, **values: Any) -> dict[str, Any]:
    """A recorded change."""
    fields = {"action": action, "subject": subject, "by": "user:1"} | values
    return {"PK": PK, "SK": f"ACTIVITY#T#{subject}-{number}", "kind": "CHANGE", **fields}


def switched(*, before: bool, after: bool, number: int = 1) -> dict[str, Any]:
    """The record of a line's switch."""
    old, new = ({"international_calling": value} for value in (before, after))
    return record("line_changed", "line:line_1", number, old=old, new=new)


def images(*changes: tuple[Image | None, Image]) -> Images:
    """The images before and after of items."""
    return {(after["PK"], after["SK"]): (before, after) for before, after in changes}


SWITCH = switched(before=False, after=True)
ADJUSTED = record("adjustment_posted", "adjustment:adj_1", by="staff:1")


def test_a_recorded_change_passes() -> None:
    found = law_13_each_change_is_recorded(images((LINE, ON), (None, SWITCH), (None, ENTRY), (None, ADJUSTED)))
    assert found == {"line_changed": 1, "adjustment_posted": 1}


def test_changes_there_and_back_pass_although_the_item_is_the_same() -> None:
    back = switched(before=True, after=False, number=2)
    later = LINE | {"changes": 2}
    assert law_13_each_change_is_recorded(images((LINE, later), (None, back), (None, SWITCH))) == {"line_changed": 2}


@pytest.mark.parametrize(
    "found",
    [
        images((LINE, ON)),
        images((LINE, LINE | {"changed_by": "x"}), (None, SWITCH)),
        images((None, SWITCH)),
        images((LINE, ON), (None, SWITCH), (None, switched(before=False, after=True, number=2))),
        images((LINE, ON), (None, switched(before=True, after=True))),
        images((LINE, ON | {"user_id": "user_2"}), (None, SWITCH)),
        images((LINE, ON), (None, SWITCH | {"by": ""})),
        images((LINE, ON), (SWITCH, SWITCH | {"by": "user:2"})),
        images((None, ENTRY)),
        images((None, ADJUSTED)),
        images((None, ENTRY), (None, ADJUSTED | {"by": "staff:2"})),
        images((None, ENTRY), (None, ADJUSTED), (None, ADJUSTED | {"SK": "ACTIVITY#T2#other"})),
    ],
)
def test_a_breach_of_the_law_is_found(found: Images) -> None:
    with pytest.raises(AssertionError, match="law 13"):
        law_13_each_change_is_recorded(found)
