"""A bucket of rate decks in memory, whose reads can be slow or fail, and the decks of functions that read it."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from calling_credit.instants import format_instant
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.active_pointer import ActivePointer, ShortCodeList, pointer_from, replacing
from calling_credit.rates.compiled_deck import compile_deck
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from calling_credit.rates.deck_store import ACTIVE_KEY, compiled_key, deck_key, pointer_to
from calling_credit.rates.list_names import LISTS
from calling_credit.rates.short_codes import short_codes_key
from tests.domain.examples import NOW, deck_csv

UK, FRANCE = "442071838750", "33142685300"
LEAD = 60
ASSISTANCE = b"country,code,destination,rate,fee,minimum,increment\nUS,411,Assistance,0.10,1.50,60,60\n"
CHEAP, DEAR = deck_csv({}), deck_csv({"rate_per_minute": "0.20"}, {"prefix": "33", "country": "FR"})


class NoSuchKeyError(Exception):
    """The object does not exist."""


class Bucket:
    """A bucket in memory, whose reads can be slow or fail. It stands in for the S3 client."""

    class exceptions:  # noqa: N801 - as the client names it
        """The client's errors."""

        NoSuchKey = NoSuchKeyError
        ClientError = ClientError

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[str] = []
        self.held: set[str] = set()
        self.released = threading.Event()
        self.is_down = False

    def get_object(self, **request: str) -> dict[str, Any]:
        """Read an object."""
        key = request["Key"]
        self.reads.append(key)
        if any(key.startswith(prefix) for prefix in self.held):
            assert self.released.wait(30)
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="https://s3.test")
        if key not in self.objects:
            raise NoSuchKeyError
        return {"Body": BytesIO(self.objects[key]), "ETag": hashlib.md5(self.objects[key]).hexdigest()}

    def head_object(self, **request: str) -> None:
        """Find an object."""
        if request["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")

    @property
    def pointer(self) -> ActivePointer | None:
        """The pointer."""
        return self._pointer if ACTIVE_KEY in self.objects else None

    def publish(self, data: bytes, version: str, now: datetime, lead: int = LEAD) -> ActivePointer:
        """Publish a deck as the command does."""
        parsed = parse_deck(data, version)
        assert isinstance(parsed, Deck)
        compiled = compile_deck(parsed)
        self.objects |= {deck_key(version): data, compiled_key(version): compiled}
        active = pointer_to(version, data, now, compiled_sha256=hashlib.sha256(compiled).hexdigest())
        self.point(replacing(self.pointer, active, now, timedelta(seconds=lead)))
        return self._pointer

    def publish_version(self, name: str, data: bytes, version: str, now: datetime, lead: int = LEAD) -> None:
        """Publish a version of a customers' price list."""
        parsed, place = parse_deck(data, version), f"{LISTS}{name}/"
        assert isinstance(parsed, Deck)
        compiled = compile_deck(parsed)
        self.objects |= {place + deck_key(version): data, place + compiled_key(version): compiled}
        digest = hashlib.sha256(compiled).hexdigest()
        active = pointer_to(version, data, now, compiled_sha256=digest)
        stored = self.objects.get(place + ACTIVE_KEY)
        before = None if stored is None else pointer_from(json.loads(stored), "")
        pointer = replacing(before, active, now, timedelta(seconds=lead))
        self.objects[place + ACTIVE_KEY] = json.dumps(asdict(pointer)).encode()

    def publish_short_codes(self, data: bytes, now: datetime) -> ShortCodeList:
        """Publish a price list of short codes."""
        listed = ShortCodeList(short_codes_key(data, now), format_instant(now + timedelta(seconds=LEAD)))
        self.objects[listed.key] = data
        lists = (listed, *self._pointer.short_code_lists)
        self.point(replace(self._pointer, short_code_lists=lists))
        return listed

    def point(self, pointer: ActivePointer) -> None:
        """Store the pointer."""
        self._pointer = pointer
        self.objects[ACTIVE_KEY] = json.dumps(asdict(pointer)).encode()

    @contextmanager
    def holding(self, *prefixes: str) -> Iterator[None]:
        """Let reads of these keys wait until the end."""
        self.held = set(prefixes)
        self.released.clear()
        try:
            yield
        finally:
            self.held = set()
            self.released.set()


def one_deck() -> Bucket:
    """A bucket with one deck, in force from the start of time."""
    bucket = Bucket()
    bucket.publish(CHEAP, "cheap", NOW - timedelta(days=1))
    return bucket


def decks_of(bucket: Bucket, lead: int = LEAD, grace: int = 15) -> ActiveDecks:
    """The decks of a function."""
    client: Any = bucket
    return ActiveDecks(client, "bucket", lead, grace)


def seconds(number: float) -> datetime:
    """Noon and some seconds."""
    return NOW + timedelta(seconds=number)
