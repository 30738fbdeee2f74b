"""The checks of `make check-stripe`: each asks Stripe one question and yields what must be corrected. None of them
changes anything. Does not depend on the command.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import stripe

MISSING: Final = "check_stripe_0"
"""The end of an id that no object has. A write to it changes nothing: a key with the right finds it missing."""
SWITCHED_ON: Final = "active"
CAPABILITIES: Final = (
    ("cards", "card_payments", "card payments"),
    ("bank accounts", "us_bank_account_ach_payments", "ACH direct debit"),
)
"""What the account must be able to do, because the Billing page offers it: subject, Stripe's capability, its name."""
DELIVERED_WITHIN: Final = timedelta(days=1)
UNDER_WAY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and how to correct it."""

    subject: str
    problem: str
    repair: str


@dataclass(frozen=True, slots=True)
class Right:
    """A right that the application needs, and a request that shows whether the key has it."""

    name: str
    level: str
    ask: Callable[[Any], object]


RIGHTS: Final = (
    Right("Customers", "Write", lambda v1: v1.customers.update(f"cus_{MISSING}", {"description": ""})),
    Right("PaymentMethods", "Write", lambda v1: v1.payment_methods.detach(f"pm_{MISSING}")),
    Right("PaymentIntents", "Write", lambda v1: v1.payment_intents.cancel(f"pi_{MISSING}")),
    Right("SetupIntents", "Write", lambda v1: v1.setup_intents.cancel(f"seti_{MISSING}")),
    Right("Checkout Sessions", "Write", lambda v1: v1.checkout.sessions.expire(f"cs_{MISSING}")),
    Right("Charges and Refunds", "Write", lambda v1: v1.refunds.create({"charge": f"ch_{MISSING}"})),
    Right("Disputes", "Read", lambda v1: v1.disputes.list({"limit": 1})),
    Right("Radar", "Read", lambda v1: v1.radar.early_fraud_warnings.list({"limit": 1})),
    Right("Events", "Read", lambda v1: v1.events.list({"limit": 1})),
)


def check_settings(secret: Mapping[str, Any], environment: str) -> Iterator[Finding]:
    """Check the stored key and webhook secret, and that only production charges real cards."""
    key, webhook_secret = str(secret.get("api_key") or ""), str(secret.get("webhook_secret") or "")
    if not key:
        yield Finding("api_key", "is not stored", "Store it in the secret in the output StripeSecretArn.")
    elif key.startswith("pk_"):
        yield Finding("api_key", "is a publishable key", "Store a secret key (sk_) or a restricted key (rk_) instead.")
    if not webhook_secret:
        yield Finding("webhook_secret", "is not stored", "Store it in the secret in the output StripeWebhookSecretArn.")
    elif not webhook_secret.startswith("whsec_"):
        yield Finding("webhook_secret", "does not begin with whsec_", "Store the endpoint's signing secret instead.")
    for name, value in (("api_key", key), ("webhook_secret", webhook_secret)):
        if value != "".join(value.split()):
            yield Finding(name, "contains a space or a line break", "Store it again without them.")
    if key and is_live(key) != (environment == "production") and environment in ("production", "staging"):
        mode = "live" if is_live(key) else "test"
        repair = f"Store a {'test' if is_live(key) else 'live'} key, or correct the parameter Environment."
        yield Finding("mode", f"the key is of {mode} mode, and Environment is {environment}", repair)


def is_live(key: str) -> bool:
    """Whether a key moves real money."""
    return "_live_" in key


def check_account(client: stripe.StripeClient, stored_id: str) -> Iterator[Finding]:
    """Check the account of the key: that it is the stack's, and may charge cards and debit bank accounts."""
    account = client.v1.accounts.retrieve_current()
    if stored_id and account.id != stored_id:
        yield Finding(
            "account",
            f"the key belongs to {account.id}, but customers and payments of this stack are in {stored_id}",
            "Store a key of that account, or run make relink-stripe to move to the new one.",
        )
    if not account.charges_enabled:
        yield Finding(
            "account", f"{account.id} may not charge", "Complete the account's details in Stripe's dashboard."
        )
    capabilities = account.capabilities.to_dict() if account.capabilities else {}
    for subject, capability, payments in CAPABILITIES:
        state = capabilities.get(capability, "not requested")
        if state != SWITCHED_ON:
            repair = (
                f"Request {payments} in Stripe's dashboard (Settings, Payments), and complete what Stripe asks for."
            )
            yield Finding(subject, f"the capability {capability} is {state}", repair)


def check_cards(client: stripe.StripeClient) -> Iterator[Finding]:
    """Check that the default payment method settings offer cards."""
    for settings in client.v1.payment_method_configurations.list({"limit": 100}).auto_paging_iter():
        fields = settings.to_dict()
        card = fields.get("card") or {}
        is_offered = card.get("available") and (card.get("display_preference") or {}).get("value") == "on"
        if fields.get("is_default") and not fields.get("application") and not is_offered:
            repair = "Switch cards on in Stripe's dashboard (Settings, Payment methods)."
            yield Finding("cards", f"the payment method settings {fields['id']} do not offer cards", repair)


def check_rights(client: stripe.StripeClient) -> Iterator[Finding]:
    """Check each right that the application needs."""
    missing = dict.fromkeys((right.name, right.level) for right in RIGHTS if not _has(client, right))
    for name, level in missing:
        repair = f"Give the restricted key {level} access to {name} (Developers, API keys)."
        yield Finding("rights", f"the key has no {level} access to {name}", repair)


def _has(client: stripe.StripeClient, right: Right) -> bool:
    try:
        right.ask(client.v1)
    except stripe.PermissionError:
        return False
    except stripe.InvalidRequestError:  # No such object, so the key may ask for it.
        return True
    return True


def check_endpoint(client: stripe.StripeClient, url: str, events: Iterable[str], *, live: bool) -> Iterator[Finding]:
    """Check that Stripe sends all events to this stack, in the form that this release reads."""
    endpoints = [one.to_dict() for one in client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()]
    same = [one for one in endpoints if _comparable(one["url"]) == _comparable(url)]
    if not same:
        others = ", ".join(one["url"] for one in endpoints)
        has = f"the account has other endpoints: {others}" if others else "the account has no endpoint"
        repair = (
            f"Add the endpoint {url} (Developers, Webhooks) for the events of docs/deploy.md, and store its secret."
        )
        yield Finding("endpoint", f"Stripe does not call {url}; {has}", repair)
        return
    enabled = [one for one in same if one["status"] == "enabled"]
    if not enabled:
        yield Finding("endpoint", f"{same[0]['id']} is {same[0]['status']}", "Enable it (Developers, Webhooks).")
    if len(enabled) > 1:
        names = ", ".join(one["id"] for one in enabled)
        yield Finding("endpoint", f"{names} have this address; their secrets differ", "Delete all but one of them.")
    endpoint = (enabled or same)[0]
    yield from _check_events(endpoint, events)
    yield from _check_version(client, endpoint)
    if endpoint["livemode"] != live:
        modes = ("live", "test") if live else ("test", "live")
        repair = "Add the endpoint in the mode of the key, and store its secret."
        yield Finding("mode", f"the key is of {modes[0]} mode and {endpoint['id']} of {modes[1]} mode", repair)


def _comparable(url: str) -> str:
    """An address with its host in small letters. API Gateway tells a path with a slash at the end from one without."""
    parts = urlsplit(url)
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()


def check_deliveries(client: stripe.StripeClient, events: Iterable[str], now: datetime) -> Iterator[Finding]:
    """Check that Stripe's callbacks of the last day were taken. Only their answers show a wrong webhook secret, because
    Stripe does not show the secret again. Callbacks of the last minutes may be under way.
    """
    created = {"gte": int((now - DELIVERED_WITHIN).timestamp()), "lt": int((now - UNDER_WAY).timestamp())}
    params: Any = {"created": created, "delivery_success": False, "types": sorted(events), "limit": 100}
    try:
        page = client.v1.events.list(params)
    except stripe.PermissionError:
        return  # The check of the rights names it.
    if page.data:
        newest, count = page.data[0], f"{len(page.data)}{' or more' if page.has_more else ''}"
        problem = f"events of the last day were not delivered: {count}, the newest is {newest.id} ({newest.type})"
        repair = (
            "See the answers to its deliveries (Developers, Webhooks). After 400, store the endpoint's signing secret "
            "as webhook_secret; otherwise see docs/runbook.md#callbacks-do-not-arrive."
        )
        yield Finding("deliveries", problem, repair)


def _check_events(endpoint: Mapping[str, Any], events: Iterable[str]) -> Iterator[Finding]:
    enabled = set(endpoint["enabled_events"])
    missing = [] if "*" in enabled else sorted(set(events) - enabled)
    if missing:
        repair = f"Add them to {endpoint['id']} (Developers, Webhooks)."
        yield Finding("events", f"the endpoint does not send: {', '.join(missing)}", repair)


def _check_version(client: stripe.StripeClient, endpoint: Mapping[str, Any]) -> Iterator[Finding]:
    """Without a version of its own, an endpoint sends events in the account's, which the newest event shows."""
    version = endpoint.get("api_version")
    if version is None:
        newest = client.v1.events.list({"limit": 1}).data
        version = newest[0].api_version if newest else None
    if version is not None and version != stripe.api_version:
        problem = f"the endpoint sends events of API version {version}; this release reads {stripe.api_version}"
        repair = f"Add an endpoint with version {stripe.api_version}, store its secret, and delete {endpoint['id']}."
        yield Finding("version", problem, repair)


def check_customers(client: stripe.StripeClient, customer_ids: Iterable[str]) -> Iterator[Finding]:
    """Check that the key's account and mode know the stored customers. One that is known is enough: single customers
    may be deleted.
    """
    unknown = []
    for customer_id in customer_ids:
        try:
            client.v1.customers.retrieve(customer_id)
        except stripe.PermissionError:
            return
        except stripe.InvalidRequestError as error:
            unknown.append((customer_id, error.user_message or str(error)))
        else:
            return
    if unknown:
        repair = "Store the key of the mode and account in which they exist, or run make relink-stripe after a move."
        yield Finding("mode", f"the key does not know stored customers: {unknown[0][1]}", repair)
