"""The comparison of an exchange with the OpenAPI document."""

import json
from dataclasses import replace
from typing import Any

from tests.contract.conformance import Exchange, differences

JSON = {"content-type": "application/json", "cache-control": "no-store"}
PROBLEM_JSON = {"content-type": "application/problem+json"}
LINE = {
    "line_id": "line_1",
    "number": "+14155550100",
    "user": {"id": "user_1", "name": "Ada", "budget": None},
    "international_calling": True,
    "version": 1,
    "budget": None,
    "budget_requests": [],
}
SWITCHED = Exchange(
    "PUT", "/lines/line_1", 200, JSON, json.dumps(LINE), body=json.dumps({"international_calling": True})
)


def problem(status: int, code: str) -> str:
    """A problem document."""
    body = {"type": "about:blank", "title": "No", "status": status, "code": code, "detail": "Words."}
    return json.dumps(body)


def report(**changes: Any) -> str:
    """The differences of the documented exchange with these changes."""
    return " ".join(differences(replace(SWITCHED, **changes)))


def test_a_documented_exchange_has_no_differences() -> None:
    assert report() == ""
    assert report(status=404, headers=PROBLEM_JSON, text=problem(404, "unknown_line")) == ""
    assert report(status=429, text=json.dumps({"message": "Too Many Requests"})) == ""


def test_the_comparison_reports_an_undocumented_status() -> None:
    assert "the status is not documented" in report(status=201)


def test_the_comparison_reports_an_undocumented_field() -> None:
    assert "secret" in report(text=json.dumps(LINE | {"secret": 1}))


def test_the_comparison_reports_a_missing_field() -> None:
    assert "number" in report(text=json.dumps({name: LINE[name] for name in LINE if name != "number"}))


def test_the_comparison_reports_an_undocumented_code() -> None:
    assert "unknown_top_up" in report(status=404, headers=PROBLEM_JSON, text=problem(404, "unknown_top_up"))


def test_the_comparison_reports_an_undocumented_content_type() -> None:
    assert "content type" in report(headers={"content-type": "text/html"})


def test_the_comparison_reports_an_undocumented_header() -> None:
    assert "x-secret" in report(headers=JSON | {"X-Secret": "1"})


def test_the_comparison_reports_an_accepted_but_invalid_request() -> None:
    assert "request" in report(body=json.dumps({"international_calling": "yes"}))
    listed = Exchange("GET", "/lines", 200, JSON, json.dumps({"items": [], "next_cursor": None}), {"limit": "201"})
    assert "query limit" in " ".join(differences(listed))


def test_a_path_without_a_route_allows_only_404() -> None:
    nowhere = Exchange("GET", "/nowhere", 404, JSON, json.dumps({"message": "Not Found"}))
    assert differences(nowhere) == []
    assert "no such route" in " ".join(differences(replace(nowhere, status=200)))
