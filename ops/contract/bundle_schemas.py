"""The bundles of included minutes of accounts and lines."""

from typing import Final

from calling_credit.accounts import bundles
from ops.contract.schemas import COUNT, COUNTRY, ID, TEXT, body, described, list_of, or_null, record

PLACES_OF_BUNDLE: Final = {
    "countries": list_of(COUNTRY, "Countries, without their premium numbers.") | {"maxItems": bundles.MAX_PLACES},
    "prefixes": list_of(
        {"type": "string", "pattern": "^[1-9][0-9]{0,11}$", "examples": ["4420"]}, "Prefixes of numbers, without +."
    )
    | {"maxItems": bundles.MAX_PLACES},
}
BUNDLE_FIELDS: Final = {
    "name": described(
        {"type": "string", "minLength": 1, "maxLength": bundles.MAX_NAME_BYTES, "pattern": "^[^#]+$"},
        "Names the bundle to customers: 37 of 100 minutes to the UK left. At most 40 bytes in UTF-8.",
        examples=["the UK"],
    ),
    **PLACES_OF_BUNDLE,
    "minutes": described(
        {"type": "integer", "minimum": 0, "maximum": bundles.MAX_MINUTES}, "The included minutes of each local month."
    ),
}
BUNDLES: Final = list_of(record("Bundle", "Included minutes to some places.", BUNDLE_FIELDS))
BUNDLES_CHANGE: Final = or_null(
    list_of(
        body(
            "BundleSettings",
            "Minutes that each local month includes to either `countries` or `prefixes`.",
            BUNDLE_FIELDS,
            ["name", "minutes"],
        ),
        "The whole list; null or an empty list removes all. Another number of minutes changes the running month by "
        "the difference. A new name is a new bundle with all its minutes.",
    )
    | {"maxItems": bundles.MAX_BUNDLES}
)
INCLUDED_MINUTES: Final = list_of(
    record(
        "IncludedMinutes",
        "The rest of a bundle in the account's local month.",
        {
            "name": TEXT,
            "left_minutes": described(COUNT, "Whole minutes, rounded down."),
            "left_seconds": COUNT,
            "minutes": described(COUNT, "The minutes of each month."),
            "line_id": described(ID, "The line whose bundle it is; absent for one of the account."),
            "line_number": described(TEXT, "The number of that line."),
        },
        optional=("line_id", "line_number"),
    )
)
