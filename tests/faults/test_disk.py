"""A disk that is full, or can only be read: one sentence, nothing lost, and it goes on when there is room."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.operation import archive
from kggraph.operation.keeping import roll_back
from kggraph.publish import shelf
from kggraph.publish.changes import Changes
from kggraph.publish.generation import current_hash, open_current
from kggraph.publish.publication import log_path
from kggraph.web.generations import CHECK_EVERY_S
from tests.faults.conftest import POINTS, visitors
from tests.faults.disks import disk
from tests.faults.test_killed import change, shelf_hash, tree
from tests.live.conftest import environment, started, until

pytestmark = pytest.mark.live

NEW = "".join(f'{{"slug": "b-{n}", "name": {{"en": "{"B" * 400}{n}"}}, "forms": ["arch"]}}\n' for n in range(60))


def kggraph(root: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """Exit code and what is said when something is wrong; never a traceback."""
    command = [sys.executable, "-m", "kggraph", "--root", str(root), *arguments]
    done = subprocess.run(command, env=environment(**env), capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_disk_that_fills_during_a_build(
    kb: Path, tmp_path: Path, chance: random.Random, figures: Callable[..., None]
) -> None:
    # Three times the logs of pages of as many patches as there may be: the old one, the new one, what is served.
    with disk(tmp_path / "disk", 64 * 1024) as small:
        env = {"KGGRAPH_BUILD_DIR": str(small.path / "build")}
        settings = load(kb, env)
        build(settings)
        refused = patches = 0
        with (
            started("--generation", "current", root=kb, env=environment(**env)) as server,
            visitors(server.url).meanwhile() as v,
        ):
            for number in range(POINTS):
                old, events = current_hash(settings), Changes(log_path(settings.build_path)).event_count()
                change(kb, number)
                size = sum(path.stat().st_blocks * 512 for path in open_current(settings).path.rglob("*"))
                filler = small.fill(leave=int((number + chance.random()) / POINTS * size))
                code, said = kggraph(kb, "build", **env)
                if code:
                    refused += 1
                    assert (code, len(said.splitlines())) == (2, 1), said
                    assert "cannot be written to: " in said and (
                        "No space left on device" in said or "disk is full" in said
                    )
                    assert "What is served stays" in said
                    assert current_hash(settings) in (old, shelf_hash(settings))
                    open_current(settings).verify()
                filler.unlink()
                assert kggraph(kb, "build", **env) == (0, "")
                patches += open_current(settings).manifest.patches > 0
                assert current_hash(settings) == shelf_hash(settings)
                assert Changes(log_path(settings.build_path)).event_count() == events + 1
                shutil.rmtree(settings.build_path / "generations" / str(old))
        assert v.wrong == [], server.said
        assert refused
        assert patches > POINTS // 2  # after a disk that was full when it was to be remembered what was built, all is
        open_current(settings).verify()
    figures("disk full during build", POINTS, requests=v.answered, failed=0, refused=refused)


def test_a_full_disk_and_every_other_command(kb: Path, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 4 * 1024) as small:
        root = small.path / "kb"
        shutil.copytree(kb, root)
        (tmp_path / "new.jsonl").write_text(NEW)
        settings = load(root, {})
        build(settings)
        archive.back_up(settings, tmp_path / "b.tar.gz")
        data = tree(root / "data")
        filler = small.fill(leave=8192)
        for arguments, sentence in (
            (("import", str(tmp_path / "new.jsonl")), "No space left on device"),
            (("backup", str(small.path / "b.tar.gz")), "cannot be written: No space left on device"),
            (("restore", str(tmp_path / "b.tar.gz"), str(small.path / "back")), "cannot be restored: No space left"),
        ):
            code, said = kggraph(root, *arguments)
            assert code in (1, 2) and sentence in said, (arguments, said)
            assert len(said.splitlines()) == 1, said
        assert tree(root / "data") == data
        assert not (small.path / "b.tar.gz").exists() and not (small.path / "back").exists()
        code, said = kggraph(root, "doctor")
        assert code == 0
        filler.unlink()
        assert kggraph(root, "import", str(tmp_path / "new.jsonl"))[0] == 0
        assert len(tree(root / "data")) == len(data) + 60


@pytest.mark.thorough
def test_a_full_disk_refuses_a_pull(kb: Path, tmp_path: Path) -> None:
    build(load(kb, {}))
    with disk(tmp_path / "disk", 2 * 1024) as small:
        node = small.path / "node"
        node.mkdir()
        shutil.copy(kb / "kggraph.toml", node)
        filler = small.fill(leave=200_000)
        code, said = kggraph(node, "pull", str(kb / "build"))
        assert code == 1 and len(said.splitlines()) == 1
        assert "The generation needs" in said
        filler.unlink()
        assert kggraph(node, "pull", str(kb / "build"))[0] == 0
        open_current(load(node, {})).verify()


@pytest.mark.thorough
def test_a_server_whose_temporary_folder_and_logs_are_full(
    kb: Path, tmp_path: Path, figures: Callable[..., None]
) -> None:
    settings = load(kb, {})
    first = build(settings)
    change(kb, 1)
    second = build(settings)
    roll_back(settings, first.hash, lambda: None)
    # The search is opened by links in memory, or in the folder for temporary files where that cannot be.
    with disk(tmp_path / "disk", 6 * 1024) as small, disk(Path("/dev/shm"), 1024) as memory:
        env = environment(
            TMPDIR=str(small.path),
            KGGRAPH_REQUEST_LOG=str(small.path / "requests.jsonl"),
            KGGRAPH_QUERY_LOG=str(small.path / "queries.jsonl"),
        )
        with started("--generation", "current", root=kb, env=env) as server:
            for _ in range(30):  # both web processes have opened the search; one that had not would say 503
                assert server.get("/items?q=bridge")[0] == 200
            filler, other = small.fill(), memory.fill()
            with visitors(server.url).meanwhile() as v:
                assert until(lambda: v.answered > 40)
                old = server.get("/version")[1]
                shelf.make_current(settings.build_path, second.path)
                served = v.answered
                assert until(lambda: v.answered > served + 40)
                threading.Event().wait(3 * CHECK_EVERY_S)
                assert server.get("/version")[1] == old  # a search that cannot be opened is not put in place
                filler.unlink()
                other.unlink()
                assert until(lambda: server.get("/version")[1] != old, 5)
            server.stop()
        said = "\n".join(server.said)
        assert v.wrong == [], said
        assert "queries.jsonl cannot be written, its lines are lost" in said
        assert "requests.jsonl cannot be written, its lines are lost" in said
        assert "cannot be opened, the old one is served on: The text index cannot be opened: No space left" in said
        assert len(said) < 5_000  # once, not for every request
        assert "Traceback" not in said
    figures("temporary folder and logs full", 1, requests=v.answered, failed=len(v.wrong))


@pytest.mark.thorough
def test_a_disk_that_can_only_be_read(kb: Path, tmp_path: Path, figures: Callable[..., None]) -> None:
    with disk(tmp_path / "disk", 16 * 1024) as small:
        root = small.path / "kb"
        shutil.copytree(kb, root)
        (tmp_path / "new.jsonl").write_text(NEW)
        settings = load(root, {})
        build(settings)
        change(root, 1)
        build(settings)
        archive.back_up(settings, tmp_path / "b.tar.gz")
        (small.path / "node").mkdir()
        shutil.copy(kb / "kggraph.toml", small.path / "node")
        small.only_read()
        before = tree(small.path)
        with started(root=root, env=environment()) as server, visitors(server.url).meanwhile() as v:
            assert until(lambda: v.answered > 20)
            for arguments in (
                ("build",),
                ("import", str(tmp_path / "new.jsonl")),
                ("backup", str(small.path / "b.tar.gz")),
                ("restore", str(tmp_path / "b.tar.gz"), str(small.path / "back")),
                ("rollback",),
                ("gc",),
            ):
                code, said = kggraph(root, *arguments)
                assert code in (1, 2) and len(said.splitlines()) == 1, (arguments, code, said)
                assert "Read-only file system" in said, (arguments, said)
            code, said = kggraph(small.path / "node", "pull", str(kb / "build"))
            assert code and len(said.splitlines()) == 1, said
            assert kggraph(root, "doctor")[0] == 0
            assert kggraph(root, "check")[0] == 0
        assert v.wrong == []
        figures("disk read-only", 8, requests=v.answered, failed=0)
        assert tree(small.path) == before
        small.only_read(False)
        change(root, 2)
        assert kggraph(root, "build")[0] == 0
