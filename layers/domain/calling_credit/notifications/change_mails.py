"""The e-mails about changes that loosen an account, freeze it, or send its e-mails elsewhere."""

from calling_credit.notifications.mail_fields import Data, names
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mail_words import Content, MailWords


def addresses_changed(data: Data, _: Confirmation | None, words: MailWords) -> Content | None:
    """The e-mail to the former billing addresses; None if they are the same."""
    if "billing_emails" not in names(data, "fields"):
        return None
    return words.mail("addresses_changed", changer=words.changer(data))


def address_confirmation(_: Data, link: Confirmation | None, words: MailWords) -> Content | None:
    """The e-mail that asks the holder of a new address; None without its link."""
    if link is None:
        return None
    return words.mail("address_confirmation", time=words.instant(link.expires_at), link=link.address_in(words.language))


def limits_loosened(data: Data, link: Confirmation | None, words: MailWords) -> Content:
    """The e-mail about loosened limits, with the link that freezes the account."""
    content = words.mail("limits_loosened", changer=words.changer(data), limits=words.limits(data))
    return with_link(content, "change.link", link, words)


def international_calling_enabled(data: Data, link: Confirmation | None, words: MailWords) -> Content:
    """The e-mail about a line that may call abroad, with the link that freezes the account."""
    content = words.mail("calling_enabled", changer=words.changer(data), line=words.line(data))
    return with_link(content, "change.link", link, words)


def account_frozen(_: Data, __: Confirmation | None, words: MailWords) -> Content:
    """The e-mail about a freeze."""
    return words.mail("account_frozen")


def account_unfrozen(_: Data, __: Confirmation | None, words: MailWords) -> Content:
    """The e-mail about the end of a freeze."""
    return words.mail("account_unfrozen")


def with_link(content: Content, key: str, link: Confirmation | None, words: MailWords) -> Content:
    """The content with a last paragraph that holds the link, if there is one."""
    if link is None:
        return content
    subject, lines = content
    return subject, [*lines, words.text(key, time=words.instant(link.expires_at), link=link.address_in(words.language))]
