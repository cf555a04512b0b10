"""The generator of large knowledge bases: what it makes conforms, and the seed decides every byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kggraph.build import build
from kggraph.config import load


def generate(root: Path, out: Path, items: int, seed: int) -> None:
    command = [sys.executable, str(root / "tools" / "generate.py"), str(items), "--seed", str(seed)]
    subprocess.run([*command, "--root", str(root / "tests" / "kb_bridges"), "--out", str(out)], check=True)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.ttl")}


def test_what_is_generated_conforms_and_follows_from_the_seed(root: Path, tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        generate(root, tmp_path / name, 60, seed)
    assert files(tmp_path / "first") == files(tmp_path / "again")
    assert files(tmp_path / "first") != files(tmp_path / "other")
    generation = build(load(tmp_path / "first", {}))
    assert generation.manifest.kinds["bridge"] == 60
    assert generation.manifest.results == {}
    labels = [listed.labels.get("en", "") for listed in generation.descriptions().things("bridge", lang="en")]
    assert len(set(labels)) == 60, "each has a title of its own"
