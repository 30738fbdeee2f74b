"""What a billing admin does with the whole account: switch all lines, or freeze it (functions/change_settings)."""

from typing import Final

from ops.contract.route import Access, Route, ok, path
from ops.contract.schemas import COUNT, COUNTRY, FLAG, INSTANT, TEXT, body, or_null, record
from ops.contract.settings_routes import GROUP

ALL_LINES_SWITCH: Final = body(
    "AllLinesSwitch",
    "Turns international calling of all lines on or off. `cursor` is the `next_cursor` of the answer before.",
    {"international_calling": FLAG, "cursor": or_null(TEXT)},
    ["international_calling"],
)
LINE_SWITCHES: Final = record(
    "LineSwitches",
    "How many lines of the page were changed, and how many were as asked already. Send the request again with "
    "`next_cursor` until it is null.",
    {"changed": COUNT, "unchanged": COUNT, "next_cursor": or_null(TEXT)},
)
CONFIRMED_COUNTRY: Final = record(
    "ConfirmedCountry", "A country that a billing admin has confirmed.", {"country": COUNTRY, "confirmed_at": INSTANT}
)
FROZEN: Final = record("Frozen", "The account is frozen.", {"frozen": {"const": True}})

ROUTES: Final = (
    Route(
        "PUT",
        "/lines",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Turn international calling of all lines on or off",
        {200: ok(LINE_SWITCHES, "The page of lines, by id.")},
        (
            "account_frozen",
            "unknown_account",
            "missing_field",
            "invalid_field",
            "invalid_cursor",
            "busy",
        ),
        "Each line is changed on its own, so what an interrupted request changed stays.",
        body=ALL_LINES_SWITCH,
    ),
    Route(
        "POST",
        "/countries/{country}/confirm",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Confirm a country",
        {200: ok(CONFIRMED_COUNTRY, "The country is confirmed, now or since earlier.")},
        ("account_frozen", "unknown_account", "invalid_place", "busy"),
        "Calls to the country are no longer capped by `first_country_cap`.",
        parameters=(path("country", COUNTRY, "The country, or `001` for global networks."),),
    ),
    Route(
        "POST",
        "/freeze",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Freeze the account",
        {200: ok(FROZEN, "The account is frozen, now or since earlier.")},
        ("unknown_account", "busy"),
        "New international calls are refused and no card is charged. Only the operator can unfreeze the account.",
    ),
)
