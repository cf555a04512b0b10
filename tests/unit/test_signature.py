"""A generation that says who made it: signed at the build, and only taken when a key that is trusted signed it."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.publish.generation import open_current
from tests.programs import program
from tests.unit.test_cli import current, outcome
from tests.unit.test_cli import kb as kb
from tests.unit.test_operation import Files, changed
from tests.unit.test_operation import origin as origin


def openssl(*arguments: str) -> str:
    """What openssl writes."""
    return subprocess.run(
        [program("openssl", "openssl"), *arguments], capture_output=True, text=True, check=True, timeout=30
    ).stdout


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key, made as the documentation says."""
    path = tmp_path / "signing.pem"
    path.write_text(openssl("genpkey", "-algorithm", "ed25519"))
    return path


def public(key: Path) -> str:
    """Its public key, as `trusted_keys` has it."""
    return openssl("pkey", "-in", str(key), "-pubout").splitlines()[1]


def say(root: Path, line: str) -> None:
    """Add a setting to those of a knowledge base."""
    file = root / "kggraph.toml"
    file.write_text(f"{line}\n{file.read_text()}")


def trust(kb: Path, *keys: str) -> None:
    """Let a node take only what one of these keys signed."""
    say(kb, f"trusted_keys = {list(keys)!r}")


def signed(root: Path, key: Path) -> Path:
    """Build and sign what a node serves; gives the signature."""
    return build(load(root, {}, {"signing_key_file": str(key)})).path / "manifest.json.sig"


def test_what_a_trusted_key_signed_is_taken(
    origin: tuple[str, type[Files]], kb: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signature = signed(tmp_path / "origin", key)
    trust(kb, public(key))
    code, _, err = outcome(capsys, "pull", origin[0])
    assert code == 0, err
    assert current(kb) == current(tmp_path / "origin")
    assert (open_current(load(kb, {})).path / "manifest.json.sig").read_bytes() == signature.read_bytes()
    open_current(load(kb, {})).verify()


def test_openssl_finds_the_signature_right(kb: Path, key: Path, tmp_path: Path) -> None:
    signature = signed(kb, key)
    raw, public_key = tmp_path / "raw", tmp_path / "public.pem"
    raw.write_bytes(base64.b64decode(signature.read_bytes()))
    public_key.write_text(openssl("pkey", "-in", str(key), "-pubout"))
    told = openssl(
        *("pkeyutl", "-verify", "-pubin", "-inkey", str(public_key), "-rawin"),
        *("-in", str(signature.with_name("manifest.json")), "-sigfile", str(raw)),
    )
    assert "Verified Successfully" in told


def test_what_no_trusted_key_signed_is_refused(
    origin: tuple[str, type[Files]], kb: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, there = origin[0], open_current(load(tmp_path / "origin", {})).path
    trust(kb, public(key))
    code, _, err = outcome(capsys, "pull", url)
    assert code == 1 and "A signature is asked for by trusted_keys" in err
    signature = signed(tmp_path / "origin", key)
    good = signature.read_bytes()
    other = tmp_path / "other.pem"
    other.write_text(openssl("genpkey", "-algorithm", "ed25519"))
    (there / "manifest.json.sig").write_bytes(b"no signature at all")
    assert "cannot be read" in outcome(capsys, "pull", url)[2]
    assert signed(tmp_path / "origin", other).read_bytes() != good
    code, _, err = outcome(capsys, "pull", url)
    assert code == 1 and "not signed with one of the keys" in err
    signature.write_bytes(good)
    manifest = there / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"triples": ', b'"triples":  ', 1))
    code, _, err = outcome(capsys, "pull", url)
    assert code == 1 and "not signed with one of the keys" in err
    assert current(kb) == ""
    assert len(err.splitlines()) == 1


def test_a_key_may_be_replaced_by_another(
    origin: tuple[str, type[Files]], kb: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.pem"
    other.write_text(openssl("genpkey", "-algorithm", "ed25519"))
    trust(kb, public(other), public(key))
    signed(tmp_path / "origin", key)
    assert outcome(capsys, "pull", origin[0])[0] == 0
    assert changed(tmp_path / "origin", 2)
    signed(tmp_path / "origin", other)
    assert outcome(capsys, "pull", origin[0])[0] == 0
    assert current(kb) == current(tmp_path / "origin")


def test_the_key_may_stand_in_the_environment_and_is_told_nowhere(
    kb: Path, key: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = key.read_text()
    monkeypatch.setenv("KGGRAPH_SIGNING_KEY", secret.replace("\n", "\\n"))
    code, out, err = outcome(capsys, "build")
    assert code == 0
    assert (open_current(load(kb, {})).path / "manifest.json.sig").is_file()
    monkeypatch.setenv("KGGRAPH_SIGNING_KEY", secret.replace("END", "EMD"))
    wrong = outcome(capsys, "build")
    assert wrong[0] == 2
    assert "signing_key is no private Ed25519 key" in wrong[2] and len(wrong[2].splitlines()) == 1
    line = secret.splitlines()[1]
    assert line not in out + err + wrong[1] + wrong[2]
    assert line not in repr(load(kb, {"KGGRAPH_SIGNING_KEY": secret}))


def test_a_key_does_not_stand_in_the_settings_file(
    kb: Path, key: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = (kb / "kggraph.toml").read_text()
    say(kb, f'signing_key = """{key.read_text()}"""')
    code, out, err = outcome(capsys, "build")
    assert code == 2 and "set KGGRAPH_SIGNING_KEY instead" in err
    assert key.read_text().splitlines()[1] not in out + err
    (kb / "kggraph.toml").write_text(text)
    say(kb, f'signing_key_file = "{tmp_path}/nothing.pem"')
    assert "cannot be read" in outcome(capsys, "build")[2]
    (kb / "kggraph.toml").write_text(text)
    changed(kb, 1)
    trust(kb, "bm8ga2V5")
    assert "no public Ed25519 key" in outcome(capsys, "pull", str(kb / "build"))[2]
