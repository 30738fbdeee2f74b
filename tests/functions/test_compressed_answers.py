"""Long answers of the API are compressed for clients that accept gzip, and say the same."""

import base64
import gzip
import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from calling_credit.api.resolver import SMALLEST_GZIP, answer, csv_answer, http_resolver
from tests.harness.table import Context, sample_event

SHORT, LONG = {"text": "é"}, {"text": "é" * SMALLEST_GZIP}


def ask(path: str, **headers: str) -> dict[str, Any]:
    """The response of a resolver whose routes answer short and long texts."""
    app = http_resolver(Logger())
    app.get("/short")(lambda: answer(SHORT))
    app.get("/long")(lambda: answer(LONG))
    app.get("/csv")(lambda: csv_answer(LONG["text"], "cursor"))
    event = sample_event("list_usage") | {"rawPath": path, "routeKey": f"GET {path}"}
    event["requestContext"]["http"] |= {"method": "GET", "path": path}
    event["headers"] = event["headers"] | {name.replace("_", "-"): value for name, value in headers.items()}
    context: Any = Context()
    found: dict[str, Any] = app.resolve(event, context)
    return found


@pytest.mark.parametrize("path", ["/long", "/csv"])
def test_a_long_answer_is_compressed_if_the_client_accepts_it(path: str) -> None:
    plain, packed = ask(path), ask(path, accept_encoding="gzip, deflate, br")
    assert (plain["isBase64Encoded"], packed["isBase64Encoded"]) == (False, True)
    assert packed["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain["body"]
    assert packed["headers"]["Cache-Control"] == "no-store"


def test_a_short_answer_stays_as_it_is() -> None:
    found = ask("/short", accept_encoding="gzip")
    assert (found["isBase64Encoded"], json.loads(found["body"])) == (False, SHORT)
    assert "Content-Encoding" not in found["headers"]
