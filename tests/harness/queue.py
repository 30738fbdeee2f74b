"""SQS batches as Lambda delivers them, and the failed messages of a response."""

import copy
from datetime import UTC, datetime
from typing import Any

from tests.domain.examples import event_body
from tests.harness.table import sample_event

FIRST_SENT = datetime(2026, 11, 23, 10, 2, 11, tzinfo=UTC)


def delivery(*bodies: str | dict[str, Any], sent_at: datetime = FIRST_SENT) -> dict[str, Any]:
    """An SQS batch of messages m_0, m_1, …, sent in this order at intervals of a second, the first at `sent_at`."""
    sample = sample_event("rate_calls")["Records"][0]
    records = []
    for number, body in enumerate(bodies):
        record = copy.deepcopy(sample)
        record["messageId"] = f"m_{number}"
        record["attributes"]["SentTimestamp"] = str(int(sent_at.timestamp()) * 1000 + number * 1000)
        record["body"] = body if isinstance(body, str) else event_body(**body)
        records.append(record)
    return {"Records": records}


def failures(answer: dict[str, Any]) -> list[str]:
    """The ids of the failed messages in a batch response."""
    assert set(answer) == {"batchItemFailures"}
    assert all(set(failure) == {"itemIdentifier"} for failure in answer["batchItemFailures"])
    names = [str(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]
    assert len(set(names)) == len(names)
    return names
