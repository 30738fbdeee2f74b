"""Ending sign-ins, for the operator (functions/manage_accounts)."""

from typing import Final

from ops.contract.account_routes import ACCOUNT_ID, GROUP
from ops.contract.route import Access, Route, ok, path
from ops.contract.schemas import FLAG, INSTANT, Schema, described, record

SUBJECT: Final[Schema] = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.:@+|-]{0,127}$"}
SUBJECT_ID: Final = path("user_id", SUBJECT, "The `sub` of the person's tokens.")
SIGNED_OUT: Final = record(
    "SignedOut",
    "The end of a person's sign-ins.",
    {
        "user_id": SUBJECT,
        "signed_out_until": described(INSTANT, "Tokens of sign-ins up to this second change and spend nothing."),
        "refresh_tokens_revoked": described(
            FLAG, "Whether the user pool also revoked the refresh tokens; false if it does not know the user."
        ),
    },
)

ROUTES: Final = (
    Route(
        "POST",
        "/accounts/{account_id}/users/{user_id}/sign-out",
        "manage_accounts",
        Access.OPERATOR,
        GROUP,
        "End the sign-ins of a user",
        {200: ok(SIGNED_OUT, "No token of an earlier sign-in changes or spends anything.")},
        ("unknown_account", "invalid_id"),
        "The user can sign in again. Reading ends when the current token expires, after 15 minutes.",
        parameters=(ACCOUNT_ID, SUBJECT_ID),
    ),
)
