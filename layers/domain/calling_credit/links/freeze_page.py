"""The pages of the link that freezes an account: its question, and its answers."""

from typing import Final

from aws_lambda_powertools.event_handler import Response

from calling_credit.api.pages import page
from calling_credit.links.link import FreezeLink, FreezeLinkState, Link
from calling_credit.links.tokens import unknown_link

_IS_FROZEN: Final = (
    "New international calls are refused, and no card is charged, until your phone company unfreezes the account. "
    "Emergency and domestic calls are not affected."
)
_IS_USED: Final = "A link freezes the account once, and this one did. "


def freeze_page(link: Link, found: FreezeLink) -> Response[str]:
    """Return the page of a link in this state: what it does, or why it does nothing.

    Raises:
        NotFound: `unknown_link`, the link was withdrawn.
    """
    match found.state:
        case FreezeLinkState.FROZEN:
            return page(200, "The account is frozen", _IS_FROZEN)
        case FreezeLinkState.USED if found.is_frozen:
            return page(200, "Link already used", f"{_IS_USED}The account is frozen again now. {_IS_FROZEN}")
        case FreezeLinkState.USED:
            text = "Your phone company has unfrozen the account since. To freeze it again, call your phone company."
            return page(200, "Link already used", _IS_USED + text)
        case FreezeLinkState.WITHDRAWN:
            raise unknown_link()
    text = (
        f"This refuses all new international calls and all card payments of account {link.account_id}, at once. Only "
        "your phone company can undo it."
    )
    return page(200, "Freeze this account?", text, button="Freeze now")
