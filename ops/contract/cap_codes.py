"""The codes of problem answers about the caps of accounts."""

from typing import Final

from calling_credit.errors import ProblemCode
from ops.contract.explanation import Explanation

CAP_CONFLICTS: Final = (
    Explanation(
        ProblemCode.COUNTRIES_NOT_INDEXED,
        409,
        "`first_country_cap` was to be switched on, but the countries of the account are not indexed.",
        "Run `make index-countries ACCOUNT=<id> STACK=<stack>`, or ask the operator to, and repeat the request within "
        "three days.",
    ),
)
