"""Shapes that cannot be used, found in tests/cases/bad-shapes: one clear sentence, exit code 2, nothing fetched.

Each file is put beside the shapes of the bridges; the text file of its name holds the sentence. The port 4711 in a file
stands for one that is listened at.
"""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kggraph.cli import run

CASES = Path(__file__).parent.parent / "cases" / "bad-shapes"
FILES = sorted(CASES.glob("*.ttl"))
UNREADABLE = {
    "empty": (b"", "The file has no triples; describe a thing in it, or remove it."),
    "binary": (bytes(range(128, 256)) * 20, "The byte 0x80 is not UTF-8 (is it Latin-1?); save the file as UTF-8."),
    "latin-1": ('<a:b> <a:c> "café" .'.encode("latin-1"), "The byte 0xE9 is not UTF-8"),
    "zeros": (b"\0" * 4000, "Found character U+0000"),
    "bom": (b"\xef\xbb\xbf<a:b> <a:c> 1 .", "The file begins with a byte order mark; save it as UTF-8 without BOM."),
}
_SOCKETS: list[str] = []


def _count(event: str, _: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _SOCKETS.append(event)


sys.addaudithook(_count)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A port at which somebody listens who must not be called."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.01)
        yield listener.getsockname()[1]
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.fixture
def kb(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "tests" / "kb_bridges", tmp_path / "kb")
    return tmp_path / "kb"


def said(kb: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and all that was printed."""
    before = len(_SOCKETS)
    code = run(["--root", str(kb), *arguments])
    assert len(_SOCKETS) == before, "nothing is fetched"
    out, err = capsys.readouterr()
    return code, (out + err).strip()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad_shapes(path: Path, kb: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    text = path.read_text("utf-8").replace("4711", str(port))
    (kb / "shapes" / path.name).write_text(text, "utf-8")
    expected = path.with_suffix(".txt").read_text("utf-8").strip().replace("4711", str(port))
    assert said(kb, capsys, "validate") == (2, expected)
    assert said(kb, capsys, "build") == (2, expected)
    assert not (kb / "build" / "current").exists()


@pytest.mark.parametrize(
    # Only looking at all data can tell that a target matches nothing.
    "path",
    [path for path in FILES if path.stem != "target-that-matches-nothing"],
    ids=lambda path: path.stem,
)
def test_a_hook_on_one_file_says_the_same(path: Path, kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(path, kb / "shapes")
    expected = path.with_suffix(".txt").read_text("utf-8").strip()
    assert said(kb, capsys, "validate", str(kb / "data" / "bridges" / "millau.ttl")) == (2, expected)


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_files_that_cannot_be_read(name: str, kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, sentence = UNREADABLE[name]
    for folder in ("shapes", "data"):
        file = kb / folder / "x.ttl"
        file.write_bytes(content)
        arguments = ["validate"], ["validate", str(file)], ["build"]
        for command in arguments if folder == "data" else arguments[::2]:
            code, text = said(kb, capsys, *command)
            # Data that cannot be read are wrong data for a build, and stop a validation.
            assert code == (1 if (folder, command) == ("data", ["build"]) else 2)
            assert "x.ttl" in text
            assert sentence in text
            assert text.count("\n") == 0
        file.unlink()


def test_a_file_of_100_mb_is_refused_before_it_is_read(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("shapes", "data"):
        file = kb / folder / "large.ttl"
        with file.open("wb") as out:
            out.truncate(100 * 1024 * 1024)
        for command in (["validate"], ["build"]):
            code, text = said(kb, capsys, *command)
            assert code == (1 if (folder, command) == ("data", ["build"]) else 2)
            assert text == (
                f"{folder}/large.ttl: The file has 100 MB, and one of more than 64 MB is not read; give each thing a "
                "file of its own."
            )
        file.unlink()


def test_what_is_no_file_is_not_waited_for(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import os

    os.mkfifo(kb / "data" / "pipe.ttl")
    code, text = said(kb, capsys, "validate")
    assert (code, text) == (2, "data/pipe.ttl: This is no ordinary file; put the text in a file.")
