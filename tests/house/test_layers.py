"""Imports go down only: a module knows its own layer's past and what lies below, never what lies above."""

from __future__ import annotations

import ast

from tests.house.source_tree import module_names, modules

LAYERS: dict[str, float] = {
    "kggraph.errors": 0,
    "kggraph.terms": 0,
    "kggraph.page_log": 0.2,
    "kggraph.standard_streams": 0,
    "kggraph.notices": 0.2,
    "kggraph.config": 0.5,
    "kggraph.rdf": 1,
    "kggraph.model": 2,
    "kggraph.store": 2.5,
    "kggraph.validation": 2.5,
    "kggraph.search": 2.5,
    "kggraph.publish": 3,
    "kggraph.build": 3.5,
    "kggraph.importer": 3.5,
    "kggraph.links": 3.7,
    "kggraph.trial": 3.7,
    "kggraph.web": 4,
    "kggraph.checking": 3.6,
    "kggraph.editing": 3.8,
    "kggraph.querying": 3.5,
    "kggraph.reference": 4.5,
    "kggraph.operation": 4.2,
    "kggraph.serving": 4.5,
    "kggraph.mcp_server": 4.6,
    "kggraph.cli_context": 4.8,
    "kggraph.cli_validation": 4.9,
    "kggraph.cli_editing": 4.9,
    "kggraph.cli_links": 4.9,
    "kggraph.cli_operation": 4.9,
    "kggraph.cli": 5,
    "kggraph.__main__": 6,
}
"""Part of the platform to its layer; halves order the parts within one layer of DESIGN.md."""


def part(name: str) -> str:
    """The part of the platform that a module belongs to."""
    return ".".join(name.split(".")[:2])


def layer(name: str) -> float:
    """Layer of a module; the package itself (its version) is below everything."""
    return -1 if name == "kggraph" else LAYERS[part(name)]


def test_every_module_has_a_layer() -> None:
    unknown = sorted({part(name) for name in module_names() if name != "kggraph"} - set(LAYERS))
    assert not unknown, f"give these a layer here and in docs/architecture.md: {unknown}"


def test_imports_go_down_only() -> None:
    wrong = [
        f"{module.name}:{line} imports {name}"
        for module in modules()
        for name, line in module.imports
        if part(name) != part(module.name) and layer(name) >= layer(module.name)
    ]
    assert not wrong


def test_no_import_cycles() -> None:
    graph = {module.name: {name for name, _ in module.imports if name != module.name} for module in modules()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for other in sorted(graph.get(name, ())):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_an_engine_of_shacl_is_known_by_one_module() -> None:
    """So that another one takes its place in one file."""
    known = {
        (name.partition(".")[0], module.name)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        if name.partition(".")[0] in ("shifty", "pyshacl")
    }
    assert known == {
        ("shifty", "kggraph.validation.shifty_engine"),
        ("pyshacl", "kggraph.validation.pyshacl_engine"),
    }
