"""What an operator allows in a deck (`ALLOW=code:count,…`): exactly the findings of the report, and nothing else."""

import shlex
from collections.abc import Mapping
from typing import Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.rates.deck_codes import GuardCode

NEXT_STEPS: Final[dict[GuardCode, str]] = {
    GuardCode.HOME_NOT_INCLUDED: "Calls to these area codes would be charged or refused. Give each a row of category"
    " included, in effect now, with rate and fee 0.",
    GuardCode.HOME_NOT_IN_EFFECT: "Calls to these area codes would be included only for some time. Correct"
    " effective_from, and let no later row end the included one.",
    GuardCode.UNKNOWN_CATEGORY: "Correct the spelling, or allow the category if it is new.",
    GuardCode.FREE_ABROAD: "Calls to these numbers would cost nothing, without a limit. Set a rate or a fee, and keep"
    " category included for home.",
    GuardCode.PREFIXES_LOST: "Calls to these prefixes would have no price. A deck replaces the whole active deck: send"
    " every row, not only the changed ones.",
    GuardCode.PRICE_JUMP: "Check the unit of rate_per_minute and connection_fee (dollars), and the seconds of minimum"
    " and increment.",
    GuardCode.FUTURE_WITHOUT_PRESENT: "Until the later date, a shorter prefix sells these numbers at another price. Add"
    " a row with today's price of each prefix.",
    GuardCode.LIST_OVERRIDDEN: "The deck has longer prefixes, so it prices some or all numbers of these rows of price"
    " lists. Add the longer prefixes to the list, or allow it.",
    GuardCode.SOLD_AT_A_LOSS: "A call of 60 seconds would cost you more than your customer, by the buying list. Raise"
    " the price, add a row for the expensive prefix, or correct the buying list (LIST=cost).",
    GuardCode.LIST_ROW_UNUSED: "These rows can never apply: longer prefixes or later rows price all their calls. Remove"
    " them from the list.",
}
"""What the operator does about each finding, unless it is intended."""


def allow_text(counts: Mapping[GuardCode, int]) -> str:
    """Return the value of ALLOW that covers these findings."""
    return ",".join(f"{code}:{count}" for code, count in counts.items())


def publish_command(file: str, counts: Mapping[GuardCode, int], stack: str = "", price_list: str = "") -> str:
    """Return the command that publishes a file with these findings, as a deck or a price list; `stack` is empty for
    the local stack.
    """
    allowance = f" ALLOW={allow_text(counts)}" if counts else ""
    target = f" STACK={stack}" if stack else ""
    name = f" LIST={price_list}" if price_list else ""
    return f"make publish-rates{name} FILE={shlex.quote(file)}{allowance}{target}"


def parse_allowance(text: str) -> dict[GuardCode, int | None]:
    """Parse `code:count,…`. The count of a bare code is None, and covers no finding.

    Raises:
        InvalidValue: `invalid_field`, an unknown code or a count that is no number.
    """
    allowance: dict[GuardCode, int | None] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, colon, count = part.partition(":")
        if name not in set(GuardCode):
            raise InvalidValue(ProblemCode.INVALID_FIELD, f"{name} is no finding; ALLOW takes {', '.join(GuardCode)}.")
        if colon and not (count.isascii() and count.isdigit()):
            raise InvalidValue(ProblemCode.INVALID_FIELD, f"ALLOW needs a count after {name}, as in {name}:12.")
        allowance[GuardCode(name)] = int(count) if colon else None
    return allowance


def allows(allowance: Mapping[GuardCode, int | None], counts: Mapping[GuardCode, int]) -> bool:
    """Return whether an allowance names exactly these findings with exactly these counts."""
    return dict(allowance) == dict(counts)
