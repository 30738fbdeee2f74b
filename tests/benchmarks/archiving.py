"""The rows of the raw archive: objects and bytes for each invocation of rate_calls."""

from dataclasses import dataclass, field
from typing import Any

from calling_credit.charging.archive_bucket import RawArchive
from calling_credit.charging.intake import ARCHIVED
from tests.benchmarks import mix
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.rows import Row
from tests.harness.table import Context


@dataclass
class Bucket:
    """A bucket that counts its requests and remembers the sizes of its objects."""

    sizes: list[int] = field(default_factory=list)

    def put_object(self, **request: Any) -> None:
        """Store an object."""
        self.sizes.append(len(request["Body"]))


def archiving_rows(lab: Laboratory) -> list[Row]:
    """Return the rows of the raw archive: a batch, one call alone, and a batch that comes from the archive."""
    bucket: Any = Bucket()
    rater: Any = lab.rater
    former, rater.archive = rater.archive, RawArchive(bucket, "archive")
    try:
        lab.reset()
        whole = put(lab, bucket, mix.delivery(mix.standard_mix()))
        alone = put(lab, bucket, mix.delivery(mix.standard_mix()[:1]))
        again = mix.delivery(mix.standard_mix())
        for record in again["Records"]:
            record["messageAttributes"] = {ARCHIVED: {"stringValue": "1", "dataType": "String"}}
        replayed = put(lab, bucket, again)
    finally:
        rater.archive = former
    return [
        Row("S3 requests per invocation: M", "count", 1, len(whole), floor="1", exact=True),
        Row("S3 requests per invocation: one call alone", "count", 1, len(alone), floor="1", exact=True),
        Row("S3 requests per invocation: M, from the archive", "count", 0, len(replayed), floor="0", exact=True),
        Row("bytes in the raw archive per call: M", "count", 70, sum(whole) / mix.EVENTS),
    ]


def put(lab: Laboratory, bucket: Bucket, event: dict[str, Any]) -> list[int]:
    """Deliver a batch to rate_calls; return the sizes of the objects that it stores."""
    bucket.sizes.clear()
    with capture_output():
        lab.rater.handler(event, Context(ENOUGH_SECONDS))
    return list(bucket.sizes)
