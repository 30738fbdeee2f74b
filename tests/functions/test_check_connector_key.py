"""API Gateway asks about a connector key: which requests pass, what their functions learn, and the stored last use."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from calling_credit.connectors.key import hash_of
from tests.functions.connectors_bench import (
    ADDRESS,
    basic,
    check,
    create_key,
    key_item,
    question,
    revoke_key,
)
from tests.harness.table import sample_event
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
REFUSED = {"isAuthorized": False}
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "GetItem")


# --- Requests that pass -----------------------------------------------------------------------------------------------


def test_a_key_passes_in_both_forms_and_brings_its_settings(world: World) -> None:
    key = create_key(world, "sbc-1", "America/New_York", 900)
    passed = {
        "isAuthorized": True,
        "context": {
            "connector": "sbc-1",
            "zone": "America/New_York",
            "per_minute": "900",
            "scopes": "calls/authorize calls/report",
        },
    }
    assert check(world, f"Bearer {key}") == passed
    assert check(world, basic("sbc-1", key)) == passed


def test_every_value_for_the_function_is_text(world: World) -> None:
    """API Gateway passes text as it is; numbers and booleans of a context may change their form."""
    context = check(world, f"Bearer {create_key(world)}")["context"]
    assert {type(value) for value in context.values()} == {str}
    assert context["zone"] == ""


def test_the_key_of_the_sample_event_is_unknown(world: World) -> None:
    assert world.stack.invoke("check_connector_key", sample_event("check_connector_key")) == REFUSED


def test_unknown_wrong_and_revoked_keys_are_refused(world: World) -> None:
    key, other = create_key(world), create_key(world, "sbc-2")
    revoke_key(world, "sbc-2")
    for header in (
        "Bearer ck_" + "A" * 43,
        f"Bearer {key[:-1]}{'B' if key[-1] == 'A' else 'A'}",
        basic("sbc-2", key),
        basic("", key),
        f"Bearer {other}",
        basic("sbc-2", other),
        basic("sbc-1", other),
        f"Bearer {hash_of(key)}",
    ):
        assert check(world, header) == REFUSED, header


def test_a_revoked_key_is_refused_at_the_next_question(world: World) -> None:
    key = create_key(world)
    assert check(world, f"Bearer {key}")["isAuthorized"] is True
    revoke_key(world)
    assert check(world, f"Bearer {key}") == REFUSED


@pytest.mark.parametrize(
    "changes",
    [
        {"identitySource": None},
        {"identitySource": []},
        {"identitySource": [None]},
        {"identitySource": "text"},
        {"identitySource": {}},
    ],
)
def test_a_question_without_its_header_is_refused(world: World, changes: dict[str, Any]) -> None:
    key = create_key(world)
    assert world.stack.invoke("check_connector_key", question(f"Bearer {key}") | changes) == REFUSED
    two = question(f"Bearer {key}") | {"identitySource": [f"Bearer {key}", f"Bearer {key}"]}
    assert world.stack.invoke("check_connector_key", two) == REFUSED
    without = {name: part for name, part in question(f"Bearer {key}").items() if name != "identitySource"}
    assert world.stack.invoke("check_connector_key", without) == REFUSED


def test_the_answer_depends_only_on_what_the_gateway_finds_it_by(world: World) -> None:
    key = create_key(world)
    event = question(f"Bearer {key}")
    event["headers"]["authorization"] = "Bearer other"
    event["queryStringParameters"] = {"key": "ck_" + "A" * 43}
    assert world.stack.invoke("check_connector_key", event)["isAuthorized"] is True
    event["identitySource"], event["headers"]["authorization"] = ["Bearer other"], f"Bearer {key}"
    event["queryStringParameters"] = {"authorization": f"Bearer {key}"}
    assert world.stack.invoke("check_connector_key", event) == REFUSED


def test_a_header_in_no_valid_form_costs_no_request(world: World) -> None:
    with world.recorded("check_connector_key") as requests:
        for header in ("Bearer eyJ.eyJ.c2ln", "Basic " + "A" * 8192, "Basic /w==", "Digest x", " "):
            assert check(world, header) == REFUSED
    assert requests == []


@pytest.mark.parametrize("error", [THROTTLED, ConnectTimeoutError(endpoint_url="https://dynamodb")])
def test_a_table_that_does_not_answer_refuses_no_one_for_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """API Gateway reuses an answer, but not a failure."""
    key = create_key(world)

    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(world.stack.apps["check_connector_key"].dynamodb, "get_item", fail)
    with pytest.raises(type(error)):
        check(world, f"Bearer {key}")


# --- The last use -----------------------------------------------------------------------------------------------------


def test_the_first_use_of_a_minute_is_stored_with_its_address(world: World) -> None:
    key = create_key(world)
    uses = []
    for seconds, address in ((0, ADDRESS), (30, "203.0.113.9"), (31, "203.0.113.10")):
        world.clock.now += timedelta(seconds=seconds)
        with world.recorded("check_connector_key") as requests:
            assert check(world, f"Bearer {key}", address)["isAuthorized"] is True
        item = key_item(world, key)
        uses.append((item["last_used_at"], item["last_address"], [name for name, _ in requests]))
    assert uses == [
        ("2026-11-23T12:00:00.000Z", ADDRESS, ["GetItem", "UpdateItem"]),
        ("2026-11-23T12:00:00.000Z", ADDRESS, ["GetItem"]),
        ("2026-11-23T12:01:01.000Z", "203.0.113.10", ["GetItem", "UpdateItem"]),
    ]


@pytest.mark.parametrize("error", [THROTTLED, ConnectTimeoutError(endpoint_url="https://dynamodb")])
def test_a_use_that_cannot_be_stored_stops_no_call(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    key = create_key(world)

    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(world.stack.apps["check_connector_key"].dynamodb, "update_item", fail)
    assert check(world, f"Bearer {key}")["isAuthorized"] is True
    assert "use_not_stored" in caplog.messages


def test_a_refused_key_leaves_no_trace_in_the_table(world: World) -> None:
    key = create_key(world)
    revoke_key(world)
    before = world.stack.items()
    for header in (f"Bearer {key}", basic("sbc-2", key), "Bearer ck_" + "A" * 43):
        assert check(world, header) == REFUSED
    assert world.stack.items() == before


def test_neither_the_table_nor_a_log_ever_holds_a_key(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    keys = [create_key(world), create_key(world, "sbc-2")]
    revoke_key(world, "sbc-2")
    headers = [f"Bearer {keys[0]}", basic("sbc-1", keys[0]), basic("sbc-9", keys[0]), f"Bearer {keys[1]}", keys[0]]
    for header in headers:
        check(world, header)
    stored, printed = json.dumps(world.stack.items(), default=str), capfd.readouterr()
    logged = str([vars(record) for record in caplog.records]) + printed.out + printed.err
    assert "refused" in caplog.messages
    for secret in (*keys, *headers):
        part = secret.removeprefix("Basic ").removeprefix("Bearer ")
        assert part not in stored
        assert part not in logged


def test_only_a_revoked_key_counts_toward_the_alarm(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    key = create_key(world)
    counts = []
    for header in ("Bearer ck_" + "A" * 43, "nonsense", basic("sbc-2", key), f"Bearer {key}"):
        if header == f"Bearer {key}":
            revoke_key(world)
        caplog.clear()
        check(world, header)
        printed, [line] = capsys.readouterr().out, [vars(record) for record in caplog.records]
        assert '"KeysRefused"' in printed
        counts.append((line["state"], line.get("connector"), line.get("address"), "RevokedKeysUsed" in printed))
    assert counts == [
        ("unknown", None, None, False),
        ("malformed", None, None, False),
        ("other_name", "sbc-1", ADDRESS, False),
        ("revoked", "sbc-1", ADDRESS, True),
    ]
