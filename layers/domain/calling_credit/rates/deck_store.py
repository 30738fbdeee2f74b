"""Rate decks in S3: each published deck is an immutable CSV object and its compiled form, and `active.json` says which
deck prices calls from when.
"""

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.deck import INCLUDED_CATEGORY
from calling_credit.rates.deck_csv import COLUMNS
from calling_credit.rates.timeline import START_OF_TIME, DeckInForce, put_in_force

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Stored = TypeVar("Stored", "AddedAreaCode", "ShortCodeList", DeckInForce)
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


@dataclass(frozen=True, slots=True)
class AddedAreaCode:
    """An area code of +1 that is newer than the tables: three digits, its country, and who added it when."""

    code: str
    country: str
    added_at: str
    added_by: str = ""


@dataclass(frozen=True, slots=True)
class ShortCodeList:
    """The key of a price list of short codes, and the instant from which it prices calls, until the next list's."""

    key: str
    in_force_from: str


@dataclass(frozen=True, slots=True)
class ActivePointer:
    """The content of `active.json`, which every function checks every 20 seconds.

    `since` is when the deck was requested, `activated_at` when it was activated. `previous` lists the decks before it,
    latest first. `categories` lists the categories under which calls were charged by it and by earlier decks.
    `in_force` lists which deck prices calls from when, latest first; never empty. `compiled_sha256` is the hash of the
    compiled deck. `area_codes` are included below every deck. `short_codes` is the key of the latest price list of
    short codes, `short_code_lists` all, latest first. `etag` identifies the object that was read; it is not stored.
    """

    version: str
    key: str
    sha256: str
    activated_at: str
    since: str
    previous: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    in_force: tuple[DeckInForce, ...] = ()
    compiled_sha256: str = ""
    area_codes: tuple[AddedAreaCode, ...] = ()
    short_codes: str = ""
    short_code_lists: tuple[ShortCodeList, ...] = ()
    etag: str = ""

    @property
    def history(self) -> tuple[str, ...]:
        """This deck and the decks before it, latest first."""
        return (self.version, *self.previous)

    @property
    def area_codes_by_prefix(self) -> dict[str, str]:
        """The countries of added area codes by prefix (`1436`)."""
        return {f"1{added.code}": added.country for added in self.area_codes}


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
    return f"{now.strftime('%Y%m%dT%H%M%SZ')}-{hashlib.sha256(data).hexdigest()[:12]}"


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
        compiled_sha256=compiled_sha256,
    )


def replacing(pointer: ActivePointer | None, active: ActivePointer, now: datetime, lead: timedelta) -> ActivePointer:
    """Return a pointer that puts its deck in force a lead time from now and keeps what the replaced one knows."""
    if pointer is None:
        return active
    return replace(
        active,
        in_force=put_in_force(pointer.in_force, active.in_force[0], now, lead),
        area_codes=pointer.area_codes,
        short_codes=pointer.short_codes,
        short_code_lists=pointer.short_code_lists,
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
        return _pointer_from(json.loads(answer["Body"].read()), answer["ETag"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        detail = f"{ACTIVE_KEY} in the deck bucket is damaged; restore the object's previous version."
        raise Unavailable(ProblemCode.UNUSABLE_DECK, detail) from error


def _pointer_from(content: dict[str, Any], etag: str) -> ActivePointer:
    content = {"since": content["activated_at"], **content, "etag": etag}
    for name in ("previous", "categories"):
        content[name] = tuple(content.get(name, ()))
    always = {"version": content["version"], "in_force_from": START_OF_TIME, "sha256": content["sha256"]}
    content["in_force"] = tuple(_known(DeckInForce, deck) for deck in content.get("in_force") or (always,))
    content["area_codes"] = tuple(_known(AddedAreaCode, code) for code in content.get("area_codes", ()))
    lists = content.get("short_code_lists", ())
    if not lists and content.get("short_codes"):  # An older pointer names one list, which prices every call.
        lists = ({"key": content["short_codes"], "in_force_from": START_OF_TIME},)
    content["short_code_lists"] = tuple(_known(ShortCodeList, one) for one in lists)
    names = {field.name for field in fields(ActivePointer)}
    return ActivePointer(**{name: value for name, value in content.items() if name in names})


def _known(kind: type[Stored], content: dict[str, str]) -> Stored:
    """Return a value from its stored fields, without those that another release added."""
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in content.items() if name in names})


def unreadable_deck(error: Exception | None = None) -> Unavailable:
    """Return the error for a deck that the bucket does not give, with the bucket's code."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    cause = f" ({code})" if error is not None else ""
    return Unavailable(ProblemCode.UNAVAILABLE, f"The rate deck in force could not be read{cause}; retry the request.")
