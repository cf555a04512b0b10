"""`kggraph mcp` over standard input and output, with the client of the official package."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from kggraph.build import build
from kggraph.config import load

pytestmark = pytest.mark.live

BRIDGES = Path(__file__).parents[1] / "kb_bridges"
BASE = "https://example.org/bridges/"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bridges, built."""
    folder: Path = tmp_path_factory.mktemp("mcp") / "kb"
    shutil.copytree(BRIDGES, folder, ignore=shutil.ignore_patterns("build"))
    build(load(folder, {}))
    return folder


def talk(root: Path, conversation: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What comes of a conversation with a server of its own."""

    async def run() -> Any:
        command = ["-m", "kggraph", "--root", str(root), "mcp"]
        parameters = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))
        async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            return await conversation(session)

    # In a thread of its own: a browser test may have left an event loop running in this one.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(asyncio.wait_for(run(), 60))).result()


def test_an_assistant_asks(root: Path) -> None:
    async def conversation(session: ClientSession) -> dict[str, Any]:
        found: dict[str, Any] = {"tools": (await session.list_tools()).tools}
        for name, tool, arguments in (
            ("about", "about", {"language": "nl"}),
            ("words", "search", {"words": "erasmus brug"}),
            ("filters", "search", {"filters": {"form": ["arch"]}, "language": "nl"}),
            ("thing", "get", {"iri": f"{BASE}id/bridge/erasmusbrug"}),
            ("turtle", "get", {"iri": f"{BASE}id/bridge/erasmusbrug", "format": "turtle"}),
            ("named", "named_query", {"name": "longest"}),
            ("table", "sparql", {"query": "SELECT ?s { ?s a ?c } ORDER BY ?s LIMIT 3"}),
            ("ask", "sparql", {"query": "ASK {}"}),
            ("cut", "sparql", {"query": "SELECT * { ?s ?p ?o . ?a ?b ?c }"}),
            ("update", "sparql", {"query": "DELETE WHERE { ?s ?p ?o }"}),
            ("elsewhere", "sparql", {"query": "SELECT * { SERVICE <http://localhost:1/> { ?s ?p ?o } }"}),
            ("syntax", "sparql", {"query": "SELECT"}),
            ("none", "get", {"iri": f"{BASE}id/bridge/none"}),
            ("wrong", "search", {"filters": {"colour": ["red"]}}),
            ("tongue", "about", {"language": "xx"}),
            ("many", "search", {"words": "a", "limit": 1000}),
        ):
            found[name] = await session.call_tool(tool, arguments)
        return found

    found = talk(root, conversation)
    tools = {tool.name: tool for tool in found.pop("tools")}
    assert set(tools) == {"about", "search", "get", "named_query", "sparql"}
    assert all(tool.annotations.readOnlyHint and tool.description for tool in tools.values())
    texts = {name: result.content[0].text for name, result in found.items()}
    refused = {name for name, result in found.items() if result.isError}
    assert refused == {"update", "elsewhere", "syntax", "none", "wrong", "tongue", "many"}
    assert not [name for name in refused if "Traceback" in texts[name] or "/site-packages/" in texts[name]]
    assert "Bruggen: 8" in texts["about"] and "longest" in texts["about"]
    assert f"<{BASE}id/bridge/erasmusbrug>" in texts["words"]
    assert "Pont du Gard" in texts["filters"]
    assert texts["thing"].startswith("# Erasmus Bridge") and "bridge:erasmusbrug" in texts["turtle"]
    assert texts["named"].startswith("|") and texts["table"].count("\n") == 5
    assert "true" in texts["ask"] and "was cut off" in texts["cut"]


def test_nothing_to_serve_is_one_sentence(tmp_path: Path) -> None:
    import subprocess

    shutil.copytree(BRIDGES, tmp_path / "kb", ignore=shutil.ignore_patterns("build"))
    command = [sys.executable, "-m", "kggraph", "--root", str(tmp_path / "kb"), "mcp"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
