"""The codes of errors, warnings, and findings about a rate deck. docs/rate-decks.md explains each."""

from enum import StrEnum
from typing import NamedTuple


class DeckErrorCode(StrEnum):
    """Why a deck is refused."""

    NOT_UTF8 = "not_utf8"
    WRONG_HEADER = "wrong_header"
    EMPTY_DECK = "empty_deck"
    TOO_MANY_ROWS = "too_many_rows"
    WRONG_COLUMN_COUNT = "wrong_column_count"
    INVALID_PREFIX = "invalid_prefix"
    INVALID_DESTINATION = "invalid_destination"
    UNKNOWN_COUNTRY = "unknown_country"
    UNKNOWN_ORIGIN = "unknown_origin"
    INVALID_PRICE = "invalid_price"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    INVALID_SECONDS = "invalid_seconds"
    INVALID_RATE_STEPS = "invalid_rate_steps"
    INVALID_EFFECTIVE_FROM = "invalid_effective_from"
    INVALID_CATEGORY = "invalid_category"
    RESERVED_CATEGORY = "reserved_category"
    INCLUDED_WITH_PRICE = "included_with_price"
    LIST_PRICES_HOME = "list_prices_home"
    DUPLICATE_ROW = "duplicate_row"
    MALFORMED_CSV = "malformed_csv"
    INVALID_SHORT_CODE = "invalid_short_code"
    EMERGENCY_CODE = "emergency_code"


class DeckWarningCode(StrEnum):
    """What an operator should check in a valid deck."""

    OTHER_COUNTRY = "other_country"
    UNASSIGNED_PREFIX = "unassigned_prefix"
    BLANK_LINES = "blank_lines"
    TRAILING_BLANKS = "trailing_blanks"
    UNUSED_COLUMN = "unused_column"
    SOLD_BELOW_COST = "sold_below_cost"


class GuardCode(StrEnum):
    """What a valid deck would do to calls that its operator must approve (`ALLOW=`)."""

    HOME_NOT_INCLUDED = "home_not_included"
    HOME_NOT_IN_EFFECT = "home_not_in_effect"
    UNKNOWN_CATEGORY = "unknown_category"
    FREE_ABROAD = "free_abroad"
    PREFIXES_LOST = "prefixes_lost"
    PRICE_JUMP = "price_jump"
    FUTURE_WITHOUT_PRESENT = "future_without_present"
    LIST_OVERRIDDEN = "list_overridden"
    LIST_ROW_UNUSED = "list_row_unused"
    SOLD_AT_A_LOSS = "sold_at_a_loss"


class DeckWarning(NamedTuple):
    """A finding in a valid deck that an operator should check: the prefix, if any, a code, and a sentence."""

    prefix: str
    code: DeckWarningCode
    detail: str
