"""The scene in which prices change: an operator uploads a deck with next month's price, GET /rates announces it, and
one command restores the previous deck.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from rich.console import Console

from calling_credit.rates.deck import ANY_ORIGIN
from calling_credit.rates.publishing import DeckBucket
from local.deploy import DECK_LEAD_SECONDS
from local.errors import StackError
from local.example_rates import RATES_FILE
from local.stack import Stack

LANDLINE: Final = "+442071838750"
ROW: Final = "442,United Kingdom - Landline,GB,*,0.0140,0.0000,"
FILE: Final = "incoming/next-month.csv"


def upload_next_prices(stack: Stack) -> None:
    """Upload a deck that announces a new price of UK landlines."""
    text = RATES_FILE.read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith(ROW)]
    since = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    cells = line.split(",")
    row = ",".join([*cells[:4], "0.0200", *cells[5:8], since, cells[9]])
    bucket = stack.outputs["DeckBucketName"]
    boto3.client("s3").put_object(Bucket=bucket, Key=FILE, Body=f"{text}{row}\n".encode())


def show_publication(stack: Stack, console: Console) -> dict[str, Any]:
    """Wait until the uploaded deck is published; return the report on it.

    Raises:
        StackError: it is not published.
    """
    decks = DeckBucket(boto3.client("s3"), stack.outputs["DeckBucketName"])
    report: dict[str, Any] = stack.wait_for(lambda: decks.read_report(FILE), "the report on the uploaded deck")
    if report["outcome"] != "published":
        raise StackError(f"The deck was {report['outcome']}: {report['errors'][:1]}")
    changes = f"{report['rows']} rows checked, {report['changes']['announced']} price announced, none changed today"
    console.print(f"The operator uploads next month's rates to S3: {changes}.")
    return report


def show_prices(stack: Stack, console: Console, report: dict[str, Any]) -> None:
    """Show the announced price in the public price list, then restore the previous deck.

    Raises:
        StackError: the price is not announced.
    """

    def announced_prices() -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = stack.api.get("/rates", number=LANDLINE)["items"]
        items = [item for item in listed if item["origin"] == ANY_ORIGIN]
        return items if len(items) > 1 else []

    now, later = stack.wait_for(announced_prices, "the announced price in GET /rates")
    console.print(
        f"A call to {LANDLINE} costs ${now['rate_per_minute']} a minute, and ${later['rate_per_minute']} from"
        f" {later['effective_from'][:10]}. GET /rates shows both prices."
    )
    decks = DeckBucket(boto3.client("s3"), stack.outputs["DeckBucketName"], DECK_LEAD_SECONDS)
    previous = decks.roll_back(None, datetime.now(UTC))
    console.print(f"The operator changes their mind. One command makes {previous} the active deck again.")
    if report["version"] == previous:
        raise StackError("The rollback activated the same deck.")
