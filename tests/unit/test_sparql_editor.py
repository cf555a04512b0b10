"""The committed editor is made from the committed sources; `frontend/verify.sh` compares the bytes where node is."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "kggraph" / "web" / "static"
MAX_BUNDLE_BYTES = 480_000


def sources_hash() -> str:
    """As `frontend/build.mjs` makes it."""
    found = hashlib.sha256()
    names = ["build.mjs", "package-lock.json", *sorted(f"src/{path.name}" for path in (FRONTEND / "src").iterdir())]
    for name in names:
        found.update(f"{name}\0".encode() + (FRONTEND / name).read_bytes() + b"\0")
    return found.hexdigest()


def test_the_bundle_is_made_from_these_sources() -> None:
    first = (STATIC / "sparql-editor.js").read_text("ascii").partition("\n")[0]
    named = re.search(r"sources ([0-9a-f]{64})", first)
    assert named and named[1] == sources_hash(), "run: cd frontend && npm ci && npm run build"


def test_the_bundle_is_small_and_evaluates_nothing() -> None:
    bundle = (STATIC / "sparql-editor.js").read_text("ascii")
    assert len(bundle) < MAX_BUNDLE_BYTES
    assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*=|document\.write\(", bundle)


def test_no_download_addresses_are_in_the_lock_file() -> None:
    assert '"resolved"' not in (FRONTEND / "package-lock.json").read_text("utf-8")


def test_every_package_in_the_bundle_has_its_licence_told() -> None:
    told = (STATIC / "sparql-editor.licences.txt").read_text("utf-8")
    assert told.count("MIT License") + told.count("Permission is hereby granted") >= told.count("@codemirror/")
    assert "@codemirror/view" in told
