"""Rate decks in S3: each published deck is one immutable CSV object, and `active.json` names the one that prices
calls now.
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck
from calling_credit.rates.deck_csv import DeckError, parse_deck

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACTIVE_KEY: Final = "active.json"
DECKS: Final = "decks/"
INCOMING: Final = "incoming/"
"""Where a deck is dropped to be published."""
REPORTS: Final = "reports/"
"""Where it is told what became of a dropped deck."""
MOST_PREVIOUS: Final = 50
"""How many decks back one can go without naming one."""
MOST_CATEGORIES: Final = 80
"""How many categories of calls are remembered, the latest first: each costs a read where a day's spending is summed."""
CHECK_EVERY: Final = timedelta(seconds=20)
"""How long a warm function prices by the deck it knows before it asks which one is active."""


def s3_client() -> "S3Client":
    """A client that gives up a lost connection quickly."""
    client = aws_session().create_client(
        "s3",
        config=ClientConfig(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}),
    )
    return cast("S3Client", client)


def deck_key(version: str) -> str:
    """The object that holds a version."""
    return f"{DECKS}{version}.csv"


def deck_version(data: bytes, now: datetime) -> str:
    """A version's name: when it was made, and the beginning of its content's SHA-256. At most 40 characters."""
    return f"{now.strftime('%Y%m%dT%H%M%SZ')}-{hashlib.sha256(data).hexdigest()[:12]}"


def put_deck(client: "S3Client", bucket: str, version: str, data: bytes) -> None:
    """Store a deck's CSV; it does not price calls until it is activated."""
    client.put_object(Bucket=bucket, Key=deck_key(version), Body=data, ContentType="text/csv; charset=utf-8")


def activate(
    client: "S3Client",
    bucket: str,
    version: str,
    data: bytes,
    now: datetime,
    previous: Sequence[str] = (),
    categories: Sequence[str] = (),
    after: str | None = None,
    since: datetime | None = None,
) -> bool:
    """Make a stored deck the one that prices calls; warm functions follow within a minute. `previous` are the decks
    before it, the latest first, `categories` what calls were charged under by them. One object is put, so of two who
    activate at once one remains, whole. `after` is the `etag` of the pointer that was seen, empty if there was none:
    whether it still stood there, or nothing was done. `since` is when the deck was wanted, if that was before `now`.
    """
    known = dict.fromkeys((*_categories_in(data), *categories))
    pointer = {
        "version": version,
        "key": deck_key(version),
        "sha256": hashlib.sha256(data).hexdigest(),
        "activated_at": format_instant(now),
        "since": format_instant(since or now),
        "previous": list(previous[:MOST_PREVIOUS]),
        "categories": list(known)[:MOST_CATEGORIES],
    }
    condition: Any = {} if after is None else {"IfMatch": after} if after else {"IfNoneMatch": "*"}
    body = json.dumps(pointer).encode()
    try:
        client.put_object(Bucket=bucket, Key=ACTIVE_KEY, Body=body, ContentType="application/json", **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        return False
    return True


def _categories_in(data: bytes) -> list[str]:
    """The categories of calls that cost something in a deck that was judged: its last column."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    next(rows)
    return sorted({cells[-1] for cells in rows} - {INCLUDED_CATEGORY})


def read_active(client: "S3Client", bucket: str) -> dict[str, Any] | None:
    """What `active.json` says: version, key, sha256, activated_at, previous, categories; and its `etag`. None before
    the first deck is published.
    """
    try:
        answer = client.get_object(Bucket=bucket, Key=ACTIVE_KEY)
    except client.exceptions.NoSuchKey:
        return None
    pointer: dict[str, Any] = json.loads(answer["Body"].read())
    return pointer | {"etag": answer["ETag"]}


def read_deck(client: "S3Client", bucket: str, pointer: dict[str, Any]) -> Deck:
    """The deck a pointer names.

    Raises:
        Unavailable: `unusable_deck`, the object is not the one that was activated, or does not parse.
    """
    data = client.get_object(Bucket=bucket, Key=pointer["key"])["Body"].read()
    if hashlib.sha256(data).hexdigest() != pointer["sha256"]:
        raise Unavailable(
            ProblemCode.UNUSABLE_DECK, "The active deck's file was changed after it was activated; publish it again."
        )
    deck = parse_deck(data, pointer["version"])
    if isinstance(deck, list):
        first: DeckError = deck[0]
        raise Unavailable(
            ProblemCode.UNUSABLE_DECK,
            f"The active deck has an error on line {first.line} ({first.code}); publish anew.",
        )
    deck.categories |= frozenset(pointer.get("categories", ()))
    return deck


class ActiveDeck:
    """The active deck as a warm function holds it: loaded once, asked about every 20 seconds, replaced when it
    changed.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._deck: Deck | None = None
        self._checked_at: datetime | None = None

    def newest(self, now: datetime) -> Deck:
        """The deck that prices calls now, asked for at once. Raises what `current` does."""
        self._checked_at = None
        return self.current(now)

    def current(self, now: datetime) -> Deck:
        """The deck that prices calls now.

        A deck in hand goes on pricing while S3 does not answer; without one nothing can be priced.

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
                    ProblemCode.UNAVAILABLE, "The active rate deck could not be read; try again."
                ) from error
        self._checked_at = now
        if self._deck is None:
            raise Unavailable(
                ProblemCode.NO_ACTIVE_DECK, "No rate deck is published yet; run make publish-rates FILE=deck.csv.", 60
            )
        return self._deck

    def _refresh(self) -> None:
        pointer = read_active(self._client, self._bucket)
        if pointer is not None and (self._deck is None or self._deck.version != pointer["version"]):
            self._deck = read_deck(self._client, self._bucket, pointer)
