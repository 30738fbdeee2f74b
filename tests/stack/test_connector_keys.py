"""Connector keys at the deployed API: the gateway asks the authorizer, and a refused key reaches no function."""

import json
import re
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest

from local.stack import Stack
from tests.stack.commands import command
from tests.stack.conftest import eventually, log_file, log_lines
from tests.stack.connector_probes import CALL, OPERATOR, ask, new_key, store_of
from tests.stack.deployment import physical_id, publish_with

REUSED_FOR = 60
"""Seconds for which the gateway reuses an answer about a header."""
AUTHORIZE, EVENTS = "/connector/calls/authorize", "/connector/calls/events"
UNAUTHORIZED, FORBIDDEN = (401, {"message": "Unauthorized"}), (403, {"message": "Forbidden"})


def basic(name: str, key: str | bytes) -> str:
    """The Basic form of a key."""
    text = f"{name}:".encode() + (key if isinstance(key, bytes) else key.encode())
    return f"Basic {b64encode(text).decode()}"


def refusal(deployed: Stack, header: str | bytes | None, path: str = AUTHORIZE) -> tuple[int, object]:
    """The status and body of an answer."""
    answer = ask(deployed, header, path)
    return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def key(deployed: Stack) -> str:
    """The key in stack.json."""
    return deployed.connector_key["key"]


@pytest.fixture(scope="module")
def revoked(deployed: Stack) -> tuple[str, str, float]:
    """A key that was used and then revoked: its name, the key, and when it was revoked. The module begins with it, so
    that the gateway has forgotten it at the end.
    """
    deployed.publish_description()
    name = f"leaked-{uuid.uuid4().hex[:8]}"
    answer = command(deployed, "connector_key", "--name", name, "--zone", "America/New_York")
    assert answer.returncode == 0, answer.stderr
    [key] = re.findall(r"^(ck_\S{43})$", answer.stdout, re.MULTILINE)
    assert ask(deployed, basic(name, key)).status_code == 200
    answer = command(deployed, "connector_key", "--revoke", name, "--yes")
    assert answer.returncode == 0, answer.stderr
    return name, key, time.monotonic()


@pytest.mark.usefixtures("revoked")
def test_key_opens_both_routes_in_both_forms(deployed: Stack, key: str) -> None:
    name = deployed.connector_key["name"]
    for header in (f"Bearer {key}", f"bearer {key}", basic(name, key), basic(name, key).replace("Basic", "basic")):
        assert ask(deployed, header).json()["decision"] == "allow", header


def test_key_reports_calls(deployed: Stack, key: str) -> None:
    free = {"call_id": "c_key", "account_id": "acct_meridian", "direction": "inbound"}
    answer = deployed.api.request("POST", EVENTS, key, json=free)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "rejected": []})


def test_missing_key_is_401_and_a_wrong_one_403(deployed: Stack, key: str) -> None:
    name = deployed.connector_key["name"]
    for path in (AUTHORIZE, EVENTS):
        assert refusal(deployed, None, path) == UNAUTHORIZED
        for header in (
            "Bearer ck_" + "A" * 43,
            f"Bearer {key[:-4]}AAAA",
            basic("sbc-other", key),
            basic(name, "ck_" + "A" * 43),
            key,
            f"Token {key}",
        ):
            assert refusal(deployed, header, path) == FORBIDDEN, header


@pytest.mark.parametrize(
    "place", ["?key={}", "?authorization=Bearer%20{}", "?Authorization=Bearer%20{}", "?access_token={}", "?token={}"]
)
def test_key_in_the_query_string_opens_nothing(deployed: Stack, key: str, place: str) -> None:
    for path in (AUTHORIZE, EVENTS):
        assert refusal(deployed, None, path + place.format(key)) == UNAUTHORIZED


def test_key_in_another_header_or_the_body_opens_nothing(deployed: Stack, key: str) -> None:
    for name in ("X-Connector-Key", "X-Api-Key", "Proxy-Authorization", "Cookie"):
        answer = deployed.api.request("POST", AUTHORIZE, json=CALL, headers={name: f"Bearer {key}"})
        assert (answer.status_code, answer.json()) == UNAUTHORIZED
    answer = deployed.api.request("POST", AUTHORIZE, json=CALL | {"key": key, "authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()) == UNAUTHORIZED


def test_hostile_headers_are_refused_and_none_is_a_fault(deployed: Stack, key: str) -> None:
    name = deployed.connector_key["name"]
    for header in (
        basic(name, b"\xff\xfe" + key.encode()),
        basic(f"{name}:", key),
        basic(name, f"{key}:x"),
        basic(name, f"{key}\n"),
        basic("x" * 4000, key),
        "Basic ====",
        "Basic " + "A" * 8000,
        "Bearer " + "ck_" * 2600,
        f"Bearer {key} {key}",
        f"Bearer {key},Bearer {key}",
        f"Bearer\t{key}",
        "Bearer",
        "Basic",
        f"Bearer {key}\xe9".encode("latin-1"),
        b"Bearer \xff\xfe\xfd",
        "Bearer ck_\u0430".encode(),
    ):
        assert ask(deployed, header).status_code in (400, 401, 403), header


def test_leading_blanks_do_not_matter(deployed: Stack, key: str) -> None:
    for header in (f"Bearer   {key}", f"  Bearer {key}"):
        assert ask(deployed, header.lstrip() if header[0] == " " else header).status_code == 200


def test_last_use_is_stored_with_its_address_and_listed(deployed: Stack, key: str) -> None:
    assert ask(deployed, f"Bearer {key}").status_code == 200
    listed = command(deployed, "connector_key")
    assert listed.returncode == 0, listed.stderr
    [line] = [line for line in listed.stdout.splitlines() if deployed.connector_key["name"] in line]
    created, used, address = line.split()[1:4]
    assert created <= used <= datetime.now(UTC).isoformat()
    assert address == "127.0.0.1"
    assert key[3:] not in listed.stdout


def test_rate_of_a_key_is_429_with_retry_after(deployed: Stack, key: str) -> None:
    slow = new_key(deployed, per_minute=2)
    answers = [ask(deployed, f"Bearer {slow}") for _ in range(4)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert answers[0].status_code == 200
    assert refused, "no request over the rate was refused"
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert ask(deployed, f"Bearer {key}").status_code == 200


@contextmanager
def broken(deployed: Stack) -> Iterator[None]:
    """The authorizer has no table meanwhile."""
    name = physical_id(deployed, "CheckConnectorKeyFunction")
    publish_with(name, {"TABLE_NAME": "no-such-table"})
    try:
        yield
    finally:
        publish_with(name, {"TABLE_NAME": deployed.outputs["TableName"]})


def test_door_that_cannot_ask_opens_for_no_one_and_remembers_nothing(deployed: Stack, key: str) -> None:
    header = f"Bearer     {key}"  # Another header than before, so the gateway has to ask.
    with broken(deployed):
        assert [ask(deployed, header).status_code for _ in range(2)] == [500, 500]
        assert ask(deployed, f"BEARER {key}").status_code == 500
        assert refusal(deployed, "Bearer nonsense of a new kind") == FORBIDDEN, "costs no request to the table"
    assert eventually(lambda: ask(deployed, header).status_code == 200, seconds=30)


def test_name_of_a_revoked_key_may_be_used_again(deployed: Stack) -> None:
    name = f"again-{uuid.uuid4().hex[:8]}"
    first = new_key(deployed, name)
    assert command(deployed, "connector_key", "--name", name).returncode == 1, "the name is taken"
    store_of(deployed).revoke(name, OPERATOR, datetime.now(UTC))
    second = new_key(deployed, name)
    assert refusal(deployed, basic(name, first)) == FORBIDDEN
    assert ask(deployed, basic(name, second)).status_code == 200


def test_revoked_key_is_refused_within_a_minute(deployed: Stack, revoked: tuple[str, str, float]) -> None:
    name, key, since = revoked
    assert refusal(deployed, f"Bearer  {key}") == FORBIDDEN, "in a form that the gateway has not seen"
    time.sleep(max(0.0, since + REUSED_FOR - time.monotonic()))
    assert refusal(deployed, basic(name, key)) == FORBIDDEN
    lines = [json.loads(line) for line in log_lines("/CheckConnectorKeyLogs") if '"revoked"' in line]
    assert [line["address"] for line in lines if line.get("connector") == name] == ["127.0.0.1"] * 2


def test_no_log_and_no_item_holds_a_key(deployed: Stack, key: str, revoked: tuple[str, str, float]) -> None:
    logged = "\n".join(log_lines()) + log_file(deployed)
    table = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.outputs["TableName"])
    stored = json.dumps([page["Items"] for page in table], default=str)
    for name, secret in ((deployed.connector_key["name"], key), revoked[:2]):
        for form in (secret, basic(name, secret).removeprefix("Basic ")):
            assert form not in logged
            assert form not in stored
