"""The e-mails about budgets of lines and users."""

from calling_credit.notifications.mail_fields import Data, parts
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mail_words import Content, MailWords


def budget_reached(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    """The e-mail about a budget that is used to a percentage."""
    owner = words.line(data) if data["budget"] == "line" else words.user(data)
    values = {"limit": words.money(data, "limit"), "spent": words.money(data, "spent")}
    name, effect = "budget_nearly_used", "budget_effect.nearly_used"
    if data["percent"] == 100:
        name, effect = "budget_used", "budget_effect.used"
    if data.get("at") == "tell":
        effect = "budget_effect.tell"
    return words.mail(name, owner=owner, month=words.month(data, "month"), effect=words.text(effect), **values)


def increase_requested(data: Data, link: Confirmation | None, words: MailWords) -> Content | None:
    """The e-mail about a request for a larger budget, with the link that raises it; None without the link, because
    someone has raised or changed the budget meanwhile.
    """
    if link is None:
        return None
    month, line = words.month(data, "month"), words.line(data)
    increases = [_increase(one, words) for one in parts(data, "increases")]
    subject, lines = words.mail("budget_increase", line=line, month=month, increases="\n".join(increases))
    question = words.text(
        "budget_increase.link", link=link.address_in(words.language), time=words.instant(link.expires_at)
    )
    return subject, [*lines, question]


def _increase(one: Data, words: MailWords) -> str:
    """One budget and the amount that would be added, in one line."""
    name = "increase.line" if one["budget"] == "line" else "increase.user"
    return words.text(name, limit=words.money(one, "limit"), amount=words.money(one, "amount"))
