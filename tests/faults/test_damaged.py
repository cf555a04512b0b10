"""A generation on a disk that changes bytes: it is found by its checksums, refused, and the one before is served."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.errors import GenerationError
from kggraph.operation.keeping import DAMAGED, leave_damaged, roll_back
from kggraph.publish.generation import current_hash, open_current, open_generation
from kggraph.web.generations import Generations
from tests.faults.conftest import POINTS, visitors
from tests.faults.test_killed import change
from tests.live.conftest import environment, started, until

pytestmark = pytest.mark.live


def damage(folder: Path, chance: random.Random, name: str = "") -> str:
    """Change one bit of a file, of any one when no name is given; gives its name."""
    some = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = folder / name if name else chance.choice(some)
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return path.relative_to(folder).as_posix()


def test_a_bit_anywhere(kb: Path, tmp_path: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    settings, files = load(kb, {}), set()
    old = build(settings)
    change(kb, 1)
    new = build(settings)
    assert new.manifest.patches == 1
    patched = sorted({*new.manifest.files} - {*old.manifest.files})
    assert {"descriptions.sqlite-wal", "search/facets/patch.json", "store/added.nt"} <= {*patched}
    names = [*patched, *[""] * max(POINTS - len(patched), 0)]  # every file that only a patch has, then any
    shutil.copytree(new.path, tmp_path / "whole")
    for name in names:
        servers, said = Generations(settings), list[str]()
        assert roll_back(settings, old.hash, lambda: None).hash == servers.current().hash == old.hash
        name = damage(new.path, chance, name)
        files.add(name)
        link = settings.build_path / "new"
        link.symlink_to(Path("generations") / new.hash)
        link.replace(settings.build_path / "current")
        servers._check_at = 0.0
        assert servers.current().hash == old.hash, name  # a server that runs
        leave_damaged(settings, said.append)  # one that starts
        assert current_hash(settings) == old.hash, name
        assert "damaged" in said[0] or "is missing" in said[0], said
        shutil.rmtree(settings.build_path / "generations" / f"{DAMAGED}{new.hash}")
        assert build(settings).hash == new.hash
        open_current(settings).verify()
        shutil.rmtree(new.path)
        shutil.copytree(tmp_path / "whole", new.path)
    figures("one bit of a generation flipped", len(names), files=len(files), refused=len(names))


def test_the_manifest_checks_itself(kb: Path, chance: random.Random) -> None:
    new = build(load(kb, {}))
    whole = (new.path / "manifest.json").read_bytes()
    for _ in range(50):
        damage(new.path, chance, "manifest.json")
        with pytest.raises(GenerationError):
            open_generation(new.path).verify()
        (new.path / "manifest.json").write_bytes(whole)
    open_generation(new.path).verify()


@pytest.mark.thorough
def test_visitors_see_the_one_before(kb: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    settings = load(kb, {})
    old = build(settings)
    change(kb, 1)
    new = build(settings)
    roll_back(settings, old.hash, lambda: None)
    with started("--generation", "current", root=kb, env=environment()) as server:
        with visitors(server.url).meanwhile() as v:
            damage(new.path / "search", chance)
            link = settings.build_path / "new"
            link.symlink_to(Path("generations") / new.hash)
            link.replace(settings.build_path / "current")
            assert until(lambda: current_hash(settings) == old.hash)
            served = v.answered
            assert until(lambda: v.answered > served + 20)
            assert old.hash.encode() in server.get("/version")[1]
            assert build(settings).hash == new.hash  # made again of the sources
            assert until(lambda: new.hash.encode() in server.get("/version")[1])
        server.stop()
    assert v.wrong == []
    assert re.search(r"\S+ of generation \w+ is damaged", "\n".join(server.said))
