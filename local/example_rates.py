"""The example rate deck, local/rates.csv: read once, and published to a new stack."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import boto3

from calling_credit.rates.compiled_deck import compile_deck
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from calling_credit.rates.deck_store import activate, deck_version, pointer_to, put_compiled, put_deck
from local.errors import StackError

RATES_FILE: Final = Path(__file__).with_name("rates.csv")


@cache
def example_deck() -> Deck:
    """Return the deck; parsing takes about a second.

    Raises:
        StackError: the file has errors.
    """
    data = RATES_FILE.read_bytes()
    deck = parse_deck(data, deck_version(data, datetime.now(UTC)))
    if isinstance(deck, list):
        raise StackError(f"{RATES_FILE} has an error on line {deck[0].line}: {deck[0].detail} Run make rates.")
    return deck


def publish_example_rates(bucket: str) -> int:
    """Publish and activate the deck; return the number of its prefixes.

    Raises:
        StackError: the file has errors.
    """
    deck, data = example_deck(), RATES_FILE.read_bytes()
    client = boto3.client("s3")
    put_deck(client, bucket, deck.version, data)
    compiled = compile_deck(deck)
    put_compiled(client, bucket, deck.version, compiled)
    sha256 = hashlib.sha256(compiled).hexdigest()
    activate(client, bucket, pointer_to(deck.version, data, datetime.now(UTC), compiled_sha256=sha256))
    return len({row.prefix for row in deck.rows})
