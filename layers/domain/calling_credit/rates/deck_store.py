"""Rate decks in S3: each published deck is one immutable CSV object, and `active.json` names the active one."""

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck
from calling_credit.rates.deck_csv import parse_deck

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
CHECK_EVERY: Final = timedelta(seconds=20)
"""How long a warm function uses its deck before it checks which deck is active."""


@dataclass(frozen=True, slots=True)
class DeckInForce:
    """A deck and the instant from which it prices calls, until the next one's."""

    version: str
    in_force_from: str


@dataclass(frozen=True, slots=True)
class AddedAreaCode:
    """An area code of +1 that is newer than the tables: three digits, its country, and who added it when."""

    code: str
    country: str
    added_at: str
    added_by: str = ""


@dataclass(frozen=True, slots=True)
class ActivePointer:
    """The content of `active.json`, which every function checks every 20 seconds.

    `since` is when the deck was requested, `activated_at` when it was activated. `previous` lists the decks before it,
    latest first. `categories` lists the categories under which calls were charged by it and by earlier decks.
    `in_force` lists which deck prices calls from when, latest first. `compiled_sha256` is the hash of the compiled
    deck. `area_codes` are included below every deck. `short_codes` is the key of the price list of short codes. `etag`
    identifies the object that was read; it is not stored.
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
    etag: str = ""

    @property
    def history(self) -> tuple[str, ...]:
        """This deck and the decks before it, latest first."""
        return (self.version, *self.previous)


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
) -> ActivePointer:
    """Return the pointer that activates a stored deck. `categories` are those of earlier decks."""
    all_categories = dict.fromkeys((*_categories_of(data), *categories))
    return ActivePointer(
        version=version,
        key=deck_key(version),
        sha256=hashlib.sha256(data).hexdigest(),
        activated_at=format_instant(now),
        since=format_instant(since or now),
        previous=previous[:MAX_PREVIOUS],
        categories=tuple(all_categories)[:MAX_CATEGORIES],
    )


def put_deck(client: "S3Client", bucket: str, version: str, data: bytes) -> None:
    """Store a deck's CSV. It prices no call until it is activated."""
    client.put_object(Bucket=bucket, Key=deck_key(version), Body=data, ContentType="text/csv; charset=utf-8")


def activate(client: "S3Client", bucket: str, pointer: ActivePointer, replaced_etag: str | None = None) -> bool:
    """Make a stored deck the active one; warm functions follow within a minute.

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
    """Return the categories of charged calls in a valid deck: its last column."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    next(rows)
    return sorted({cells[-1] for cells in rows} - {INCLUDED_CATEGORY})


def read_active(client: "S3Client", bucket: str) -> ActivePointer | None:
    """Return the pointer to the active deck; None before the first deck is published."""
    try:
        answer = client.get_object(Bucket=bucket, Key=ACTIVE_KEY)
    except client.exceptions.NoSuchKey:
        return None
    content: dict[str, Any] = json.loads(answer["Body"].read())
    content = {"since": content["activated_at"], **content, "etag": answer["ETag"]}
    for name in ("previous", "categories"):
        content[name] = tuple(content.get(name, ()))
    content["in_force"] = tuple(DeckInForce(**deck) for deck in content.get("in_force", ()))
    content["area_codes"] = tuple(AddedAreaCode(**code) for code in content.get("area_codes", ()))
    names = {field.name for field in fields(ActivePointer)}
    return ActivePointer(**{name: value for name, value in content.items() if name in names})


def read_deck(client: "S3Client", bucket: str, pointer: ActivePointer) -> Deck:
    """Return the deck that a pointer names.

    Raises:
        Unavailable: `unusable_deck`, the file changed after its activation or does not parse.
    """
    data = client.get_object(Bucket=bucket, Key=pointer.key)["Body"].read()
    if hashlib.sha256(data).hexdigest() != pointer.sha256:
        raise Unavailable(
            ProblemCode.UNUSABLE_DECK, "The active deck's file was changed after it was activated; publish it again."
        )
    deck = parse_deck(data, pointer.version)
    if isinstance(deck, list):
        error = deck[0]
        raise Unavailable(
            ProblemCode.UNUSABLE_DECK,
            f"The active deck has an error on line {error.line} ({error.code}); publish a corrected deck.",
        )
    deck.categories |= frozenset(pointer.categories)
    return deck


class ActiveDeck:
    """The active deck of a warm function: loaded once, checked every 20 seconds, and replaced when it changed."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._deck: Deck | None = None
        self._checked_at: datetime | None = None

    def newest(self, now: datetime) -> Deck:
        """Check at once, then return the active deck. Raises the errors of `current`."""
        self._checked_at = None
        return self.current(now)

    def current(self, now: datetime) -> Deck:
        """Return the active deck. A loaded deck stays in use while S3 does not answer.

        Raises:
            Unavailable: `no_active_deck` before the first publication, `unusable_deck`, or `unavailable`.
        """
        if self._deck is not None and self._checked_at is not None and now - self._checked_at < CHECK_EVERY:
            return self._deck
        try:
            self._refresh()
        except (ClientError, BotoCoreError) as error:
            if self._deck is None:
                raise Unavailable(
                    ProblemCode.UNAVAILABLE, "The active rate deck could not be read; retry the request."
                ) from error
        self._checked_at = now
        if self._deck is None:
            raise Unavailable(
                ProblemCode.NO_ACTIVE_DECK, "No rate deck is published yet; run make publish-rates FILE=deck.csv.", 60
            )
        return self._deck

    def _refresh(self) -> None:
        pointer = read_active(self._client, self._bucket)
        if pointer is not None and (self._deck is None or self._deck.version != pointer.version):
            self._deck = read_deck(self._client, self._bucket, pointer)
            self._deck.home_countries = config().home_countries
