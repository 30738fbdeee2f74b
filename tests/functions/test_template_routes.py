"""Who may call which route and which function it invokes, asserted on the template."""

import fnmatch
import re
from typing import Any

import pytest

from calling_credit.topups.topup import LEASE, MANUAL_LEASE
from tests.functions.template_resources import RESOURCES, functions, of_type, only, words

PAGE = {"GET /", "GET /desk", "GET /assets/{version}/{name}", "GET /openapi.json"}
PUBLIC = PAGE | {"GET /rates", "GET /links/{token}", "POST /links/{token}", "POST /stripe/webhook"}
"""Routes without a sign-in: the page holds no data, prices are public, and links and Stripe's callbacks are signed."""
USER_ROUTES = {
    "GET /balance",
    "GET /overview",
    "GET /usage",
    "GET /usage/{category}",
    "GET /spending",
    "GET /statement",
    "GET /lines",
    "GET /forecast",
    "GET /account/rates",
    "POST /auto-recharge/simulate",
    "GET /lines/{line_id}/changes",
    "GET /activity",
    "GET /denied-calls",
    "GET /notifications",
    "PUT /notifications",
    "PUT /notifications/language",
    "PUT /lines",
    *("POST /freeze", "POST /countries/{country}/confirm"),
    "POST /promotions/{code}/redeem",
    "PUT /lines/{line_id}",
    "GET /limits",
    "GET /billing-details",
    "PUT /billing-details",
    "PUT /limits",
    "GET /auto-recharge",
    "PUT /auto-recharge",
    "PATCH /auto-recharge",
    "PUT /lines/{line_id}/budget",
    "PUT /users/{user_id}/budget",
    "POST /lines/{line_id}/budget/requests",
    "POST /top-ups",
    "POST /top-ups/checkout",
    "GET /top-ups",
    *("GET /top-ups/{top_up_id}", "GET /top-ups/{top_up_id}/receipt"),
    "GET /payment-methods",
    "POST /payment-methods",
    "PATCH /payment-methods/{payment_method_id}",
    "DELETE /payment-methods/{payment_method_id}",
}
SWITCH_ROUTES = {"POST /calls/authorize": "AuthorizeScope", "POST /calls/events": "ReportScope"}
OPERATOR_ROUTES = {
    "PUT /accounts/{account_id}",
    "PUT /accounts/{account_id}/lines/{line_id}",
    "PUT /accounts/{account_id}/users/{user_id}",
    "POST /accounts/{account_id}/adjustments",
    "POST /accounts/{account_id}/calls/{call_key}/corrections",
    "PUT /accounts/{account_id}/auto-recharge",
    "POST /accounts/{account_id}/cards/unblock",
    "POST /accounts/{account_id}/users/{user_id}/sign-out",
}
CREDIT_ROUTES = {key for key in OPERATOR_ROUTES if key.endswith(("/adjustments", "/corrections"))}
MOVE_ROUTES = {
    "POST /operator/accounts/{account_id}/calls/{call_key}/goodwill",
    "POST /operator/accounts/{account_id}/top-ups/{top_up_id}/refunds",
    "POST /operator/transfers",
    "POST /operator/promotions",
    "GET /operator/promotions",
    "GET /operator/approvals",
    *(f"POST /operator/approvals/{{approval_id}}/{answer}" for answer in ("approve", "reject")),
}
DESK_ROUTES = {key.replace(" /accounts", " /operator/accounts") for key in OPERATOR_ROUTES} | {
    *MOVE_ROUTES,
    "POST /operator/staff/{user_id}/sign-out",
    "PUT /operator/accounts/{account_id}/limits",
    "GET /operator/accounts",
    "GET /operator/accounts/{account_id}",
    "GET /operator/accounts/{account_id}/usage",
    "GET /operator/accounts/{account_id}/usage/{category}",
    "GET /operator/accounts/{account_id}/statement",
    "GET /operator/accounts/{account_id}/lines",
    "GET /operator/accounts/{account_id}/users",
    "GET /operator/accounts/{account_id}/top-ups",
    "GET /operator/accounts/{account_id}/mails",
    "GET /operator/accounts/{account_id}/activity",
    "GET /operator/accounts/{account_id}/denied-calls",
    "GET /operator/accounts/{account_id}/calls",
    "GET /operator/accounts/{account_id}/calls/{call_key}",
    "GET /operator/accounts/{account_id}/proof",
    "GET /operator/accounts/{account_id}/close",
    "GET /operator/margins",
    "POST /operator/accounts/{account_id}/close",
    "POST /operator/accounts/{account_id}/links/withdraw",
    "POST /operator/accounts/{account_id}/mails/{mail_id}/resend",
    "POST /operator/accounts/{account_id}/exports",
    "POST /operator/accounts/{account_id}/numbers/erase",
    "POST /operator/accounts/{account_id}/calls/{call_key}/confirm",
    "POST /operator/accounts/{account_id}/countries/{country}/confirm",
}
"""For staff, who have no scopes: the function compares groups and scopes."""
SIGNED_IN = USER_ROUTES | OPERATOR_ROUTES | DESK_ROUTES | set(SWITCH_ROUTES)
CONNECTOR_ROUTES = {key.replace(" /", " /connector/") for key in SWITCH_ROUTES}
"""The same questions and reports by switches that send a fixed header."""


def routes() -> dict[str, Any]:
    """Return every route by its key."""
    return {
        resource["Properties"]["RouteKey"]: resource["Properties"]
        for resource in of_type("AWS::ApiGatewayV2::Route").values()
    }


def test_routes_are_exactly_the_listed_ones() -> None:
    assert set(routes()) == PUBLIC | SIGNED_IN | CONNECTOR_ROUTES


def test_every_route_that_is_not_public_has_an_authorizer() -> None:
    open_routes = {key for key, route in routes().items() if route.get("AuthorizationType", "NONE") == "NONE"}
    assert open_routes == PUBLIC
    for key in SIGNED_IN:
        assert routes()[key]["AuthorizationType"] == "JWT"
        assert routes()[key]["AuthorizerId"]["Ref"] in of_type("AWS::ApiGatewayV2::Authorizer")


def test_connector_keys_open_their_own_routes_only() -> None:
    [(name, authorizer)] = [
        (name, resource["Properties"])
        for name, resource in of_type("AWS::ApiGatewayV2::Authorizer").items()
        if resource["Properties"]["AuthorizerType"] != "JWT"
    ]
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert (authorizer["AuthorizerPayloadFormatVersion"], authorizer["EnableSimpleResponses"]) == ("2.0", True)
    assert authorizer["AuthorizerResultTtlInSeconds"] == 60, "how long a revoked key still works"
    assert "functions/${CheckConnectorKeyFunctionAliaslive}/invocations" in "".join(words(authorizer["AuthorizerUri"]))
    assert {key for key, route in routes().items() if route.get("AuthorizerId") == {"Ref": name}} == CONNECTOR_ROUTES
    for key in CONNECTOR_ROUTES:
        assert routes()[key]["AuthorizationType"] == "CUSTOM"
        assert routes()[key]["Target"] == routes()[key.replace("/connector", "")]["Target"], "the same function"


def test_gateway_invokes_the_authorizer_for_its_own_keys_only() -> None:
    permission = RESOURCES["ConnectorAuthorizerPermission"]["Properties"]
    assert permission["FunctionName"] == {"Ref": "CheckConnectorKeyFunctionAliaslive"}
    [source] = words(permission["SourceArn"])
    assert source.endswith(":${Api}/authorizers/${ConnectorAuthorizer}")


def test_customers_staff_clients_and_the_switch_have_their_own_authorizers() -> None:
    audiences = {}
    for keys in (USER_ROUTES, OPERATOR_ROUTES, DESK_ROUTES, SWITCH_ROUTES):
        [authorizer] = {routes()[key]["AuthorizerId"]["Ref"] for key in keys}
        configured = RESOURCES[authorizer]["Properties"]["JwtConfiguration"]["Audience"]
        audiences[min(keys)] = [audience["Fn::If"][1]["Ref"] for audience in configured]
    assert list(audiences.values()) == [
        ["UserClient"],
        ["OperatorClient"],
        ["OperatorClient", "StaffClient"],
        ["ServiceClient"],
    ]


def test_every_service_route_requires_its_scope() -> None:
    for key in CONNECTOR_ROUTES:
        assert "AuthorizationScopes" not in routes()[key], "a connector key has no scopes of its own"
    for key in OPERATOR_ROUTES - CREDIT_ROUTES:
        assert routes()[key]["AuthorizationScopes"] == [{"Ref": "OperateScope"}], key
    for key in CREDIT_ROUTES:
        assert routes()[key]["AuthorizationScopes"] == [{"Ref": "AdjustScope"}], key
    for key, scope in SWITCH_ROUTES.items():
        assert routes()[key]["AuthorizationScopes"] == [{"Ref": scope}], key
    for key in DESK_ROUTES:
        assert "AuthorizationScopes" not in routes()[key], key


@pytest.mark.parametrize("key", sorted(PUBLIC - {"POST /stripe/webhook"}))
def test_public_route_has_lower_limits_than_the_others(key: str) -> None:
    stage = only("AWS::ApiGatewayV2::Stage")
    public, others = stage["RouteSettings"][key], stage["DefaultRouteSettings"]
    assert 0 < public["ThrottlingRateLimit"] < others["ThrottlingRateLimit"]
    assert 0 < public["ThrottlingBurstLimit"] < others["ThrottlingBurstLimit"]


def test_switch_has_higher_limits_than_customers() -> None:
    stage = only("AWS::ApiGatewayV2::Stage")
    for own in [stage["RouteSettings"][key] for key in set(SWITCH_ROUTES) | CONNECTOR_ROUTES]:
        assert own["ThrottlingRateLimit"] > stage["DefaultRouteSettings"]["ThrottlingRateLimit"]
        assert own["ThrottlingBurstLimit"] > stage["DefaultRouteSettings"]["ThrottlingBurstLimit"]


def test_limited_routes_exist_before_the_stage_and_stripe_has_no_limit() -> None:
    [stage] = of_type("AWS::ApiGatewayV2::Stage").values()
    dependencies = {RESOURCES[name]["Properties"]["RouteKey"] for name in stage["DependsOn"]}
    limited = PUBLIC - {"POST /stripe/webhook"} | set(SWITCH_ROUTES) | CONNECTOR_ROUTES
    assert dependencies == set(stage["Properties"]["RouteSettings"]) == limited


def test_access_logs_contain_no_query_and_no_token() -> None:
    written = only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"].lower()
    assert not [word for word in ("query", "authorization", "header", "path") if word in written]


def test_every_route_invokes_a_function_with_payload_2() -> None:
    integrations = of_type("AWS::ApiGatewayV2::Integration")
    assert {integration["Properties"]["PayloadFormatVersion"] for integration in integrations.values()} == {"2.0"}
    for key, route in routes().items():
        [name] = re.findall(r"integrations/\$\{(\w+)\}", "".join(words(route["Target"])))
        assert name in integrations, key


def invoked_function(key: str) -> str:
    """Return the function that a route invokes."""
    [target] = words(routes()[key]["Target"])
    integration = RESOURCES[re.findall(r"\$\{(\w+)\}", target)[0]]["Properties"]
    return str(integration["IntegrationUri"]["Ref"])


def may_share(function: str, key: str) -> bool:
    """Return whether a permission may match a route of another function."""
    return function == "ListUsageFunctionAliaslive" or " /operator/" in key or key.endswith("/receipt")


def test_gateway_may_invoke_each_function_only_for_its_own_routes() -> None:
    permitted, permissions = dict[str, list[str]](), of_type("AWS::Lambda::Permission")
    others = ("ConnectorAuthorizerPermission", "SendMailFunctionAnnouncedPermission")
    for permission in [one for name, one in permissions.items() if name not in others]:
        [source] = words(permission["Properties"]["SourceArn"])
        pattern = source.partition("${Api}/")[2]
        permitted.setdefault(permission["Properties"]["FunctionName"]["Ref"], []).append(pattern)
    asked = {key: f"$default/{key.replace(' ', '')}" for key in routes()}
    for function, patterns in permitted.items():
        own = {key for key in routes() if invoked_function(key) == function}
        for pattern in patterns:
            matched = {key for key, called in asked.items() if fnmatch.fnmatchcase(called, pattern)}
            assert matched, f"{function}: {pattern} matches no route"
            assert all(may_share(function, key) for key in matched - own), f"{function}: {pattern}"
        reached = {key for key in own if any(fnmatch.fnmatchcase(asked[key], pattern) for pattern in patterns)}
        assert reached == own, f"{function} may not be invoked for {own - reached}"
    assert set(permitted) == {invoked_function(key) for key in routes()}


def test_payment_responds_before_the_gateway_times_out_and_its_lease_ends() -> None:
    gateway_timeout = RESOURCES["AddFundsIntegration"]["Properties"]["TimeoutInMillis"] / 1000
    assert functions()["add_funds"]["Timeout"] < gateway_timeout < MANUAL_LEASE.total_seconds()
    timeouts = [functions()[folder]["Timeout"] for folder in ("auto_recharge", "reconcile_payments")]
    assert 2 * max(timeouts) <= LEASE.total_seconds()
