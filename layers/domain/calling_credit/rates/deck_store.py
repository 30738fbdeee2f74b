"""Rate decks in S3: each published deck is an immutable CSV object and its compiled form, and `active.json` says which
deck prices calls from when.
"""

import csv
import hashlib
import io
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_pointer import ActivePointer, pointer_from
from calling_credit.rates.deck import INCLUDED_CATEGORY
from calling_credit.rates.deck_csv import COLUMNS
from calling_credit.rates.timeline import START_OF_TIME, DeckInForce

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACTIVE_KEY: Final = "active.json"
DECKS: Final = "decks/"
INCOMING: Final = "incoming/"
"""Decks that are uploaded here are published."""
REPORTS: Final = "reports/"
"""The reports on uploaded decks."""
MAX_PREVIOUS: Final = 50
"""The number of earlier decks that the pointer lists."""
MAX_CATEGORIES: Final = 80
"""The number of call categories that the pointer lists, latest first. Summing a day's spending reads one item each."""
COMPILED: Final = "compiled/"
"""The compiled decks, made from the CSV when a deck is published."""
S3_ERRORS: Final = (ClientError, BotoCoreError)
"""What a client raises if S3 refuses or does not answer."""
CATEGORY_COLUMN: Final = COLUMNS.index("category")
_VERSION_TIME: Final = "%Y%m%dT%H%M%SZ"


def s3_client() -> "S3Client":
    """Return a client that gives up a lost connection quickly."""
    client = aws_session().create_client(
        "s3",
        config=ClientConfig(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}),
    )
    return cast("S3Client", client)


def deck_key(version: str) -> str:
    """Return the key of a version's CSV."""
    return f"{DECKS}{version}.csv"


def compiled_key(version: str) -> str:
    """Return the key of a version's compiled deck."""
    return f"{COMPILED}{version}.deck"


def deck_version(data: bytes, now: datetime) -> str:
    """Return the name of a version: its time and 12 digits of the content's SHA-256 (at most 40 characters)."""
    return f"{now.strftime(_VERSION_TIME)}-{hashlib.sha256(data).hexdigest()[:12]}"


def version_time(version: str) -> datetime | None:
    """Return the time in the name of a version; None if `deck_version` did not make the name."""
    try:
        return datetime.strptime(version.partition("-")[0], _VERSION_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def pointer_to(
    version: str,
    data: bytes,
    now: datetime,
    *,
    since: datetime | None = None,
    previous: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
    compiled_sha256: str = "",
) -> ActivePointer:
    """Return the pointer that activates a stored deck for all calls. `categories` are those of earlier decks."""
    all_categories = dict.fromkeys((*_categories_of(data), *categories))
    sha256 = hashlib.sha256(data).hexdigest()
    return ActivePointer(
        version=version,
        key=deck_key(version),
        sha256=sha256,
        activated_at=format_instant(now),
        since=format_instant(since or now),
        previous=previous[:MAX_PREVIOUS],
        categories=tuple(all_categories)[:MAX_CATEGORIES],
        in_force=(DeckInForce(version, START_OF_TIME, sha256, compiled_sha256),),
    )


def put_deck(client: "S3Client", bucket: str, version: str, data: bytes) -> None:
    """Store a deck's CSV. It prices no call until it is activated."""
    client.put_object(Bucket=bucket, Key=deck_key(version), Body=data, ContentType="text/csv; charset=utf-8")


def put_compiled(client: "S3Client", bucket: str, version: str, data: bytes) -> None:
    """Store a compiled deck."""
    client.put_object(Bucket=bucket, Key=compiled_key(version), Body=data, ContentType="application/octet-stream")


def activate(client: "S3Client", bucket: str, pointer: ActivePointer, replaced_etag: str | None = None) -> bool:
    """Make a stored deck the active one; functions price calls by it from the instant that the pointer names.

    One object is written, so one of two concurrent activations wins completely.

    Args:
        replaced_etag: Activate only while the pointer has this ETag; empty: only if there is none; None: in any case.

    Returns:
        Whether the deck was activated.
    """
    condition: Any = {}
    if replaced_etag is not None:
        condition = {"IfMatch": replaced_etag} if replaced_etag else {"IfNoneMatch": "*"}
    content = asdict(pointer)
    del content["etag"]
    body = json.dumps(content).encode()
    try:
        client.put_object(Bucket=bucket, Key=ACTIVE_KEY, Body=body, ContentType="application/json", **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        return False
    return True


def _categories_of(data: bytes) -> list[str]:
    """Return the categories of charged calls in a valid deck."""
    _header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    categories = {cells[CATEGORY_COLUMN].rstrip() for cells in rows if any(map(str.strip, cells))}
    return sorted(categories - {INCLUDED_CATEGORY})


def read_active(client: "S3Client", bucket: str) -> ActivePointer | None:
    """Return the pointer to the active deck; None before the first deck is published.

    Raises:
        Unavailable: `unusable_deck`, the object is damaged.
    """
    try:
        answer = client.get_object(Bucket=bucket, Key=ACTIVE_KEY)
    except client.exceptions.NoSuchKey:
        return None
    try:
        return pointer_from(json.loads(answer["Body"].read()), answer["ETag"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        detail = f"{ACTIVE_KEY} is damaged; restore the object's previous version in the deck bucket."
        raise Unavailable(ProblemCode.UNUSABLE_DECK, detail) from error


def unreadable_deck(error: Exception | None = None) -> Unavailable:
    """Return the error for a deck that the bucket does not give, with the bucket's code."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    cause = f" ({code})" if error is not None else ""
    return Unavailable(ProblemCode.UNAVAILABLE, f"The rate deck in force could not be read{cause}; retry the request.")
