"""The description of the interfaces knows every route; `tests/live/test_schemathesis.py` asks for all it promises."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask


@pytest.fixture(scope="session")
def described(app: Flask) -> dict[str, Any]:
    """The document."""
    told: dict[str, Any] = app.test_client().get("/openapi.json").get_json(force=True)
    return told


def filled(path: str, item: dict[str, Any]) -> str:
    """A path with a value for each of its parts."""
    schemas = {one["name"]: one["schema"] for one in item["get"].get("parameters", ()) if one["in"] == "path"}
    parts = {name: (one.get("examples") or one.get("enum") or [1])[0] for name, one in schemas.items()}
    return re.sub(r"{(\w+)}", lambda found: str(parts[found[1]]), path)


def test_every_route_is_described(app: Flask, described: dict[str, Any]) -> None:
    routes = app.url_map.bind("")
    found: set[tuple[str, str]] = set()
    for path, item in described["paths"].items():
        prefixes = [
            server["url"].removeprefix("https://example.org/bridges") for server in item.get("servers", [{"url": ""}])
        ]
        for method in set(item) - {"servers"}:
            for prefix in prefixes:
                rule, _ = routes.match(prefix + filled(path, item), method=method.upper(), return_rule=True)
                found.add((rule.rule.rstrip("/"), method.upper()))
    # OpenAPI 3.1 has no word for the method QUERY.
    there = {
        (rule.rule.rstrip("/"), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS", "QUERY"}
    }
    assert there - found == set()


def test_names_are_given_once(described: dict[str, Any]) -> None:
    names = [
        one["operationId"] for item in described["paths"].values() for key, one in item.items() if key != "servers"
    ]
    assert len(names) == len(set(names)) > 50
