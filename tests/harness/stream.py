"""Records of the table's stream as delivered by the event source mapping and its filter."""

import copy
import time
from typing import Any

from tests.harness.table import sample_event


def stream_record(image: dict[str, Any]) -> dict[str, Any] | None:
    """The stream record of this balance; None if the filter drops it.

    The filter compares headroom as text and passes values with a minus sign.
    """
    if not str(image["headroom_micros"]).startswith("-"):
        return None
    record: dict[str, Any] = copy.deepcopy(sample_event("auto_recharge")["Records"][0])
    shown = record["dynamodb"]
    shown["Keys"] = {"PK": {"S": image["PK"]}, "SK": {"S": image["SK"]}}
    shown["NewImage"] |= shown["Keys"] | {
        name: {"N": str(image[name])} for name in ("posted_micros", "available_micros", "headroom_micros", "nudge")
    }
    if isinstance(cause := image.get("correlation_id"), str):
        shown["NewImage"]["correlation_id"] = {"S": cause}
    shown["SequenceNumber"] = str(time.monotonic_ns())
    return record
