"""Requests are parsed like Stripe parses them: brackets, types, unknown and missing parameters, keys, expansion."""

import importlib
from typing import Any

import pytest
import stripe

from local.stripe_stand_in.forms import pairs_of, parse
from local.stripe_stand_in.refusals import Refusal
from local.stripe_stand_in.routes import ROUTES, Route
from tests.stand_in.conftest import Till
from tests.stand_in.test_payments import refused


def test_brackets_become_fields_and_lists() -> None:
    pairs = [
        ("amount", "2500"),
        ("metadata[order]", "a=b&c"),
        ("automatic_payment_methods[enabled]", "true"),
        ("expand[0]", "customer"),
        ("expand[1]", "latest_charge"),
        ("types[]", "a"),
        ("types[]", "b"),
        ("created[gte]", "1"),
        ("a[b][c]", "d"),
    ]
    assert parse(pairs) == {
        "amount": "2500",
        "metadata": {"order": "a=b&c"},
        "automatic_payment_methods": {"enabled": "true"},
        "expand": ["customer", "latest_charge"],
        "types": ["a", "b"],
        "created": {"gte": "1"},
        "a": {"b": {"c": "d"}},
    }


@pytest.mark.parametrize("pairs", [[("a[b", "1")], [("a", "1"), ("a[b]", "2")], [("a[b]", "2"), ("a", "1")]])
def test_malformed_brackets_are_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(Refusal):
        parse(pairs)


def test_nested_values_encode_as_the_sdk_encodes_them() -> None:
    nested = {"a": {"b": True}, "c": [1, 2], "d": None}
    assert list(pairs_of(nested)) == [("a[b]", "true"), ("c[0]", "1"), ("c[1]", "2"), ("d", "")]


@pytest.mark.parametrize(
    ("path", "params", "code", "param"),
    [
        ("/v1/payment_intents", {"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ("/v1/checkout/sessions", {"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ("/v1/payment_intents", {"amount": 100, "currency": "usd", "amuont": 1}, "parameter_unknown", "amuont"),
        ("/v1/customers", {"invoice_settings": {"x": 1}}, "parameter_unknown", "invoice_settings[x]"),
        ("/v1/payment_intents", {"amount": 100}, "parameter_missing", "currency"),
        ("/v1/payment_intents", {"amount": "1.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ("/v1/payment_intents", {"amount": "", "currency": "usd"}, "parameter_invalid_empty", "amount"),
        ("/v1/customers", {"email": "nobody"}, "email_invalid", "email"),
        ("/v1/checkout/sessions", {"mode": "setup", "success_url": "here"}, "url_invalid", "success_url"),
        ("/v1/checkout/sessions", {"mode": "setup", "success_url": "http://x"}, "parameter_missing", "currency"),
        (
            "/v1/payment_intents",
            {"amount": 100, "currency": "usd", "customer": "cus_x"},
            "resource_missing",
            "customer",
        ),
    ],
)
def test_an_invalid_parameter_is_named_with_its_code(
    till: Till, path: str, params: dict[str, Any], code: str, param: str
) -> None:
    status, body = till.post(path, **params)
    error = body["error"]
    assert (status, error["type"], error["code"], error["param"]) == (400, "invalid_request_error", code, param)
    assert error["doc_url"] == f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}"


@pytest.mark.parametrize(
    "params",
    [
        {"confirm": "yes"},
        {"setup_future_usage": "sometimes"},
        {"off_session": True},
        {"metadata": {"k" * 41: "v"}},
        {"metadata": {"k": "v" * 501}},
        {"metadata": {str(n): "v" for n in range(51)}},
        {"allowed_payment_method_types": ["card"], "automatic_payment_methods": {"enabled": True}},
        {"currency": ["usd"]},
    ],
)
def test_values_outside_their_limits_are_refused(till: Till, params: dict[str, Any]) -> None:
    status, body = till.post("/v1/payment_intents", **{"amount": 100, "currency": "usd", **params})
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert till.stand_in.account.objects["payment_intent"] == {}


SDK_CLASSES = {
    "POST /v1/customers": "CustomerCreateParams",
    "GET /v1/customers": "CustomerListParams",
    "GET /v1/customers/{}": "CustomerRetrieveParams",
    "POST /v1/customers/{}": "CustomerUpdateParams",
    "DELETE /v1/customers/{}": "CustomerDeleteParams",
    "GET /v1/customers/{}/payment_methods": "CustomerPaymentMethodListParams",
    "GET /v1/customers/{}/payment_methods/{}": "CustomerPaymentMethodRetrieveParams",
    "POST /v1/payment_methods": "PaymentMethodCreateParams",
    "GET /v1/payment_methods": "PaymentMethodListParams",
    "GET /v1/payment_methods/{}": "PaymentMethodRetrieveParams",
    "POST /v1/payment_methods/{}": "PaymentMethodUpdateParams",
    "POST /v1/payment_methods/{}/attach": "PaymentMethodAttachParams",
    "POST /v1/payment_methods/{}/detach": "PaymentMethodDetachParams",
    "POST /v1/payment_intents": "PaymentIntentCreateParams",
    "GET /v1/payment_intents": "PaymentIntentListParams",
    "GET /v1/payment_intents/{}": "PaymentIntentRetrieveParams",
    "POST /v1/payment_intents/{}": "PaymentIntentUpdateParams",
    "POST /v1/payment_intents/{}/confirm": "PaymentIntentConfirmParams",
    "POST /v1/payment_intents/{}/cancel": "PaymentIntentCancelParams",
    "GET /v1/charges": "ChargeListParams",
    "GET /v1/charges/{}": "ChargeRetrieveParams",
    "POST /v1/refunds": "RefundCreateParams",
    "GET /v1/refunds": "RefundListParams",
    "GET /v1/refunds/{}": "RefundRetrieveParams",
    "GET /v1/setup_intents/{}": "SetupIntentRetrieveParams",
    "POST /v1/checkout/sessions": "checkout.SessionCreateParams",
    "GET /v1/checkout/sessions": "checkout.SessionListParams",
    "GET /v1/checkout/sessions/{}": "checkout.SessionRetrieveParams",
    "POST /v1/checkout/sessions/{}/expire": "checkout.SessionExpireParams",
    "GET /v1/disputes": "DisputeListParams",
    "GET /v1/disputes/{}": "DisputeRetrieveParams",
    "POST /v1/disputes/{}": "DisputeUpdateParams",
    "POST /v1/disputes/{}/close": "DisputeCloseParams",
    "GET /v1/radar/early_fraud_warnings": "radar.EarlyFraudWarningListParams",
    "GET /v1/radar/early_fraud_warnings/{}": "radar.EarlyFraudWarningRetrieveParams",
    "GET /v1/balance_transactions/{}": "BalanceTransactionRetrieveParams",
    "GET /v1/events": "EventListParams",
    "GET /v1/events/{}": "EventRetrieveParams",
    "POST /v1/webhook_endpoints": "WebhookEndpointCreateParams",
    "GET /v1/webhook_endpoints": "WebhookEndpointListParams",
    "GET /v1/webhook_endpoints/{}": "WebhookEndpointRetrieveParams",
    "POST /v1/webhook_endpoints/{}": "WebhookEndpointUpdateParams",
    "DELETE /v1/webhook_endpoints/{}": "WebhookEndpointDeleteParams",
    "GET /v1/account": "AccountRetrieveCurrentParams",
    "GET /v1/payment_method_configurations": "PaymentMethodConfigurationListParams",
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_an_endpoint_has_the_parameters_of_the_sdk(route: Route) -> None:
    package, _, name = SDK_CLASSES[f"{route.method} {route.path}"].rpartition(".")
    module = importlib.import_module(f"stripe.params.{package}".rstrip("."))
    annotations = getattr(module, name).__annotations__
    assert set(route.parameters.kinds) <= set(annotations) | {"expand"}
    assert {name for name, kind in annotations.items() if "NotRequired" not in str(kind)} <= set(
        route.parameters.required
    )


def test_ids_are_expanded_along_their_paths(till: Till) -> None:
    params: Any = {"expand": ["customer", "payment_method.customer", "latest_charge.balance_transaction"]}
    intent = till.client.v1.payment_intents.retrieve(till.paid().id, params)
    assert isinstance(intent.customer, stripe.Customer)
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    assert isinstance(intent.payment_method.customer, stripe.Customer)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert isinstance(intent.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert intent.latest_charge.balance_transaction.fee == 103


def test_items_of_a_list_are_expanded_too(till: Till) -> None:
    charge_id = str(till.paid().latest_charge)
    till.client.v1.refunds.create({"charge": charge_id, "amount": 100})
    found = till.client.v1.charges.list({"expand": ["data.customer", "data.refunds", "data.payment_intent"]})
    charge = found.data[0]
    assert isinstance(charge.customer, stripe.Customer)
    assert isinstance(charge.payment_intent, stripe.PaymentIntent)
    assert charge.refunds is not None
    assert [refund.amount for refund in charge.refunds.data] == [100]
    assert "refunds" not in till.client.v1.charges.retrieve(charge_id).to_dict()


@pytest.mark.parametrize("path", ["nothing", "customer.nothing", "amount", "a.b.c.d.e"])
def test_an_unknown_expansion_path_is_refused(till: Till, path: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        till.client.v1.payment_intents.retrieve(till.intent(None).id, {"expand": [path]})


@pytest.mark.parametrize("header", [None, "Bearer sk_test_other_0000", "Basic c2s6", "Bearer "])
def test_a_request_without_the_right_key_is_refused(till: Till, header: str | None) -> None:
    headers = {"Authorization": header} if header is not None else {}
    answer = till.stand_in.handle("GET", "/v1/customers", {}, headers)
    assert (answer.status, answer.json()["error"]["type"]) == (401, "invalid_request_error")


def test_an_unknown_object_is_not_found(till: Till) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.payment_intents.retrieve("pi_unknown")
    assert (caught.value.http_status, refused(caught), caught.value.param) == (404, "resource_missing", "intent")
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        till.client.v1.products.list()
