"""The routes of the API, each with its endpoint and parameters."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from local.stripe_stand_in import (
    card_changes,
    card_settings,
    charges,
    checkout,
    customers,
    disputes,
    endpoints,
    events,
    fraud_warnings,
    own_account,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
)
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.parameters import Parameters
from local.stripe_stand_in.refusals import Fields

Endpoint = Callable[..., Fields]
"""Takes the account, the parameters, and the ids in the path; returns the object of the answer."""

NOTHING: Final = Parameters()


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `{}` in its path stands for an id."""

    method: str
    path: str
    endpoint: Endpoint
    parameters: Parameters = NOTHING

    def ids_in(self, method: str, path: str) -> tuple[str, ...] | None:
        """Return the ids in the path of a request; None if the request is for another route."""
        pattern = "".join(["([^/]+)" if part == "{}" else re.escape(part) for part in re.split(r"(\{\})", self.path)])
        found = re.fullmatch(pattern, path) if method == self.method else None
        return found.groups() if found else None


def retrieve(kind: str, param: str = "id") -> Endpoint:
    """An endpoint that answers with the object of an id."""

    def endpoint(account: Account, _given: Fields, object_id: str) -> Fields:
        return account.get(kind, object_id, param, 404)

    return endpoint


ROUTES: Final = (
    Route("POST", "/v1/customers", customers.create, customers.PARAMETERS),
    Route("GET", "/v1/customers", customers.list_customers, customers.LIST),
    Route("GET", "/v1/customers/{}", customers.retrieve),
    Route("POST", "/v1/customers/{}", customers.update, customers.PARAMETERS),
    Route("DELETE", "/v1/customers/{}", customers.delete),
    Route(
        "GET",
        "/v1/customers/{}/payment_methods",
        payment_methods.list_of_customer,
        payment_methods.LIST_OF_CUSTOMER,
    ),
    Route("GET", "/v1/customers/{}/payment_methods/{}", payment_methods.retrieve_of_customer),
    Route("POST", "/v1/payment_methods", payment_methods.create, payment_methods.CREATE),
    Route("GET", "/v1/payment_methods", payment_methods.list_payment_methods, payment_methods.LIST),
    Route("GET", "/v1/payment_methods/{}", payment_methods.retrieve),
    Route("POST", "/v1/payment_methods/{}", card_changes.update, card_changes.UPDATE),
    Route("POST", "/v1/payment_methods/{}/attach", payment_methods.attach, payment_methods.ATTACH),
    Route("POST", "/v1/payment_methods/{}/detach", payment_methods.detach),
    Route("POST", "/v1/payment_intents", payment_intents.create, payment_intents.CREATE),
    Route("GET", "/v1/payment_intents", payment_intents.list_payment_intents, payment_intents.LIST),
    Route("GET", "/v1/payment_intents/{}", payment_intents.retrieve, payment_intents.RETRIEVE),
    Route("POST", "/v1/payment_intents/{}", payment_intents.update, payment_intents.UPDATE),
    Route("POST", "/v1/payment_intents/{}/confirm", payment_intents.confirm, payment_intents.CONFIRM),
    Route("POST", "/v1/payment_intents/{}/cancel", payment_intents.cancel, payment_intents.CANCEL),
    Route("GET", "/v1/charges", charges.list_charges, charges.LIST),
    Route("GET", "/v1/charges/{}", retrieve("charge")),
    Route("POST", "/v1/refunds", refunds.create, refunds.CREATE),
    Route("GET", "/v1/refunds", refunds.list_refunds, refunds.LIST),
    Route("GET", "/v1/refunds/{}", retrieve("refund")),
    Route("GET", "/v1/setup_intents/{}", retrieve("setup_intent", "intent"), setup_intents.RETRIEVE),
    Route("POST", "/v1/checkout/sessions", checkout.create, checkout.CREATE),
    Route("GET", "/v1/checkout/sessions", checkout.list_sessions, checkout.LIST),
    Route("GET", "/v1/checkout/sessions/{}", checkout.retrieve),
    Route("POST", "/v1/checkout/sessions/{}/expire", checkout.expire),
    Route("GET", "/v1/disputes", disputes.list_disputes, disputes.LIST),
    Route("GET", "/v1/disputes/{}", retrieve("dispute", "dispute")),
    Route("POST", "/v1/disputes/{}", disputes.update, disputes.UPDATE),
    Route("POST", "/v1/disputes/{}/close", disputes.close),
    Route("GET", "/v1/radar/early_fraud_warnings", fraud_warnings.list_warnings, fraud_warnings.LIST),
    Route("GET", "/v1/radar/early_fraud_warnings/{}", retrieve(fraud_warnings.KIND, "early_fraud_warning")),
    Route("GET", "/v1/balance_transactions/{}", retrieve("balance_transaction")),
    Route("GET", "/v1/events", events.list_events, events.LIST),
    Route("GET", "/v1/events/{}", events.retrieve),
    Route("POST", "/v1/webhook_endpoints", endpoints.create, endpoints.CREATE),
    Route("GET", "/v1/webhook_endpoints", endpoints.list_endpoints, endpoints.LIST),
    Route("GET", "/v1/webhook_endpoints/{}", retrieve(endpoints.KIND, "webhook_endpoint")),
    Route("POST", "/v1/webhook_endpoints/{}", endpoints.update, endpoints.UPDATE),
    Route("DELETE", "/v1/webhook_endpoints/{}", endpoints.delete),
    Route("GET", "/v1/account", own_account.retrieve),
    Route("GET", "/v1/payment_method_configurations", card_settings.list_configurations, card_settings.LIST),
)


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a request and the ids in its path."""
    for route in ROUTES:
        ids = route.ids_in(method, path)
        if ids is not None:
            return route, ids
    return None
