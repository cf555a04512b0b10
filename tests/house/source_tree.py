"""The platform's own source files, parsed once, for the house tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "kggraph"


@dataclass(frozen=True)
class Module:
    """One Python module of the platform."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def imports(self) -> Iterator[tuple[str, int]]:
        """Platform modules it imports, also inside functions, with the line."""
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names if alias.name.startswith("kggraph"))
            elif isinstance(node, ast.ImportFrom):
                parts = package.split(".")
                start = ".".join(parts[: len(parts) - node.level + 1]) + "." if node.level else ""
                base = (start + (node.module or "")).rstrip(".")
                if base == "kggraph" or base.startswith("kggraph."):
                    for alias in node.names:
                        full = f"{base}.{alias.name}"
                        yield (full if full in module_names() else base), node.lineno


@cache
def module_names() -> frozenset[str]:
    """Dotted names of all modules and packages of the platform."""
    return frozenset(_name(path) for path in PACKAGE.rglob("*.py"))


@cache
def modules() -> tuple[Module, ...]:
    """All modules of the platform, sorted by name."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        found.append(Module(_name(path), path, text, ast.parse(text)))
    return tuple(found)


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
