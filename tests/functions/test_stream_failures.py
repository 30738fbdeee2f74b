"""What Lambda keeps of a failed batch is read in its documented form, and a batch that it refuses stops no other."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ops import redrive_stream
from ops.stream_failures import NotReadableError, StreamFailure, in_bucket, payload_records
from tests.functions.test_redrive_stream import BUCKET, EVENTS, KEY, LIVE, RECHARGE, SAMPLE, Bench, bench, redriven

__all__ = ["bench"]

pytestmark = pytest.mark.dynamodb


def test_a_batch_that_lambda_refuses_stops_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = [bench.fail(1, "2026-11-23T12:10:00Z"), bench.fail(2, "2026-11-23T12:20:00Z")]
    bench.functions.answers = {"refused": {}}
    assert redriven(monkeypatch, "recharge", "--yes") == 1
    assert capsys.readouterr().out.count("RequestEntityTooLargeException") == 2
    assert bench.left() == left


def test_a_batch_is_sent_as_small_as_it_came(bench: Bench) -> None:
    seen: list[bytes] = []

    class Lambda:
        def invoke(self, **asked: Any) -> dict[str, Any]:
            seen.append(asked["Payload"])
            return {"Payload": io.BytesIO(b"")}

    records = [{"dynamodb": {"NewImage": {"name": {"S": "Zoë"}}}}]
    bench.s3.put_object(Bucket=BUCKET, Key=KEY.format(1), Body=json.dumps(SAMPLE | {"payload": {"Records": records}}))
    [failure] = in_bucket(bench.s3, BUCKET)
    assert redrive_stream.invoke(Lambda(), RECHARGE, failure) == ""
    assert seen == ['{"Records":[{"dynamodb":{"NewImage":{"name":{"S":"Zoë"}}}}]}'.encode()]


@pytest.mark.parametrize(
    ("function", "is_hers"),
    [
        (RECHARGE, True),
        (f"{RECHARGE}:live", True),
        (LIVE.format(RECHARGE), True),
        (LIVE.format(RECHARGE).removesuffix(":live"), True),
        (LIVE.format(f"{RECHARGE}2"), False),
        (EVENTS, False),
        ("live", False),
        ("", False),
    ],
)
def test_a_failure_is_of_one_function_in_any_spelling(function: str, is_hers: bool) -> None:
    for arn in (LIVE.format(RECHARGE), LIVE.format(RECHARGE).replace(":live", ":7")):
        failure = StreamFailure("", datetime.now(UTC), arn, list, lambda: None)
        assert failure.is_of(function) == is_hers


@pytest.mark.parametrize("payload", [None, "", "{", "[]", "{}", '{"Records": []}', '{"Records": [{}]}', 7])
def test_an_object_without_records_is_explained(payload: Any) -> None:
    with pytest.raises(NotReadableError):
        payload_records({"payload": payload})


def test_the_payload_may_be_text_or_an_object() -> None:
    [record] = payload_records(SAMPLE)
    assert record["dynamodb"]["Keys"]["SK"]["S"] == "BALANCE"
    assert payload_records({"payload": json.loads(SAMPLE["payload"])}) == [record]
