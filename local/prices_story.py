"""The part of the story in which prices change: a deck with next month's price is dropped into the bucket, everyone can
see it announced, and one command takes it back.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from rich.console import Console

from calling_credit.rates.publishing import Publisher
from local.payments_story import wait_for
from local.stack import RATES_FILE, Stack, StackError

LANDLINE: Final = "+442071838750"
ROW: Final = "442,United Kingdom - Landline,GB,*,0.0140,0.0000,"
FILE: Final = "incoming/next-month.csv"


def announce_a_price(stack: Stack, console: Console) -> dict[str, Any]:
    """Drop a deck that announces a price of UK landlines; what is reported beside it.

    Raises:
        StackError: it is not published.
    """
    client, bucket = boto3.client("s3"), stack.outputs["DeckBucketName"]
    text = RATES_FILE.read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith(ROW)]
    since = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    cells = line.split(",")
    row = ",".join([*cells[:4], "0.0200", *cells[5:8], since, cells[9]])
    client.put_object(Bucket=bucket, Key=FILE, Body=f"{text}{row}\n".encode())
    publisher = Publisher(client, bucket)
    told: dict[str, Any] = wait_for(stack, lambda: publisher.report_of(FILE), "the report on the dropped deck")
    if told["outcome"] != "published":
        raise StackError(f"The deck was {told['outcome']}: {told['errors'][:1]}")
    counted = f"{told['rows']} rows judged, {told['changes']['announced']} price announced, none changed today"
    console.print(f"The operator drops next month's rates into S3: {counted}.")
    return told


def tell_prices(stack: Stack, console: Console, told: dict[str, Any]) -> None:
    """Show the announced price as anyone may ask it, then go back to the deck before.

    Raises:
        StackError: the price is not announced.
    """

    def announced() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = stack.api.get("/rates", number=LANDLINE)["items"]
        return items if len(items) > 1 else []

    now, later = wait_for(stack, announced, "the announced price in GET /rates")
    console.print(
        f"A call to {LANDLINE} costs ${now['rate_per_minute']} a minute, and from {later['effective_from'][:10]} on"
        f" ${later['rate_per_minute']}: GET /rates tells both."
    )
    publisher = Publisher(boto3.client("s3"), stack.outputs["DeckBucketName"])
    before = publisher.roll_back(None, datetime.now(UTC))
    console.print(f"The operator thinks better of it, and one command makes {before} the active deck again.")
    if told["version"] == before:
        raise StackError("Going back led to the same deck.")
