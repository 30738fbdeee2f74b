"""The pages of the link that freezes an account: its question, and its answers."""

from aws_lambda_powertools.event_handler import Response

from calling_credit.api.pages import page
from calling_credit.links.link import FreezeLink, FreezeLinkState, Link
from calling_credit.links.tokens import unknown_link
from calling_credit.messages.catalog import messages


def freeze_page(link: Link, found: FreezeLink, language: str) -> Response[str]:
    """Return the page of a link in this state: what it does, or why it does nothing.

    Raises:
        NotFound: `unknown_link`, the link was withdrawn.
    """
    words = messages("links", language)
    if found.state is FreezeLinkState.WITHDRAWN:
        raise unknown_link()
    if found.state is FreezeLinkState.ACTIVE:
        question, button = words.text("freeze.text", account=link.account_id), words.text("freeze.button")
        return page(200, words.text("freeze.title"), question, button, language=language)
    if found.state is FreezeLinkState.FROZEN:
        return page(200, words.text("frozen.title"), words.text("frozen.text"), language=language)
    text = "used.frozen" if found.is_frozen else "used.text"
    return page(200, words.text("used.title"), words.text(text), language=language)
