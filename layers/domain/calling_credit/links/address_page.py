"""The pages of the link that confirms an e-mail address: its question, and its answers."""

from aws_lambda_powertools.event_handler import Response

from calling_credit.api.pages import page
from calling_credit.links.address_confirmation import AddressLink, AddressLinkState
from calling_credit.links.link import Link


def address_page(link: Link, found: AddressLink) -> Response[str]:
    """Return the page of a link in this state: what it does, or why it does nothing."""
    account = f"account {link.account_id}"
    match found.state:
        case AddressLinkState.CONFIRMED:
            text = f"This address receives the e-mails about {account}. A billing admin can remove it."
            return page(200, "Address confirmed", text)
        case AddressLinkState.ENDED:
            return page(200, "Nothing to confirm", f"The request of {account} was withdrawn. No e-mails will be sent.")
        case AddressLinkState.FULL:
            text = (
                f"The list of {account} is full. Ask its billing admin to remove an address, then open the link again."
            )
            return page(200, "Not possible now", text)
    text = (
        f"The e-mails about the prepaid credit of {account} will be sent to {found.address}: receipts, declined cards, "
        "low balances, and refused calls."
    )
    return page(200, "Receive these e-mails?", text, button="Confirm address")
