"""The declared routes are the routes that the functions register and that the template deploys."""

import re
from types import ModuleType
from typing import Any

from ops.contract.document import ROUTES
from ops.contract.route import Access
from tests.harness.template import template

WITHOUT_RESOLVER = {"billing_page"}
AUTHORIZERS = {
    Access.MEMBER: ("UserAuthorizer", None),
    Access.ADMIN: ("UserAuthorizer", None),
    Access.OPERATOR: ("OperatorAuthorizer", "OperateScope"),
    Access.CREDIT: ("OperatorAuthorizer", "AdjustScope"),
    Access.DESK: ("DeskAuthorizer", None),
    Access.SWITCH: ("ServiceAuthorizer", "AuthorizeScope"),
    Access.REPORTER: ("ServiceAuthorizer", "ReportScope"),
    Access.CONNECTOR: ("ConnectorAuthorizer", None),
}


def anonymous(path: str) -> str:
    """A path without the names of its parameters, in API Gateway's spelling or in Powertools'."""
    return re.sub(r"[{<][a-z_]+[}>]", "{}", path)


def registered(app: Any) -> set[str]:
    """The routes of a Powertools resolver."""
    routes = [*app._static_routes, *app._dynamic_routes]
    return {f"{route.method} {anonymous(route.path)}" for route in routes}


def deployed() -> dict[str, dict[str, Any]]:
    """The routes of the template, each with the folder of its function, its authorizer, and its scope."""
    resources = template()["Resources"]
    found = {}
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGatewayV2::Route":
            properties = resource["Properties"]
            integration = properties["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
            function = resources[integration]["Properties"]["IntegrationUri"]["Ref"].removesuffix("Aliaslive")
            found[properties["RouteKey"]] = {
                "function": resources[function]["Properties"]["CodeUri"].strip("/").rpartition("/")[2],
                "authorizer": properties.get("AuthorizerId", {}).get("Ref"),
                "scope": (properties.get("AuthorizationScopes") or [{"Ref": None}])[0]["Ref"],
            }
    return found


def test_functions_register_the_declared_routes_and_no_other(apps: dict[str, ModuleType]) -> None:
    for name, module in apps.items():
        if hasattr(module, "app"):
            declared = {f"{route.method} {anonymous(route.path)}" for route in ROUTES if route.function == name}
            assert registered(module.app) == declared, name
    with_routes = {name for name, module in apps.items() if hasattr(module, "app")}
    assert {route.function for route in ROUTES} == with_routes | WITHOUT_RESOLVER


def test_the_template_deploys_the_declared_routes_and_no_other() -> None:
    declared = {
        route.key: {
            "function": route.function,
            "authorizer": AUTHORIZERS.get(route.access, (None, None))[0],
            "scope": AUTHORIZERS.get(route.access, (None, None))[1],
        }
        for route in ROUTES
    }
    assert deployed() == declared
