"""What every request needs: the API key, its rights, and a known API version."""

from collections.abc import Mapping
from typing import Final

from local.stripe_stand_in.account import API_VERSION
from local.stripe_stand_in.refusals import Refusal, no_api_key, wrong_api_key

LEVELS: Final = ("none", "read", "write")
RESOURCES: Final = {
    "account": "accounts_kyc_basic",
    "balance_transactions": "balance_transaction_source",
    "charges": "charge",
    "checkout": "checkout_session",
    "customers": "customer",
    "disputes": "dispute",
    "events": "event",
    "payment_intents": "payment_intent",
    "payment_method_configurations": "payment_method_configurations",
    "payment_methods": "payment_method",
    "radar": "radar",
    "refunds": "charge",
    "setup_intents": "setup_intent",
    "webhook_endpoints": "webhook",
}
"""The resource that a right names, by the first part of the path after `/v1/`."""


def check_access(headers: Mapping[str, str], api_key: str) -> None:
    """Check the key and the version of a request; without a version, the request has the account's.

    Raises:
        Refusal: the key is missing or wrong, or the stand-in does not have the version.
    """
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise no_api_key()
    if key != api_key:
        raise wrong_api_key(key)
    if headers.get("stripe-version", API_VERSION) != API_VERSION:
        raise Refusal(400, f"Invalid Stripe API version: {headers['stripe-version']}", is_stored=False)


def check_right(rights: dict[str, str], method: str, path: str, key: str, account_id: str) -> None:
    """Check that a restricted key may send this request; a resource without an entry in `rights` is unrestricted.

    GET needs the right to read a resource, every other method the right to write it, which includes reading.

    Raises:
        Refusal: it may not; the message names the missing right as Stripe does.
    """
    resource = RESOURCES.get(path.removeprefix("/v1/").partition("/")[0], "")
    needed = "read" if method == "GET" else "write"
    if LEVELS.index(rights.get(resource, "write")) >= LEVELS.index(needed):
        return
    raise Refusal(
        403,
        f"The provided key '{key[:8]}{'*' * 8}{key[-4:]}' does not have the required permissions for this endpoint on "
        f"account '{account_id}'. Having the 'rak_{resource}_{needed}' permission would allow this request to "
        "continue.",
        is_stored=False,
    )
