"""What happened to a deck or price list that was to be published."""

from enum import StrEnum
from typing import Final


class PublishOutcome(StrEnum):
    """What happened to a deck; the `outcome` of its report."""

    PUBLISHED = "published"
    REFUSED = "refused"
    NEEDS_APPROVAL = "needs_approval"
    STALE_BASE = "stale_base"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


OUTCOME_MESSAGES: Final[dict[PublishOutcome, str]] = {
    PublishOutcome.PUBLISHED: "The deck prices calls from in_force_from on, in every function at the same instant.",
    PublishOutcome.REFUSED: "Nothing was published. Correct the errors and upload the file again.",
    PublishOutcome.NEEDS_APPROVAL: "Nothing was published: the findings need an operator's approval. Correct the file"
    " and upload it again, or publish it with the command, which allows exactly these findings.",
    PublishOutcome.STALE_BASE: "Nothing was published, because the deck was made from another deck than the active one."
    " Make it again from the active deck.",
    PublishOutcome.UNCHANGED: "The deck is already active; nothing changed.",
    PublishOutcome.SUPERSEDED: "Another deck was activated after this file was uploaded. Upload it again.",
}
"""The sentence for each outcome in a report."""
