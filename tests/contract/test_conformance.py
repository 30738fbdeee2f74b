"""What the comparison of an exchange with the document finds."""

import json
from dataclasses import replace
from typing import Any

from tests.contract.conformance import Exchange, differences

JSON = {"content-type": "application/json", "cache-control": "no-store"}
PROBLEM_JSON = {"content-type": "application/problem+json"}
LINE = {
    "line_id": "line_1",
    "number": "+14155550100",
    "user": {"id": "user_1", "name": "Ada"},
    "international_calling": True,
}
SWITCHED = Exchange(
    "PUT", "/lines/line_1", 200, JSON, json.dumps(LINE), body=json.dumps({"international_calling": True})
)


def problem(status: int, code: str) -> str:
    """A problem document."""
    said = {"type": "about:blank", "title": "No", "status": status, "code": code, "detail": "Words."}
    return json.dumps(said)


def found(**changes: Any) -> str:
    """What is found in the documented exchange with these changes."""
    return " ".join(differences(replace(SWITCHED, **changes)))


def test_a_documented_exchange_has_no_differences() -> None:
    assert found() == ""
    assert found(status=404, headers=PROBLEM_JSON, text=problem(404, "unknown_line")) == ""
    assert found(status=429, text=json.dumps({"message": "Too Many Requests"})) == ""


def test_an_undocumented_status_is_found() -> None:
    assert "the status is not documented" in found(status=201)


def test_an_undocumented_field_is_found() -> None:
    assert "secret" in found(text=json.dumps(LINE | {"secret": 1}))


def test_a_missing_field_is_found() -> None:
    assert "number" in found(text=json.dumps({name: LINE[name] for name in LINE if name != "number"}))


def test_an_undocumented_code_is_found() -> None:
    assert "unknown_top_up" in found(status=404, headers=PROBLEM_JSON, text=problem(404, "unknown_top_up"))


def test_an_undocumented_content_type_is_found() -> None:
    assert "content type" in found(headers={"content-type": "text/html"})


def test_an_undocumented_header_is_found() -> None:
    assert "x-secret" in found(headers=JSON | {"X-Secret": "1"})


def test_an_accepted_request_that_the_document_refuses_is_found() -> None:
    assert "request" in found(body=json.dumps({"international_calling": "yes"}))
    listed = Exchange("GET", "/lines", 200, JSON, json.dumps({"items": [], "next_cursor": None}), {"limit": "201"})
    assert "query limit" in " ".join(differences(listed))


def test_a_path_of_no_route_is_answered_with_404_alone() -> None:
    nowhere = Exchange("GET", "/nowhere", 404, JSON, json.dumps({"message": "Not Found"}))
    assert differences(nowhere) == []
    assert "no such route" in " ".join(differences(replace(nowhere, status=200)))
