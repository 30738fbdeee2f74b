"""Requests of the phone company's staff, and of others who must be refused."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from tests.harness.http import Answer, http_event
from tests.harness.world import World

STAFF: Final[dict[str, Any]] = {
    "client_id": None,
    "scope": None,
    "token_use": "id",
    "sub": "staff-1",
    "email": "femi@phone.example",
}
READS: Final = (
    "/operator/accounts?find=acct_1",
    "/operator/accounts/acct_1",
    "/operator/accounts/acct_1/usage",
    "/operator/accounts/acct_1/usage/outbound_international_call",
    "/operator/accounts/acct_1/statement",
    "/operator/accounts/acct_1/lines",
    "/operator/accounts/acct_1/users",
    "/operator/accounts/acct_1/top-ups",
    "/operator/accounts/acct_1/mails",
    "/operator/accounts/acct_1/activity",
    "/operator/accounts/acct_1/denied-calls",
    "/operator/accounts/acct_1/calls?number=%2B442071838750&at=2026-11-23T10:00:00Z",
    "/operator/accounts/acct_1/calls/c_1",
    "/operator/accounts/acct_1/proof",
    "/operator/accounts/acct_1/close",
)
"""One valid request to each route that reads."""
ACTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("/operator/accounts/acct_1/close", {"reason": "Moved"}),
    ("/operator/accounts/acct_1/links/withdraw", {}),
    ("/operator/accounts/acct_1/mails/2026-11-23T10:00:00.000Z_abc/resend", {}),
    ("/operator/accounts/acct_1/exports", {"reason": "Asked for"}),
    ("/operator/accounts/acct_1/numbers/erase", {"number": "+442071838750"}),
    ("/operator/accounts/acct_1/calls/c_1/confirm", {}),
    ("/operator/accounts/acct_1/countries/JP/confirm", {}),
)
"""One request to each route that acts."""
FOR_SUPPORT: Final = ("withdraw", "resend")


def desk_event(
    method: str, address: str, body: Any = None, *, key: str | None = None, group: str | None = "finance", **claims: Any
) -> tuple[str, dict[str, Any]]:
    """The function of a request of staff, and its event."""
    path, _, text = address.partition("?")
    function = "read_accounts" if method == "GET" else "manage_accounts" if method == "PUT" else "keep_accounts"
    token = STAFF | {"cognito:groups": None if group is None else [group]} | claims
    event = http_event(function, method, path, body=body, claims=token)
    event["headers"].pop("idempotency-key", None)
    if key is not None:
        event["headers"]["idempotency-key"] = key
    event["rawQueryString"] = text
    if text:
        event["queryStringParameters"] = dict(parse_qsl(text, keep_blank_values=True))
    return function, event


def ask(world: World, method: str, address: str, body: Any = None, **more: Any) -> Answer:
    """The answer to a request of a member of the staff."""
    return world.invoke(*desk_event(method, address, body, **more))


def read(world: World, address: str, **query: Any) -> Any:
    """The body of a read that must succeed; `address` begins after `/operator/accounts`."""
    text = urlencode({name.rstrip("_"): value for name, value in query.items()})
    answer = ask(world, "GET", f"/operator/accounts{address}{'?' if text else ''}{text}", group="support")
    assert answer.status == 200, answer.text
    return answer.body


def act(world: World, address: str, body: dict[str, Any], key: str = "k_1", **more: Any) -> Answer:
    """The answer to an act; `address` begins after `/operator/accounts/acct_1`."""
    return ask(world, "POST", f"/operator/accounts/acct_1{address}", body, key=key, **more)


def use_the_desk(world: World) -> None:
    """Staff read each part of an account, and do with it what moves no money."""
    for address in READS:
        answer = ask(world, "GET", address)
        assert answer.status == 200 or answer.code in ("unknown_call", "payments_unavailable"), answer.text
    named = {"name": "Ada, +1 415 555 0177"}
    for address in ("/accounts/acct_1", "/accounts/acct_1/users/user_1"):
        assert world.operate("PUT", address, named).status == 200
    acts = [act for act in ACTS if not act[0].endswith("/close")] + [ACTS[0]]
    erase = ("/operator/accounts/acct_1/numbers/erase", {"number": "+14155550177"})
    for address, body in [erase, *acts]:
        answer = ask(world, "POST", address, body, key="k_desk")
        is_frozen = answer.status == 403 and answer.code == "account_frozen"
        assert answer.status in (200, 201, 404, 409) or is_frozen, answer.text
