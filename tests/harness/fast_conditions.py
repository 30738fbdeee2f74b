"""Makes moto's conditions fast. Does not depend on this application.

moto compiles seven regular expressions for each word of a condition each time that it reads one, though a condition
differs only in its values from one request to the next. Here a condition is read once for all tests, with the names of
its values in their place, and each request puts its own values into the tree.
"""

from typing import Any

import pytest
from moto.dynamodb.comparisons import ConditionExpressionParser

PARSER: Any = ConditionExpressionParser
PARSES = PARSER.parse
VALUE = PARSER.Kind.EXPRESSION_ATTRIBUTE_VALUE
TREES: dict[Any, "Read"] = {}


class Read(ConditionExpressionParser):
    """A condition that was read with the names of its values."""

    tree: Any = None

    def _make_op_condition(self, node: Any) -> Any:
        self.tree = node


def filled(node: Any, values: dict[str, Any]) -> Any:
    """A tree with values instead of their names."""
    if node.kind == VALUE:
        return node._replace(value=values[node.value])
    return node._replace(children=[filled(child, values) for child in node.children]) if node.children else node


def parse(parser: Any) -> Any:
    """`ConditionExpressionParser.parse`."""
    names, values = parser.expression_attribute_names or {}, parser.expression_attribute_values or {}
    if not parser.condition_expression:
        return PARSES(parser)
    key = parser.condition_expression, frozenset(names.items()), frozenset(values)
    read = TREES.get(key)
    if read is None:
        read = Read(parser.condition_expression, names, {name: name for name in values})
        PARSES(read)
        TREES[key] = read
    parser.expr_attr_names_found.extend(read.expr_attr_names_found)
    parser.expr_attr_values_found.extend(read.expr_attr_values_found)
    return parser._make_op_condition(filled(read.tree, values))


def make_conditions_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch moto until the end of `monkeypatch`."""
    monkeypatch.setattr(PARSER, "parse", parse)
