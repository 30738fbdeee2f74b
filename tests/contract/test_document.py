"""The published contract matches the route declarations, is valid OpenAPI, and lists every code."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from calling_credit import errors
from calling_credit.api import problems
from ops.contract.answers import codes_of
from ops.contract.document import ROUTES, document
from ops.contract.problem_codes import BEHIND_NO_ROUTE, BY_CODE, EXPLANATIONS
from ops.contract.route import JSON, Route
from ops.openapi import FILES, ROOT

ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_published_file_matches_the_route_declarations(path: Path) -> None:
    is_current = path.read_text(encoding="utf-8") == FILES[path]()
    assert is_current, "run make openapi"


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_every_operation_id_is_unique() -> None:
    names = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names) == len(ROUTES)


@cache
def raised_codes() -> dict[str, set[str]]:
    """The error classes that any module raises with each code."""
    found: dict[str, set[str]] = defaultdict(set)
    for folder in (ROOT / "layers" / "domain" / "calling_credit", ROOT / "functions"):
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id=name), args=[ast.Attribute(attr=member), *_]) if name in ERRORS:
                        found[errors.ProblemCode[member]].add(name)
    return found


def test_every_error_code_is_explained_and_no_other() -> None:
    raised_otherwise = {errors.ProblemCode.INTERNAL_ERROR, errors.ProblemCode.UNREADABLE_ITEM}
    assert set(raised_codes()) | raised_otherwise == set(errors.ProblemCode)
    assert set(errors.ProblemCode) == set(BY_CODE) | set(BEHIND_NO_ROUTE)
    assert len(BY_CODE) == len(EXPLANATIONS)


def test_every_code_has_the_status_of_its_error() -> None:
    status_of = {error.__name__: status for error, (status, _) in problems._STATUS.items()}
    for code, names in raised_codes().items():
        if code in BY_CODE:
            assert {status_of[name] for name in names} == {BY_CODE[code].status}, code


def test_every_explained_code_is_returned_by_a_route() -> None:
    assert {code for route in ROUTES for code in codes_of(route)} == set(BY_CODE)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.body_example], ids=lambda route: route.key)
def test_every_example_of_a_body_is_published_and_valid(route: Route) -> None:
    whole = document()
    content = whole["paths"][route.path][route.method.lower()]["requestBody"]["content"][JSON]
    assert content["example"] == route.body_example
    schema = {**content["schema"], "components": whole["components"]}
    assert list(jsonschema_rs.Draft202012Validator(schema).iter_errors(content["example"])) == []


def test_a_route_with_an_optional_key_never_misses_it() -> None:
    routes = {route.key: codes_of(route) for route in ROUTES}
    assert "missing_idempotency_key" in routes["POST /top-ups"]
    for key in ("POST /operator/promotions", "POST /promotions/{code}/redeem"):
        assert "missing_idempotency_key" not in routes[key]
        assert "invalid_idempotency_key" in routes[key]
