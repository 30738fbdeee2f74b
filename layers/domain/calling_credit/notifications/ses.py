"""Sends e-mail through Amazon SES, one address at a time, so that no recipient sees the others."""

from typing import Any, Final, Protocol, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from calling_credit.aws import aws_session
from calling_credit.notifications.mails import Mail

NotTaken = ClientError
"""What is raised when SES has answered, and does not take the mail."""

_CHARSET: Final = "UTF-8"


class MailClient(Protocol):
    """What is needed of SES (API version 2)."""

    def send_email(
        self,
        *,
        FromEmailAddress: str,  # noqa: N803 - SES's own names
        Destination: dict[str, Any],  # noqa: N803
        Content: dict[str, Any],  # noqa: N803
    ) -> dict[str, Any]:
        """Take one mail."""


def mail_client() -> MailClient:
    """A client that asks once: a mail whose answer was lost may be on its way."""
    client = aws_session().create_client(
        "sesv2",
        config=ClientConfig(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    return cast("MailClient", client)


def send(client: MailClient, sender: str, address: str, mail: Mail) -> None:
    """Hand one mail to SES.

    Raises:
        NotTaken: SES did not take it. Botocore's BotoCoreError: the outcome is unknown.
    """
    client.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [address]},
        Content={
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": _CHARSET},
                "Body": {"Text": {"Data": mail.text, "Charset": _CHARSET}},
            }
        },
    )
