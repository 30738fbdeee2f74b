"""Sends e-mail through Amazon SES, one address at a time, so that no recipient sees the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from calling_credit.aws import aws_session
from calling_credit.dynamodb.retries import backoff
from calling_credit.notifications.mails import Mail

THROTTLES: Final = frozenset(
    {"LimitExceededException", "Throttling", "ThrottlingException", "TooManyRequests", "TooManyRequestsException"}
)
"""The codes with which SES accepts no mail because of its rate or its daily quota."""
PAUSES: Final = frozenset({"AccountSuspendedException", "SendingPausedException", "SendingPaused"})
"""The codes with which SES accepts no mail of this AWS account, or of its configuration set, at all."""
MAX_ATTEMPTS: Final = 8
"""Attempts of one mail that SES throttles: some two seconds, several times its window of a second."""
_CHARSET: Final = "UTF-8"


class MailClient(Protocol):
    """The part of the SES client (API version 2) that is used here."""

    def send_email(
        self,
        *,
        FromEmailAddress: str,  # noqa: N803 - SES's own names
        Destination: dict[str, Any],  # noqa: N803
        Content: dict[str, Any],  # noqa: N803
        **options: Any,
    ) -> dict[str, Any]:
        """Accept one mail."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a mail, and the configuration set and the tags with which SES reports its bounces; without a
    configuration set, SES reports none.
    """

    address: str
    configuration_set: str = ""
    tags: Sequence[Mapping[str, str]] = ()

    @property
    def options(self) -> dict[str, Any]:
        """The parameters that a request has beside the mail."""
        if not self.configuration_set:
            return {}
        return {"ConfigurationSetName": self.configuration_set, "EmailTags": list(self.tags)}


def mail_client() -> MailClient:
    """Return a client without retries, because a mail whose answer was lost may have been sent."""
    client = aws_session().create_client(
        "sesv2",
        config=ClientConfig(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    return cast("MailClient", client)


def accepts_nothing(error: Exception | None) -> bool:
    """Whether an error means that SES accepts no mail at the moment, to any address."""
    return _code(error) in THROTTLES | PAUSES and getattr(error, "operation_name", "") == "SendEmail"


def send(
    client: MailClient, sender: Sender, address: str, mail: Mail, seconds_left: Callable[[], float] = lambda: 0.0
) -> None:
    """Send one mail. A throttled mail was not sent, so it is sent again while there is time.

    Raises:
        ClientError: SES refused it. Botocore's BotoCoreError: the outcome is unknown.
    """
    for attempt in backoff(seconds_left=seconds_left):
        try:
            client.send_email(
                FromEmailAddress=sender.address,
                Destination={"ToAddresses": [address]},
                Content={"Simple": _content(mail)},
                **sender.options,
            )
        except ClientError as error:
            if _code(error) not in THROTTLES or attempt >= MAX_ATTEMPTS or seconds_left() <= 0:
                raise
        else:
            return


def _content(mail: Mail) -> dict[str, Any]:
    return {
        "Subject": {"Data": mail.subject, "Charset": _CHARSET},
        "Body": {"Text": {"Data": mail.text, "Charset": _CHARSET}},
    }


def _code(error: Exception | None) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
