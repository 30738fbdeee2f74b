"""Makes moto's update expressions fast. Does not depend on this application.

moto parses an expression every time, and walks its tree ten times; in each walk it asks of each node, by isinstance
of abstract classes, whether the node concerns the walk. Here an expression is parsed once for all tests, because moto
changes only copies of the tree, and the questions about classes are answered once per class. A walk is left out if its
nodes do not occur in the expression, or if it checks the text of the expression and has passed with the same names.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from moto.dynamodb.parsing import ast_nodes, expressions, validators

NODES: Any = ast_nodes
PARSER: Any = vars(expressions)["UpdateExpressionParser"]
CLASSES: dict[Any, tuple[type, ...]] = {}
"""The classes of nodes that each kind of walk changes."""
PARSES = PARSER.make
VALIDATOR: Any = validators.UpdateExpressionValidator
OF_THE_TEXT = {
    validators.ActionCountValidator,
    validators.OverlappingPathsValidator,
    validators.UpdateHashRangeKeyValidator,
}
"""The walks whose result depends on the expression, its names, and the keys of the table."""
APPEAR_LATER = (NODES.DDBTypedValue, NODES.NoneExistingPath)
"""Nodes that walks put into the tree."""
PASSED: set[Any] = set()
"""The texts that have passed those walks, with names and keys."""


@cache
def parsed(text: str) -> Any:
    """`UpdateExpressionParser.make`, whose tree also has its text and the classes of its nodes."""
    tree = PARSES(text)
    tree.text, tree.kinds = text, frozenset(kinds_in(tree))
    return tree


def kinds_in(node: Any) -> Iterator[type]:
    """Yield the class of each node of a tree."""
    if is_node(node.__class__):
        yield node.__class__
        for child in node.children or ():
            yield from kinds_in(child)


@cache
def concerns(walk: Any, kinds: frozenset[type]) -> bool:
    """Whether a kind of walk changes or checks nodes of these classes, or nodes that walks put into the tree."""
    return any(issubclass(kind, CLASSES[walk]) for kind in (*kinds, *APPEAR_LATER))


def validate(validator: Any) -> Any:
    """`Validator.validate`."""
    tree = validator.node_to_validate
    kinds, names = tree.kinds, validator.expression_attribute_names or {}
    key = tree.text, frozenset(names.items()), tuple(validator.table.table_key_attrs)
    for walk in validator.processors:
        kind = walk.__class__
        if kind not in CLASSES:
            CLASSES[kind] = walk.nodes_to_be_processed()
        if concerns(kind, kinds) and not (kind in OF_THE_TEXT and key in PASSED):
            tree = walk.traverse(tree)
    PASSED.add(key)
    return tree


@cache
def is_node(kind: Any) -> bool:
    """Whether these are nodes of a tree."""
    return issubclass(kind, NODES.Node)


@cache
def has_clauses(kind: Any) -> bool:
    """Whether moto looks for clauses inside these nodes."""
    return issubclass(kind, (NODES.Expression, NODES.UpdateExpressionFunction))


@cache
def is_changed(walk: Any, kind: Any) -> bool:
    """Whether this kind of walk changes these nodes."""
    return issubclass(kind, CLASSES[walk])


def walked(walk: Any, node: Any, child_id: int = -1) -> Any:
    """`DepthFirstTraverser.traverse_node_recursively`."""
    kind = node.__class__
    if not is_node(kind):
        return node
    parent = node.parent
    for index, child in enumerate(node.children or ()):
        walk.pre_processing_of_child(node, index)
        walked(walk, child, index)
    if walk.__class__ not in CLASSES:
        CLASSES[walk.__class__] = walk.nodes_to_be_processed()
    if is_changed(walk.__class__, kind):
        node = walk.process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


def clauses(node: Any, kinds: Any) -> list[Any]:
    """`Node.find_clauses`."""
    found: list[Any] = []
    for child in node.children or ():
        kind = child.__class__
        if kind in kinds:
            found.append(child)
        elif has_clauses(kind):
            found += clauses(child, kinds)
    return found


def copied(node: Any, memo: dict[int, Any]) -> Any:
    """A copy of a parsed tree, whose leaves never change."""
    twin = object.__new__(type(node))
    twin.__dict__ |= node.__dict__
    if node.children is not None:
        twin.children = [copied(child, memo) if is_node(child.__class__) else child for child in node.children]
        for child in twin.children:
            if is_node(child.__class__):
                child.parent = twin
    return twin


def make_expressions_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch moto until the end of `monkeypatch`."""
    monkeypatch.setattr(NODES.DepthFirstTraverser, "traverse_node_recursively", walked)
    monkeypatch.setattr(NODES.Node, "find_clauses", clauses)
    monkeypatch.setattr(NODES.Node, "__deepcopy__", copied, raising=False)
    monkeypatch.setattr(PARSER, "make", parsed)
    monkeypatch.setattr(VALIDATOR, "validate", validate)
