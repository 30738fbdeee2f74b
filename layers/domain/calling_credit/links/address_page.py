"""The pages of the link that confirms an e-mail address: its question, and its answers."""

from aws_lambda_powertools.event_handler import Response

from calling_credit.api.pages import page
from calling_credit.links.address_confirmation import AddressLink, AddressLinkState
from calling_credit.links.link import Link
from calling_credit.messages.catalog import messages


def address_page(link: Link, found: AddressLink, language: str) -> Response[str]:
    """Return the page of a link in this state: what it does, or why it does nothing."""
    words, name = messages("links", language), f"address_{found.state}"
    text = words.text(f"{name}.text", account=link.account_id, address=found.address or "")
    button = words.text(f"{name}.button") if found.state is AddressLinkState.ACTIVE else None
    return page(200, words.text(f"{name}.title"), text, button, language=language)
