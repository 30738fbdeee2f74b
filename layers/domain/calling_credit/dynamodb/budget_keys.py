"""The keys of requests for a larger budget."""

from calling_credit.dynamodb import keys

_KIND = "BUDGET_REQUEST#"


def budget_request_sk(line_id: str, month: str) -> str:
    """The latest request for a line in a local month (`yyyy-mm`)."""
    return f"{_KIND}{line_id}#{month}"


def line_in(sort_key: str) -> str:
    """The line of a request."""
    return sort_key.split("#")[1]


def month_in(sort_key: str) -> str:
    """The local month of a request."""
    return keys.id_of(sort_key)
