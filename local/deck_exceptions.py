"""What the example deck and the numbering tables know beyond libphonenumber's metadata, each with its source."""

from local.numbering_plans import Label

GENERAL = "general"
DIRECTORY = "directory_assistance"

# Area codes that NANPA has assigned (planning letters and in-service reports, nanpa.com) and that libphonenumber 9.0
# does not have yet. Each overlays an area code of the same state.
NEWER_AREA_CODES = {
    "1357": "US",  # California, over 559
    "1436": "US",  # Ohio, over 440, in service since 2024-03-01
    "1457": "US",  # Louisiana, over 318, since 2025-09-25
    "1471": "US",  # Mississippi, over 662
    "1483": "US",  # Alabama, over 334
    "1621": "US",  # Texas, over 713, 281, and 832, since 2025-01-23
    "1624": "US",  # New York, over 716
    "1679": "US",  # Michigan, over 313, since 2025-11-07
    "1729": "US",  # Tennessee, over 423
    "1837": "US",  # California, over 530
    "1861": "US",  # Illinois, over 309, since 2023-02-24
    "1924": "US",  # Minnesota, over 507
}

# Prefixes of another country than the numbers around them.
OTHER_COUNTRIES = {
    "76": "KZ",  # ITU assigned +7 6 to Kazakhstan, like +7 7; no number is in use yet.
    "390549": "SM",  # San Marino's landlines are also reached through Italy's code (ITU Operational Bulletin; +378).
}

EXCEPTIONS: dict[str, Label] = {
    **{prefix: Label(country, GENERAL) for prefix, country in NEWER_AREA_CODES.items()},
    "76": Label("KZ", GENERAL),
    "390549": Label("SM", "landline"),
    # 0508 is toll-free, but the seven-digit numbers 5088xxx are premium (libphonenumber). No prefix separates them from
    # 0508 8xx xxx, so this one has the price of the expensive kind.
    "645088": Label("NZ", "premium_rate"),
}
"""The prefixes to add to the deck, or whose label to replace."""
