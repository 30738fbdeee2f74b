"""Who calls: the account and role of a customer's ID token, or the scope of a service's token, from what the
gateway verified.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from calling_credit.config import Config
from calling_credit.errors import Forbidden, ProblemCode


@dataclass(frozen=True, slots=True)
class Caller:
    """A customer: the one account its token speaks for, the person (`subject`), and whether they may spend and
    change.
    """

    account_id: str
    subject: str
    is_admin: bool


def customer(claims: Mapping[str, Any], settings: Config) -> Caller:
    """The customer behind an ID token's claims. The account comes from the token and from nowhere else.

    Raises:
        Forbidden: id_token_required (an access token), account_missing (a user of no account).
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
    """Refuse who may only read.

    Raises:
        Forbidden: `billing_admin_required`.
    """
    if not caller.is_admin:
        raise Forbidden(
            ProblemCode.BILLING_ADMIN_REQUIRED, "Only a billing admin of the account may do this; ask one of them."
        )


CLIENT_NAMES: Final = ("client_id", "cid", "azp", "sub")
"""Where Cognito, Okta, Auth0 and others put the client that a token was given to."""


def operator(claims: Mapping[str, Any], settings: Config) -> str:
    """The operator's client id.

    Raises:
        Forbidden: `scope_required`.
    """
    return _service(claims, settings.operate_scope)


def switch(claims: Mapping[str, Any], settings: Config) -> str:
    """The client id of the phone switch.

    Raises:
        Forbidden: `scope_required`.
    """
    return _service(claims, settings.authorize_scope)


def _service(claims: Mapping[str, Any], scope: str) -> str:
    """The gateway checks the scope of each route; this holds when a route is wired without it. Identity providers call
    scopes `scope` or `scp`, as the gateway knows, and the client by one of four names.
    """
    if scope not in _words(claims.get("scope") or claims.get("scp")):
        raise Forbidden(ProblemCode.SCOPE_REQUIRED, f"This needs a client-credentials token with the scope {scope}.")
    return str(next((claims[name] for name in CLIENT_NAMES if claims.get(name)), ""))


def _words(value: object) -> list[str]:
    """The values of a claim that API Gateway hands on as a list, as `[a b]`, or as `a b`."""
    if isinstance(value, list):
        return [str(part) for part in value]
    return str(value or "").strip("[]").replace(",", " ").split()
