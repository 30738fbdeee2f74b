"""The report on margins, as schemas."""

from typing import Final

from ops.contract.schemas import (
    COUNT,
    COUNTRY,
    DATE,
    ID,
    MONEY,
    NEXT_CURSOR,
    TEXT,
    Schema,
    described,
    list_of,
    or_null,
    record,
)

_NUMBERS: Final[dict[str, Schema]] = {
    "calls": COUNT,
    "duration_seconds": COUNT,
    "charged": described(MONEY, "What customers pay for these calls now."),
    "cost": described(MONEY, "What they cost by the buying list."),
    "margin": described(MONEY, "Charged less cost."),
    "margin_percent": or_null(described(TEXT, "The margin in percent of the charges; null if there are none.")),
}
MARGINS: Final = record(
    "Margins",
    "The margins of the accounts that were read, the lowest first in each list.",
    {
        "from": DATE,
        "to": DATE,
        "accounts_read": described(COUNT, "The accounts that this part has read to their end."),
        "total": record("MarginTotal", "All calls with a cost.", _NUMBERS),
        "destinations": list_of(
            record(
                "DestinationMargin",
                "The margin of a destination.",
                {"country": COUNTRY, "destination": TEXT, **_NUMBERS},
            )
        ),
        "accounts": list_of(record("AccountMargin", "The margin of a customer.", {"account_id": ID, **_NUMBERS})),
        "without_cost": described(COUNT, "Charged calls that the buying list does not price; not in the sums."),
        "left_out": described(COUNT, "Charged calls whose number was erased or shortened; not in the sums."),
        "unreadable": described(COUNT, "Damaged entries; not in the sums."),
        "next_cursor": NEXT_CURSOR,
    },
)
