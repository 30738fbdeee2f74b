"""A billing admin freezes the own account (functions/change_settings)."""

from typing import Final

from ops.contract.route import Access, Route, ok
from ops.contract.schemas import record
from ops.contract.settings_routes import GROUP

FROZEN: Final = record("Frozen", "The account is frozen.", {"frozen": {"const": True}})

ROUTES: Final = (
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
