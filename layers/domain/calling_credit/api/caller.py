"""The caller, from the claims that the gateway verified: a customer's account and role, or a service's scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from calling_credit.config import Config
from calling_credit.errors import Forbidden, ProblemCode


@dataclass(frozen=True, slots=True)
class Caller:
    """A customer: the token's account, the user (`subject`), and whether the user may spend and change settings."""

    account_id: str
    subject: str
    is_admin: bool


def customer(claims: Mapping[str, Any], settings: Config) -> Caller:
    """Return the customer of an ID token. The account comes from the token alone.

    Raises:
        Forbidden: id_token_required (an access token), account_missing (the user belongs to no account).
    """
    if settings.token_use_claim and claims.get(settings.token_use_claim) != "id":
        raise Forbidden(
            ProblemCode.ID_TOKEN_REQUIRED, "Send the ID token, not the access token, in the Authorization header."
        )
    account_id = str(claims.get(settings.account_claim) or "")
    if not account_id:
        raise Forbidden(
            ProblemCode.ACCOUNT_MISSING, "This user belongs to no account; the operator assigns users to accounts."
        )
    groups = _words(claims.get(settings.groups_claim))
    return Caller(account_id, str(claims.get("sub", "")), settings.admin_group in groups)


def require_admin(caller: Caller) -> None:
    """Require a billing admin.

    Raises:
        Forbidden: `billing_admin_required`.
    """
    if not caller.is_admin:
        raise Forbidden(
            ProblemCode.BILLING_ADMIN_REQUIRED, "Only a billing admin of the account may do this; ask a billing admin."
        )


CLIENT_NAMES: Final = ("client_id", "cid", "azp", "sub")
"""The claims in which Cognito, Okta, Auth0, and others name the client of a token."""


def operator(claims: Mapping[str, Any], settings: Config) -> str:
    """Return the operator's client id.

    Raises:
        Forbidden: `scope_required`.
    """
    return _service(claims, settings.operate_scope)


def switch(claims: Mapping[str, Any], settings: Config) -> str:
    """Return the client id of the phone switch.

    Raises:
        Forbidden: `scope_required`.
    """
    return _service(claims, settings.authorize_scope)


def _service(claims: Mapping[str, Any], scope: str) -> str:
    """Check the scope again, in case a route is deployed without the gateway's check, and return the client id.

    Identity providers name scopes `scope` or `scp`, and the client in one of `CLIENT_NAMES`.
    """
    if scope not in _words(claims.get("scope") or claims.get("scp")):
        raise Forbidden(ProblemCode.SCOPE_REQUIRED, f"This needs a client-credentials token with the scope {scope}.")
    return str(next((claims[name] for name in CLIENT_NAMES if claims.get(name)), ""))


def _words(value: object) -> list[str]:
    """Return the values of a claim that API Gateway passes as a list, as `[a b]`, or as `a b`."""
    if isinstance(value, list):
        return [str(part) for part in value]
    return str(value or "").strip("[]").replace(",", " ").split()
