"""Sends e-mail through Amazon SES, one address at a time, so that no recipient sees the others."""

from typing import Any, Final, Protocol, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from calling_credit.aws import aws_session
from calling_credit.notifications.mails import Mail

MailRefused = ClientError
"""SES answered and refused the mail."""

_CHARSET: Final = "UTF-8"


class MailClient(Protocol):
    """The part of the SES client (API version 2) that is used here."""

    def send_email(
        self,
        *,
        FromEmailAddress: str,  # noqa: N803 - SES's own names
        Destination: dict[str, Any],  # noqa: N803
        Content: dict[str, Any],  # noqa: N803
    ) -> dict[str, Any]:
        """Accept one mail."""


def mail_client() -> MailClient:
    """Return a client without retries, because a mail whose answer was lost may have been sent."""
    client = aws_session().create_client(
        "sesv2",
        config=ClientConfig(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    return cast("MailClient", client)


def send(client: MailClient, sender: str, address: str, mail: Mail) -> None:
    """Send one mail.

    Raises:
        MailRefused: SES refused it. Botocore's BotoCoreError: the outcome is unknown.
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
