"""The pages of the link that raises a budget: its question, and its answers."""

from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response

from calling_credit.accounts.budget_requests import BudgetOf
from calling_credit.api.pages import page
from calling_credit.links.budget_raise import RaiseLink, RaiseLinkState
from calling_credit.links.link import Link
from calling_credit.masking import masked
from calling_credit.messages import formats
from calling_credit.messages.catalog import Messages, messages
from calling_credit.money import format_money


def budget_page(link: Link, found: RaiseLink, language: str) -> Response[str]:
    """Return the page of a link in this state: what it does, or why it does nothing."""
    words, name, line = messages("links", language), f"raise_{found.state}", found.budgets.line
    month = formats.month(datetime.strptime(found.month, "%Y-%m").replace(tzinfo=UTC), language)
    values = {
        "line": words.text("raise.line", line=line.line_id, number=masked(line.number)),
        "account": link.account_id,
        "month": month,
    }
    if found.state is not RaiseLinkState.ACTIVE:
        return page(200, words.text(f"{name}.title"), words.text(f"{name}.text", **values), language=language)
    text = words.text(f"{name}.text", **values, increases=". ".join(_increases(found, words)))
    return page(200, words.text(f"{name}.title"), text, words.text(f"{name}.button"), language=language)


def _increases(found: RaiseLink, words: Messages) -> list[str]:
    """What the link adds to each budget, in words."""
    request, sentences = found.budgets.request, []
    for one in () if request is None else request.remaining(found.budgets.counters):
        limit = found.budgets.counters[one.counter].limit_micros or 0
        amounts = {"amount": one.amount_micros, "limit": limit, "raised": limit + one.amount_micros}
        shown = {name: formats.money(format_money(micros), words.language) for name, micros in amounts.items()}
        sentences.append(words.text("raise.of_line" if one.of is BudgetOf.LINE else "raise.of_user", **shown))
    return sentences
