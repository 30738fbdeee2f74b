"""The page of the link that freezes an account: what it is about, and, once its button is pressed, that it is done."""

from collections.abc import Callable
from typing import Final

from aws_lambda_powertools.event_handler import Response

from calling_credit.api.pages import page
from calling_credit.links.link import Link

BY: Final = "link"
"""Who is remembered: whoever held the link."""
_IS_FROZEN: Final = (
    "New calls abroad are refused and nothing is charged to your card by itself, until your phone company lets the "
    "account go on. Emergency and domestic calls go on as always."
)


def freeze_page(link: Link, is_frozen: Callable[[str], bool]) -> Response[str]:
    """What the link would do, or that it is done; changes nothing."""
    if is_frozen(link.account_id):
        return frozen_page()
    text = (
        f"This refuses every new call abroad of the account {link.account_id} and pauses its automatic recharge, at "
        "once. Only your phone company can undo it."
    )
    return page(200, "Freeze this account?", text, button="Freeze now")


def frozen_page() -> Response[str]:
    """That the account is frozen."""
    return page(200, "The account is frozen", _IS_FROZEN)
