"""The caller, from the claims of the verified token (`verified_token.py`): a customer's account and role, a client's
scopes, or a staff member's groups.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.changes.sign_in import SignIn
from calling_credit.config import Config
from calling_credit.dynamodb.sign_out_keys import signed_out_key, staff_signed_out_key
from calling_credit.errors import Forbidden, ProblemCode


@dataclass(frozen=True, slots=True)
class Caller:
    """A customer: the token's account, the user (`subject`), and whether the user may spend and change settings. `name`
    is the user's e-mail address, empty if the token has none. `signed_in_at` is the time of the sign-in in whole Unix
    seconds.
    """

    account_id: str
    subject: str
    is_admin: bool
    name: str = ""
    signed_in_at: int | None = None

    @property
    def sign_in(self) -> SignIn:
        """The sign-in, to be read with the account."""
        return SignIn(signed_out_key(self.account_id, self.subject), self.signed_in_at)

    def actor(self, address: str) -> Actor:
        """Return the user as the actor of a change, with the IP address of the request."""
        return Actor(ActorKind.USER, self.subject, address, self.name)


def customer(claims: Mapping[str, Any], settings: Config) -> Caller:
    """Return the customer of an ID token. The account comes from the token alone.

    Raises:
        Forbidden: id_token_required (an access token, or one without a subject), account_missing (the user belongs to
            no account).
    """
    subject = str(claims.get("sub") or "")
    if not subject or (settings.token_use_claim and claims.get(settings.token_use_claim) != "id"):
        raise _id_token_required()
    account_id = str(claims.get(settings.account_claim) or "")
    if not account_id:
        raise Forbidden(
            ProblemCode.ACCOUNT_MISSING, "This user belongs to no account; the operator assigns users to accounts."
        )
    groups = _groups_of(claims, settings)
    name = str(claims.get("email") or "")
    return Caller(account_id, subject, settings.admin_group in groups, name, signed_in_at(claims))


def require_admin(caller: Caller) -> None:
    """Require a billing admin.

    Raises:
        Forbidden: `billing_admin_required`.
    """
    if not caller.is_admin:
        raise Forbidden(
            ProblemCode.BILLING_ADMIN_REQUIRED, "Only a billing admin of the account may do this; ask a billing admin."
        )


def billing_admin(claims: Mapping[str, Any], settings: Config) -> Caller:
    """Return the customer of an ID token, who must be a billing admin. Raises the errors of both checks."""
    caller = customer(claims, settings)
    require_admin(caller)
    return caller


CLIENT_NAMES: Final = ("client_id", "cid", "azp", "sub")
"""The claims in which Cognito, Okta, Auth0, and others name the client of a token."""


def scopes_of(claims: Mapping[str, Any]) -> list[str]:
    """Return the scopes of a token, in the claim `scope` or `scp`: text with spaces between them, or an array. Each is
    compared as a whole.
    """
    value = claims.get("scope") or claims.get("scp")
    if isinstance(value, list):
        return [scope for scope in value if isinstance(scope, str)]
    return value.split(" ") if isinstance(value, str) else []


def client_id_of(claims: Mapping[str, Any]) -> str:
    """Return the name of a token's client; empty if no claim names it."""
    return str(next((claims[name] for name in CLIENT_NAMES if claims.get(name)), ""))


def _groups_of(claims: Mapping[str, Any], settings: Config) -> list[str]:
    """The groups of a user: an array, or the one group as text. Each is compared as a whole."""
    value = claims.get(settings.groups_claim)
    groups = value if isinstance(value, list) else [value]
    return [group for group in groups if isinstance(group, str) and group]


class Right(StrEnum):
    """What an operator route needs. A staff group or a client's scope grants it."""

    READ = "read"
    FREEZE = "freeze"
    OPERATE = "operate"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who uses an operator route: a staff member, or a client of the back office. `signed_in_at` is the time of the
    sign-in in whole Unix seconds; None in a client's token.
    """

    actor: Actor
    rights: frozenset[Right]
    signed_in_at: int | None = None

    @property
    def is_staff(self) -> bool:
        """Whether a person acts, whose sign-in can end and whose money limits need a second person."""
        return self.actor.kind is ActorKind.STAFF

    @property
    def sign_in(self) -> SignIn | None:
        """The sign-in of a person, to be read with the account; None for a client."""
        return SignIn(staff_signed_out_key(self.actor.id), self.signed_in_at) if self.is_staff else None

    def require(self, right: Right, settings: Config) -> None:
        """Require a right.

        Raises:
            Forbidden: finance_required (staff), scope_required (a client).
        """
        if right in self.rights:
            return
        if self.is_staff:
            raise Forbidden(
                ProblemCode.FINANCE_REQUIRED,
                f"Only members of the group {settings.finance_group} may do this; ask one of them.",
            )
        raise scope_required(_scopes(settings)[right])


def back_office(claims: Mapping[str, Any], settings: Config, address: str = "") -> Operator:
    """Return the client of a token, for the routes below `/accounts`, which take no sign-in. A token without a scope
    of the back office has no right, nor has one that names no client: every write names who made it.
    """
    client_id = client_id_of(claims)
    rights = _client_rights(claims, settings) if client_id else frozenset()
    return Operator(Actor(ActorKind.CLIENT, client_id, address), rights)


def desk(claims: Mapping[str, Any], settings: Config, address: str = "") -> Operator:
    """Return the staff member or client of a token, for the routes below `/operator`.

    Raises:
        Forbidden: id_token_required, staff_required (a customer's token, one of both, or one without a subject),
            scope_required (a client without any scope of the back office).
    """
    client = back_office(claims, settings, address)
    if client.rights:
        return client
    groups, subject = _groups_of(claims, settings), str(claims.get("sub") or "")
    rights = _staff_rights(groups, settings)
    if not rights or not subject or claims.get(settings.account_claim):
        if not groups and scopes_of(claims):
            raise scope_required(settings.read_scope)
        raise Forbidden(
            ProblemCode.STAFF_REQUIRED,
            f"This needs a sign-in of the phone company's staff, in the group {settings.support_group} or "
            f"{settings.finance_group} and without an account of its own.",
        )
    if settings.token_use_claim and claims.get(settings.token_use_claim) != "id":
        raise _id_token_required()
    name = str(claims.get("email") or "")
    return Operator(Actor(ActorKind.STAFF, subject, address, name), rights, signed_in_at(claims))


def signed_in_at(claims: Mapping[str, Any]) -> int | None:
    """Return when the holder of a token signed in, in whole Unix seconds: `auth_time`, else `iat`; None without both.
    A refreshed token keeps its `auth_time`. A value that is no number counts as no time, so every sign-out ends it.
    """
    value = claims.get("auth_time") or claims.get("iat")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or math.isfinite(value) else None


def _client_rights(claims: Mapping[str, Any], settings: Config) -> frozenset[Right]:
    scopes = scopes_of(claims)
    return frozenset(right for right, scope in _scopes(settings).items() if scope in scopes)


def _staff_rights(groups: list[str], settings: Config) -> frozenset[Right]:
    if settings.finance_group in groups:
        return frozenset(Right)
    return frozenset({Right.READ, Right.FREEZE}) if settings.support_group in groups else frozenset()


def _scopes(settings: Config) -> dict[Right, str]:
    """The scope that grants each right to a client."""
    return {
        Right.READ: settings.read_scope,
        Right.FREEZE: settings.operate_scope,
        Right.OPERATE: settings.operate_scope,
        Right.ADJUST: settings.adjust_scope,
    }


def scope_required(scope: str) -> Forbidden:
    """Return the refusal of a token without a scope."""
    return Forbidden(ProblemCode.SCOPE_REQUIRED, f"This needs a client-credentials token with the scope {scope}.")


def _id_token_required() -> Forbidden:
    return Forbidden(
        ProblemCode.ID_TOKEN_REQUIRED, "Send the ID token, not the access token, in the Authorization header."
    )
