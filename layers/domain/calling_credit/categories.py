"""The categories of entries: the form of their codes, and those that no call can have."""

import re
from typing import Final

ADJUSTMENT: Final = "adjustment"
TOP_UP: Final = "top_up"
REVERSAL: Final = "reversal"
GOODWILL: Final = "goodwill"
TRANSFER: Final = "transfer"
PROMOTION: Final = "promotion"
CREDIT_EXPIRED: Final = "credit_expired"
SHORT_CODE_CATEGORY: Final = "outbound_short_code_call"
CATEGORY: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
"""The form of every category's code."""
RESERVED_CATEGORIES: Final = frozenset(
    {
        ADJUSTMENT,
        TOP_UP,
        "refund",
        "dispute",
        REVERSAL,
        "correction",
        GOODWILL,
        TRANSFER,
        PROMOTION,
        CREDIT_EXPIRED,
    }
)
"""Categories of payments, corrections, and gifts: no call can have them, so usage distinguishes spending from them."""
CALL_CATEGORIES: Final = frozenset({"outbound_international_call", "outbound_premium_call"})
"""The categories of charged calls that this application names; a deck may have others once its operator allows them."""
