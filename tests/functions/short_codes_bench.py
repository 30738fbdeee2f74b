"""A price list of short codes for tests of functions."""

from dataclasses import replace

import boto3

from calling_credit.rates.active_pointer import ShortCodeList
from calling_credit.rates.deck_store import activate, read_active
from calling_credit.rates.short_codes import short_codes_key
from calling_credit.rates.timeline import START_OF_TIME
from tests.domain.examples import NOW
from tests.harness.world import World

BUCKET = "calling-credit-test-decks"
PRICES = b"country,code,destination,rate,fee,minimum,increment\nUS,411,Directory assistance,0.10,1.50,60,60\n"


def publish_short_codes(world: World, data: bytes = PRICES, since: str = START_OF_TIME) -> None:
    """Publish a price list of short codes, in force since an instant; every function reads it with its next call."""
    client = boto3.client("s3")
    pointer, key = read_active(client, BUCKET), short_codes_key(data, NOW)
    assert pointer is not None
    client.put_object(Bucket=BUCKET, Key=key, Body=data)
    lists = (ShortCodeList(key, since), *pointer.short_code_lists)
    assert activate(client, BUCKET, replace(pointer, short_code_lists=lists))
    world.stack.forget()
