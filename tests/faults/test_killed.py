"""kill -9 at any moment: what was there is there, what was asked for is done by asking again, nothing is left over."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.cli import run
from kggraph.config import Settings, load
from kggraph.importer.journal import recover
from kggraph.operation import archive
from kggraph.operation.pull import pull
from kggraph.publish.changes import Changes, is_recorded
from kggraph.publish.generation import current_hash, open_current
from kggraph.publish.publication import log_path
from tests.faults.conftest import POINTS, visitors
from tests.live.conftest import environment, started

pytestmark = pytest.mark.live
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Command:
    """A kggraph command that can be killed at a change of a file."""

    root: Path
    arguments: tuple[str, ...]

    def run(self, kill_at: int | None = None, after_s: float = 0.0) -> int:
        """Run it, and kill it when it has told of that many changes; gives how many it told of.

        :param after_s: pause before the kill, so that it also comes in the middle of things.
        """
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "tests.faults.told", str(writing), "--root", str(self.root), *self.arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        os.close(writing)
        told = 0
        try:
            while told != kill_at and os.read(reading, 1):
                told += 1
            if kill_at is None:
                assert process.wait(60) == 0, process.stderr and process.stderr.read()
            else:
                time.sleep(after_s)
                process.kill()
                process.wait(60)
        finally:
            os.close(reading)
            if process.stderr:
                process.stderr.close()
        return told

    def killed_at(self, total: int, chance: random.Random) -> Iterator[int]:
        """Kill it at random points, spread over all of its run; gives the number of each point, after the kill."""
        for number in range(POINTS):
            moment = int((number + chance.random()) / POINTS * (total + 1))
            self.run(moment, chance.choice((0.0, chance.random() * 0.02)))
            yield number


def change(kb: Path, number: int) -> None:
    """Change one number of the sources."""
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(re.sub(r"2460|25\d\d", str(2500 + number), file.read_text()))


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder and the hash of its content."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def left_over(folder: Path) -> list[str]:
    """What has a name that begins with a dot."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def check_generation(settings: Settings, expected: set[str]) -> str:
    """The current generation, which is whole and one of those that it may be."""
    generation = open_current(settings)
    generation.verify()
    assert generation.hash in expected
    return generation.hash


def test_build(kb: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    settings, command = load(kb, {}), Command(kb, ("build",))
    for number in (96, 97, 98):  # as many as are kept, so that from now on one is removed each time
        change(kb, number)
        build(settings)
    change(kb, 99)
    total = command.run()
    events, switched = Changes(log_path(settings.build_path)).event_count(), 0
    patches = 0
    with (
        started("--generation", "current", root=kb, env=environment()) as server,
        visitors(server.url).meanwhile() as v,
    ):
        old = current_hash(settings) or ""
        change(kb, 0)
        for number in command.killed_at(total, chance):
            now = check_generation(settings, {old, shelf_hash(settings)})
            switched += now != old
            old = build(settings).hash
            patches += open_current(settings).manifest.patches > 0
            assert old == current_hash(settings) == shelf_hash(settings)
            assert is_recorded(log_path(settings.build_path), old)
            assert Changes(log_path(settings.build_path)).event_count() == events + number + 1  # once, and not lost
            change(kb, number + 1)
        build(settings)
    assert v.wrong == [], server.said
    assert v.answered > 0
    assert patches >= POINTS - 1  # an edit is a patch, but for the whole build after a hundred of them
    assert left_over(settings.build_path / "generations") == []
    assert left_over(settings.build_path) == []
    figures("kill -9 during build", POINTS, requests=v.answered, failed=len(v.wrong), switched=switched)


def shelf_hash(settings: Settings) -> str:
    """Version of what the sources make."""
    from kggraph.publish.inputs import hash_of_files

    return hash_of_files(settings)


def test_import(kb: Path, tmp_path: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    records = [f'{{"slug": "b-{n}", "name": {{"en": "B{n}"}}, "forms": ["arch"]}}\n' for n in range(30)]
    records.append('{"slug": "millau", "name": {"en": "Millau Viaduct"}, "forms": ["arch"]}\n')
    (kb / "new.jsonl").write_text("".join(records))
    settings, command = load(kb, {}), Command(kb, ("import", str(kb / "new.jsonl")))
    data, before = settings.data_path, tmp_path / "before"
    shutil.copytree(data, before)
    total = command.run()
    old, new, done = tree(before), tree(data), 0
    assert len(new) == len(old) + 30
    shutil.rmtree(data)
    shutil.copytree(before, data)
    for _ in command.killed_at(total, chance):
        recover(settings)
        assert tree(data) in (old, new)
        done += tree(data) == new
        assert run(["--root", str(kb), "import", str(kb / "new.jsonl")]) == 0
        assert tree(data) == new
        assert left_over(data) == []
        shutil.rmtree(data)
        shutil.copytree(before, data)
    figures("kill -9 during import", POINTS, switched=done)


def test_backup(kb: Path, tmp_path: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    settings, file = load(kb, {}), tmp_path / "kept" / "b.tar.gz"
    file.parent.mkdir()
    build(settings)
    command = Command(kb, ("backup", str(file)))
    total = command.run()
    old, switched = archive.verify(file).version, 0
    for number in command.killed_at(total, chance):
        assert archive.verify(file).version in (old, shelf_hash(settings))
        switched += archive.verify(file).version != old
        old = archive.back_up(settings, file).version
        assert archive.verify(file).version == old == shelf_hash(settings)
        assert [path.name for path in file.parent.iterdir()] == ["b.tar.gz"]
        change(kb, number + 1)
    figures("kill -9 during backup", POINTS, switched=switched)


@pytest.mark.thorough
def test_restore(kb: Path, tmp_path: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    settings, file, target = load(kb, {}), tmp_path / "b.tar.gz", tmp_path / "there" / "back"
    build(settings)
    archive.back_up(settings, file)
    command, done = Command(kb, ("restore", str(file), str(target))), 0
    total = command.run()
    whole = tree(target)
    shutil.rmtree(target)
    for _ in command.killed_at(total, chance):
        if target.exists():
            done += 1
            assert tree(target) == whole
            shutil.rmtree(target)
        archive.restore(file, target)
        assert tree(target) == whole
        assert [path.name for path in target.parent.iterdir()] == ["back"]
        shutil.rmtree(target)
    figures("kill -9 during restore", POINTS, switched=done)


@pytest.mark.thorough
def test_pull(kb: Path, tmp_path: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    node = tmp_path / "node"
    node.mkdir()
    shutil.copy(kb / "kggraph.toml", node)
    settings, there, switched = load(node, {}), load(kb, {}), 0
    build(there)
    command = Command(node, ("pull", str(kb / "build")))
    for number in (96, 97, 98, 99):  # until a patch is pulled, and an old generation is removed each time
        command.run()
        change(kb, number)
        build(there)
    total, old = command.run(), open_current(there).hash
    change(kb, 0)
    build(there)
    for number in command.killed_at(total, chance):
        now = check_generation(settings, {old, open_current(there).hash})
        switched += now != old
        old = pull(settings, str(kb / "build"), lambda *_: None).hash
        assert check_generation(settings, {old}) == open_current(there).hash
        assert left_over(settings.build_path / "generations") == []
        change(kb, number + 1)
        assert build(there).manifest.patches
    figures("kill -9 during pull", POINTS, switched=switched)
