"""The page says every code that a customer can meet in words of its own."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from calling_credit.messages.catalog import messages
from calling_credit.recharge.decision import StopReason
from calling_credit.recharge.suspension_reasons import SuspensionReason
from calling_credit.topups.declines import FailureCode
from ops.contract.document import document
from tests.harness.template import ROOT

MESSAGES = ROOT / "functions" / "billing_page" / "page" / "messages"
OF_OTHERS = ("/operator", "/accounts", "/connector", "/stripe", "/calls", "/links", "/assets")
"""Routes that the Billing page does not use."""
NEVER_SHOWN = {"signed_out"}
"""The page signs the user in again."""
UNSEEN_REASONS = {StopReason.ABOVE_THRESHOLD}
"""A rule that waits for the balance to fall is active."""


@cache
def published() -> dict[str, Any]:
    """The OpenAPI document."""
    return document()


def enums(node: Any) -> Iterator[str]:
    """The codes that a schema allows."""
    if isinstance(node, dict):
        if "$ref" in node:
            found: Any = published()
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            yield from enums(found)
        yield from node.get("properties", {}).get("code", {}).get("enum", [])
        for value in node.values():
            yield from enums(value)
    elif isinstance(node, list):
        for value in node:
            yield from enums(value)


def codes_of_customers() -> set[str]:
    """The codes of all routes that the page uses."""
    routes = [route for path, route in published()["paths"].items() if not path.startswith(OF_OTHERS)]
    problems = [
        answer
        for route in routes
        for operation in route.values()
        for status, answer in operation["responses"].items()
        if not status.startswith("2")
    ]
    return set(enums(problems))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_page_has_words_for_every_code_of_its_routes(language: str) -> None:
    files = (
        MESSAGES / f"{area}.{language}.json"
        for area in ("codes", "more_codes", "company_codes", "places_codes", "views_codes")
    )
    words = {key for file in files for key in json.loads(file.read_text("utf-8"))}
    codes = codes_of_customers() - NEVER_SHOWN
    assert len(codes) > 30
    wanted = {f"problem_{code}" for code in codes}
    wanted |= {f"reason_{reason}" for reason in set(StopReason) - UNSEEN_REASONS}
    wanted |= {f"suspension.{reason}" for reason in SuspensionReason} | {f"decline.{code}" for code in FailureCode}
    assert wanted - words - set(messages("reasons", language).texts) == set()
