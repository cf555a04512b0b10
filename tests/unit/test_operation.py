"""What an operator does: going back, cleaning up, looking, backing up and restoring, pulling."""

from __future__ import annotations

import dataclasses
import functools
import http.server
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.operation import keeping
from kggraph.publish.generation import file_entry, open_current, open_generation, write_manifest
from tests.unit.test_cli import current, outcome
from tests.unit.test_cli import kb as kb


def changed(kb: Path, number: int) -> str:
    """Build after a change of one number; gives the hash of what is current then."""
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(re.sub(r"2460|25\d\d", str(2500 + number), file.read_text()))
    return build(load(kb, {})).hash


def flip(path: Path) -> None:
    """Change one byte in the middle of a file, and nothing of its size."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


# ------------------------------------------------------------------ going back, cleaning up
def test_rollback_goes_back_and_build_goes_on(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = changed(kb, 1), changed(kb, 2)
    code, out, _ = outcome(capsys, "rollback")
    assert (code, current(kb)) == (0, first)
    assert first in out
    assert outcome(capsys, "rollback", second[:6])[0] == 0
    assert current(kb) == second
    assert outcome(capsys, "rollback")[0] == 0
    assert outcome(capsys, "build")[0] == 0
    assert current(kb) == second


def test_rollback_refuses_what_is_not_there_or_damaged(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = changed(kb, 1)
    code, _, err = outcome(capsys, "rollback")
    assert code == 1 and "There is no other generation to go back to." in err
    second = changed(kb, 2)
    flip(kb / "build" / "generations" / first / "descriptions.sqlite")
    code, _, err = outcome(capsys, "rollback", first)
    assert code == 1 and "descriptions.sqlite" in err
    assert current(kb) == second


def test_what_another_program_made_is_neither_gone_back_to_nor_served(
    kb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = changed(kb, 1), changed(kb, 2)
    older = open_generation(kb / "build" / "generations" / first)
    file = older.path / "descriptions.sqlite"
    shutil.copy(file, kb / "older")  # a patch of it has the same file
    with closing(sqlite3.connect(kb / "older")) as database:
        database.execute("DROP TABLE body")
    (kb / "older").replace(file)
    (older.path / "manifest.json").unlink()
    files = {**older.manifest.files, file.name: file_entry(file)}
    write_manifest(older.path, dataclasses.replace(older.manifest, files=files))
    told = "descriptions.sqlite of this generation has the form of an older program; build anew."
    code, _, err = outcome(capsys, "rollback", first)
    assert (code, current(kb)) == (1, second) and told in err
    command = [sys.executable, "-m", "kggraph", "--root", str(kb), "serve", "--port", "0", "--generation", first]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and told in done.stderr


def test_gc_removes_what_is_not_kept(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hashes = [changed(kb, number) for number in range(3)]
    folder = kb / "build" / "generations"
    for left in (".new-x", ".pull-y", ".damaged-z"):
        (folder / left).mkdir()
        (folder / left / "file").write_bytes(bytes(1 << 20))
    code, out, _ = outcome(capsys, "gc", "--keep", "2")
    assert code == 0
    assert out.endswith("set free; 2 generations left.\n")
    assert float(out.split()[0]) >= 3
    assert {path.name for path in folder.iterdir()} == set(hashes[1:])
    assert current(kb) == hashes[-1]


def test_a_damaged_generation_gives_way_to_the_one_before(kb: Path) -> None:
    first, second = changed(kb, 1), changed(kb, 2)
    settings, said = load(kb, {}), list[str]()
    keeping.leave_damaged(settings, said.append)
    assert said == []
    flip(kb / "build" / "generations" / second / "search" / "facets" / "bitmaps.bin")
    keeping.leave_damaged(settings, said.append)
    assert current(kb) == first
    assert "bitmaps.bin" in said[0] and "put aside" in said[1] and first in said[2]
    assert changed(kb, 2) == second
    open_current(settings).verify()


# ------------------------------------------------------------------ looking
def test_doctor_finds_nothing_wrong_and_then_what_is(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(kb, 1)
    code, out, _ = outcome(capsys, "doctor")
    assert code == 0
    assert "every checksum is right" in out and "WRONG" not in out
    flip(open_current(load(kb, {})).path / "store" / "quads.nq")
    code, out, _ = outcome(capsys, "doctor")
    assert code == 1
    assert re.search(r"^WRONG +generation +store/quads.nq of generation \w+ is damaged", out, re.MULTILINE)
    (kb / "build" / "changes.sqlite").write_bytes(b"no database, but long enough to be looked at" * 100)
    assert "WRONG  publication log" in outcome(capsys, "doctor")[1]


def test_doctor_of_a_node_without_sources(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(kb, 1)
    for name in ("ontology", "shapes", "data"):
        shutil.rmtree(kb / name)
    code, out, _ = outcome(capsys, "doctor")
    assert code == 0 and re.search("note +sources +There are none here: generations are pulled", out)


def test_doctor_before_the_first_build(kb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "doctor")
    assert code == 1
    assert "run kggraph build" in out


# ------------------------------------------------------------------ backing up
def test_a_backup_comes_back_whole(kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version = changed(kb, 1)
    file, back = tmp_path / "b.tar.gz", tmp_path / "back"
    assert outcome(capsys, "backup", str(file))[0] == 0
    assert version in outcome(capsys, "restore", str(file), "--verify")[1]
    assert outcome(capsys, "restore", str(file), str(back))[0] == 0
    written = [path.relative_to(kb) for path in kb.glob("[!b]*/**/*") if path.is_file()]
    kept = [Path("build", name) for name in ("changes.sqlite", "quality.sqlite")]
    assert all((back / path).stat().st_size == (kb / path).stat().st_size for path in (*written, *kept))
    assert build(load(back, {})).hash == version
    code, _, err = outcome(capsys, "restore", str(file), str(back))
    assert code == 1 and "is in use" in err
    code, _, err = outcome(capsys, "restore", str(file), str(tmp_path / "other"), "--verify")
    assert code == 2 and "or say --verify" in err
    code, _, err = outcome(capsys, "backup", str(tmp_path / "nowhere" / "b.tar.gz"))
    assert code == 1 and f"{tmp_path / 'nowhere' / 'b.tar.gz'} cannot be written: No such file" in err
    assert list(tmp_path.glob(".*")) == []


def test_a_folder_elsewhere_is_not_left_out_silently(
    kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (kb / "data").rename(tmp_path / "data")
    monkeypatch.setenv("KGGRAPH_DATA_DIR", str(tmp_path / "data"))
    assert outcome(capsys, "build")[0] == 0
    code, _, err = outcome(capsys, "backup", str(tmp_path / "b.tar.gz"))
    assert code == 1 and f"{tmp_path / 'data'} is not in " in err
    assert not (tmp_path / "b.tar.gz").exists()


def test_a_damaged_backup_is_refused_wherever_it_is_damaged(
    kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.tar.gz"
    assert outcome(capsys, "backup", str(file))[0] == 0
    whole = file.read_bytes()
    for place in range(20, len(whole), len(whole) // 40):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]):
            file.write_bytes(damaged)
            code, _, err = outcome(capsys, "restore", str(file), str(tmp_path / "back"))
            assert code == 1, place
            assert "b.tar.gz" in err
            assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("name", ["../out.ttl", "/out.ttl", "link"])
def test_a_backup_writes_nothing_outside(
    kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        if name == "link":
            member.type, member.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(member)
    assert outcome(capsys, "restore", str(file), str(tmp_path / "deep" / "back"))[0] == 1
    assert sorted(path.name for path in tmp_path.rglob("*") if "kb" not in path.parts) == ["deep", "evil.tar.gz"]


# ------------------------------------------------------------------ pulling
class Files(http.server.SimpleHTTPRequestHandler):
    """Serves files, in parts too; breaks off after `breaks_after` bytes, once for each file."""

    asked: list[tuple[str, str]]
    breaks_after: dict[str, int]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Range", "")))
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data, start = path.read_bytes(), int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        stop = self.breaks_after.pop(path.name, len(data))
        self.wfile.write(data[start : start + stop])

    def log_message(self, *_: Any) -> None:
        """Nothing to tell."""


@pytest.fixture
def origin(tmp_path: Path, kb: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[Files]]]:
    """A generation that a plain web server has, its URL, and what the server was asked."""
    root = tmp_path / "origin"
    kb.rename(root)
    changed(root, 1)
    kb.mkdir()
    monkeypatch.chdir(kb)
    (kb / "kggraph.toml").write_text((root / "kggraph.toml").read_text())
    handler = type("Handler", (Files,), {"asked": [], "breaks_after": {}})
    served = functools.partial(handler, directory=str(root / "build"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/current", handler
        server.shutdown()


def test_pull_fetches_a_generation_and_later_only_what_changed(
    origin: tuple[str, type[Files]], kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, handler = origin
    code, _, err = outcome(capsys, "pull", url)
    assert code == 0, err
    first = current(kb)
    assert first == current(tmp_path / "origin")
    open_current(load(kb, {})).verify()
    everything = len(handler.asked)
    second = changed(tmp_path / "origin", 2)
    handler.asked.clear()
    assert outcome(capsys, "pull", url)[0] == 0
    assert current(kb) == second != first
    assert 1 < len(handler.asked) < everything
    assert outcome(capsys, "rollback")[0] == 0
    assert current(kb) == first


def test_pull_goes_on_where_it_broke_off(
    origin: tuple[str, type[Files]], kb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, handler = origin
    handler.breaks_after["descriptions.sqlite"] = 5000
    code, _, err = outcome(capsys, "pull", url)
    assert code == 0, err
    ranges = [told for path, told in handler.asked if path.endswith("descriptions.sqlite")]
    assert ranges == ["", "bytes=5000-"]


def test_pull_refuses_what_is_not_as_it_should_be(
    origin: tuple[str, type[Files]], kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, _ = origin
    there = open_current(load(tmp_path / "origin", {})).path
    code, _, err = outcome(capsys, "pull", url, "--manifest-sha256", "0" * 64)
    assert code == 1 and "SHA-256" in err
    manifest = (there / "manifest.json").read_text()
    for wrong, told in (
        (manifest.replace('"program": "', '"program": "9'), "install the same version"),
        (manifest.replace('"void.nt"', '"../void.nt"'), "outside"),
        ("{}", "no manifest"),
    ):
        (there / "manifest.json").write_text(wrong)
        code, _, err = outcome(capsys, "pull", url)
        assert code == 1 and told in err
    (there / "manifest.json").write_text(manifest)
    flip(there / "void.nt")
    code, _, err = outcome(capsys, "pull", str(tmp_path / "origin" / "build"))
    assert code == 1 and "void.nt is not what the manifest says" in err
    assert current(kb) == ""
    assert outcome(capsys, "pull", "file:///etc")[0] == 1


def test_the_manifest_tells_every_file(kb: Path) -> None:
    generation = build(load(kb, {}))
    there = {p.relative_to(generation.path).as_posix() for p in generation.path.rglob("*") if p.is_file()}
    assert there - {"manifest.json"} == set(json.loads((generation.path / "manifest.json").read_bytes())["files"])
