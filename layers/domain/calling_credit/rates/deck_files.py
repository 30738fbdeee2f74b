"""Reads published decks from S3: the compiled form, or the CSV that it was made from. And stores the compiled form."""

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.compiled_deck import InvalidCompiledDeckError, compile_deck, read_compiled
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from calling_credit.rates.deck_store import activate, compiled_key, deck_key, put_compiled, put_deck
from calling_credit.rates.timeline import START_OF_TIME, DeckInForce

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VERSION: Final = re.compile(r"\d{8}T\d{6}Z-([0-9a-f]{12})")
"""The name of a version ends with the beginning of its content's SHA-256."""


def read_deck(client: "S3Client", bucket: str, pointer: ActivePointer) -> Deck:
    """Return the deck that a pointer names, from its CSV. Raises the errors of `read_csv_deck`."""
    deck = read_csv_deck(client, bucket, DeckInForce(pointer.version, START_OF_TIME, pointer.sha256))
    deck.categories |= frozenset(pointer.categories)
    return deck


def is_stored(client: "S3Client", bucket: str, version: str) -> bool:
    """Return whether a deck of that version was published."""
    try:
        client.head_object(Bucket=bucket, Key=deck_key(version))
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        return False
    return True


def load_deck(client: "S3Client", bucket: str, deck: DeckInForce) -> Deck:
    """Return a published deck from its compiled form; from its CSV if that is missing, damaged, or of another format.

    Raises the errors of `read_csv_deck`.
    """
    return _compiled_deck(client, bucket, deck) or read_csv_deck(client, bucket, deck)


def is_compiled(client: "S3Client", bucket: str, pointer: ActivePointer) -> bool:
    """Return whether the compiled form of the active deck can be used."""
    return _compiled_deck(client, bucket, pointer.in_force[0]) is not None


def _compiled_deck(client: "S3Client", bucket: str, deck: DeckInForce) -> Deck | None:
    if not deck.compiled_sha256:
        return None
    try:
        data = client.get_object(Bucket=bucket, Key=compiled_key(deck.version))["Body"].read()
        if hashlib.sha256(data).hexdigest() == deck.compiled_sha256:
            return read_compiled(data, deck.version)
    except (client.exceptions.NoSuchKey, InvalidCompiledDeckError):
        pass
    return None


def read_csv_deck(client: "S3Client", bucket: str, published: DeckInForce) -> Deck:
    """Return a published deck from its CSV.

    Raises:
        Unavailable: `unusable_deck`, the file is gone, was changed after its activation, or does not parse.
    """
    version = published.version
    try:
        data = client.get_object(Bucket=bucket, Key=deck_key(version))["Body"].read()
    except client.exceptions.NoSuchKey as error:
        raise Unavailable(
            ProblemCode.UNUSABLE_DECK, f"The file of {version} is gone; publish the deck again."
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    named = VERSION.fullmatch(version)
    if digest != published.sha256 if published.sha256 else named is not None and not digest.startswith(named[1]):
        raise Unavailable(
            ProblemCode.UNUSABLE_DECK, f"The file of {version} was changed after it was activated; publish it again."
        )
    deck = parse_deck(data, version)
    if isinstance(deck, list):
        first = deck[0]
        raise Unavailable(
            ProblemCode.UNUSABLE_DECK,
            f"The deck {version} has an error on line {first.line} ({first.code}); publish a corrected deck.",
        )
    return deck


def put_compiled_deck(client: "S3Client", bucket: str, deck: Deck) -> str:
    """Store the compiled form of a deck; return its SHA-256."""
    compiled = compile_deck(deck)
    put_compiled(client, bucket, deck.version, compiled)
    return hashlib.sha256(compiled).hexdigest()


def repair_deck(client: "S3Client", bucket: str, pointer: ActivePointer, data: bytes, deck: Deck) -> None:
    """Store the files of the active deck again, and name the compiled one if it was missing or of another format."""
    put_deck(client, bucket, pointer.version, data)
    compiled = compile_deck(deck)
    put_compiled(client, bucket, pointer.version, compiled)
    sha256 = hashlib.sha256(compiled).hexdigest()
    if sha256 != pointer.compiled_sha256:
        entries = tuple(
            replace(entry, compiled_sha256=sha256) if entry.version == pointer.version else entry
            for entry in pointer.in_force
        )
        activate(client, bucket, replace(pointer, in_force=entries), pointer.etag)
