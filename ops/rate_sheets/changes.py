"""Change markers of a sheet: New, Increase, Decrease, Closed, Deleted, and their usual variants."""

import re
from enum import StrEnum
from typing import Final


class Change(StrEnum):
    """What a marker says about a row."""

    NEW = "new"
    INCREASE = "increase"
    DECREASE = "decrease"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CLOSED = "closed"


_CLOSED: Final = re.compile(
    r"\b(clos|delet|del\b|remov|block|withdr|discontin|terminat|expir|suspend|cancel|stop"
    r"|not (available|offered|supported)|no (longer|service|route)|unavailable|drop code|code drop|out of service"
    r"|inactive|ferm[ée]|supprim|cerrad|eliminad|baja|gel[öo]scht|geschlossen|entf[äa]llt)",
    re.IGNORECASE,
)
_UNCHANGED: Final = (
    r"^n/?a$|^[=-]+$|\b(un-?changed|no change|not changed|same|current|existing|active|as is|valid|nc|equal|open|stable"
    r"|inchang\w*|sin cambios?|unver[äa]ndert)\b"
)
_WORDS: Final = (
    (Change.NEW, r"\b(unblock|re-?open|new|add|introduc|launch|nouve|nuev[oa]|neu\b|alta\b)"),
    (Change.UNCHANGED, _UNCHANGED),
    (Change.INCREASE, r"\b(incr|inc\b|rais|higher|up\b|augment|hausse|aument|subida|erh[öo]h)|^\+|↑|▲"),
    (Change.DECREASE, r"\b(decr|dec\b|reduc|lower|down|drop|baisse|diminu|dismin|reducci|senk)|↓|▼"),
    (Change.CHANGED, r"\b(chang|updat|modif|amend|revis|correct)"),
)
_OTHERS: Final = tuple((change, re.compile(pattern, re.IGNORECASE)) for change, pattern in _WORDS)


def change_of(text: str) -> Change | None:
    """Return the meaning of a marker; None if it is unknown. A single letter such as D may mean several."""
    if not text:
        return Change.UNCHANGED
    if not re.search(r"\b(unblock|re-?open)", text, re.IGNORECASE) and _CLOSED.search(text):
        return Change.CLOSED
    return next((change for change, pattern in _OTHERS if pattern.search(text)), None)


def says_closed(text: str) -> bool:
    """Return whether a cell for a price says that the destination is closed."""
    return _CLOSED.search(text) is not None
