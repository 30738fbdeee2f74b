"""The page of the link that freezes an account: its question, and the answer after its button was pressed."""

from collections.abc import Callable
from typing import Final

from aws_lambda_powertools.event_handler import Response

from calling_credit.api.pages import page
from calling_credit.links.link import Link

BY: Final = "link"
"""The recorded actor: the holder of the link."""
_IS_FROZEN: Final = (
    "New international calls are refused, and automatic recharge is paused, until your phone company unfreezes the "
    "account. Emergency and domestic calls are not affected."
)


def freeze_page(link: Link, is_frozen: Callable[[str], bool]) -> Response[str]:
    """Return the page that explains what the link does, or that the account is frozen already. It changes nothing."""
    if is_frozen(link.account_id):
        return frozen_page()
    text = (
        f"This refuses all new international calls of account {link.account_id} and pauses its automatic recharge, at "
        "once. Only your phone company can undo it."
    )
    return page(200, "Freeze this account?", text, button="Freeze now")


def frozen_page() -> Response[str]:
    """Return the page that says that the account is frozen."""
    return page(200, "The account is frozen", _IS_FROZEN)
