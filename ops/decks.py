"""The deck bucket of a stack, with the stack's own settings, and who changes it."""

import getpass
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.errors import InvalidValue
from calling_credit.rates.list_publishing import PriceListBucket
from calling_credit.rates.publishing import DECK_LEAD_SECONDS, DeckBucket
from ops.stack import FoundStack
from ops.terminal import CommandError


def home_countries(stack: FoundStack) -> frozenset[str]:
    """Return the stack's parameter HomeCountries."""
    return frozenset((stack.parameters.get("HomeCountries") or "US,CA").split(","))


def lead_seconds(stack: FoundStack) -> int:
    """Return the stack's parameter DeckLeadSeconds."""
    return int(stack.parameters.get("DeckLeadSeconds") or DECK_LEAD_SECONDS)


def deck_bucket(stack: FoundStack) -> DeckBucket:
    """Return the deck bucket of a stack."""
    return DeckBucket(
        stack.client("s3"),
        stack.outputs["DeckBucketName"],
        lead_seconds(stack),
        lambda: datetime.now(UTC),
        home_countries=home_countries(stack),
    )


def price_list_bucket(stack: FoundStack, name: str) -> PriceListBucket:
    """Return the folder of a price list in the deck bucket of a stack.

    Raises:
        CommandError: this is no name of a list.
    """
    try:
        return PriceListBucket(
            stack.client("s3"),
            stack.outputs["DeckBucketName"],
            name,
            lead_seconds(stack),
            lambda: datetime.now(UTC),
            home_countries=home_countries(stack),
        )
    except InvalidValue as error:
        raise CommandError(error.detail) from error


def bucket_of(stack: FoundStack, price_list: str) -> DeckBucket:
    """Return where a command publishes: the folder of a price list, or without a name the deck."""
    return price_list_bucket(stack, price_list) if price_list else deck_bucket(stack)


def operator_name(stack: FoundStack) -> str:
    """Return who runs the command: the caller of AWS, or on the local stack the user of this machine."""
    if not stack.is_local:
        try:
            return str(stack.client("sts").get_caller_identity()["Arn"])
        except (BotoCoreError, ClientError):
            pass  # The policy may deny it; the user's name is better than nothing.
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return "command:unknown"
