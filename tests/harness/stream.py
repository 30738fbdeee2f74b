"""Records of the table's stream, as Lambda's mapping and its filter bring them."""

import copy
import time
from typing import Any

from tests.harness.table import sample_event


def stream_record(image: dict[str, Any]) -> dict[str, Any] | None:
    """The record of the table's stream that shows this balance, None where the mapping's filter leaves it out: headroom
    is text there, and begins with a minus.
    """
    if not str(image["headroom_micros"]).startswith("-"):
        return None
    record: dict[str, Any] = copy.deepcopy(sample_event("auto_recharge")["Records"][0])
    shown = record["dynamodb"]
    shown["Keys"] = {"PK": {"S": image["PK"]}, "SK": {"S": image["SK"]}}
    shown["NewImage"] |= shown["Keys"] | {
        name: {"N": str(image[name])} for name in ("posted_micros", "available_micros", "headroom_micros", "nudge")
    }
    shown["SequenceNumber"] = str(time.monotonic_ns())
    return record
