"""What is in `deploy/` is what the programs it is for accept, and what this server needs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from kggraph.config import load
from kggraph.operation.archive import source_folders
from tests.programs import program

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


def run(*command: str) -> tuple[int, str]:
    """Exit code and all that a program says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_unit_is_one(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    text = (DEPLOY / "kennisbank.service").read_text()
    # The program is not where the unit has it, on the machine that tests this.
    unit = tmp_path / "kennisbank.service"
    unit.write_text(
        text.replace("/srv/kennisbank/.venv/bin/kggraph", "/bin/true").replace("User=kennisbank", "User=root")
    )
    code, said = run(analyze, "verify", "--man=no", str(unit))
    assert "kennisbank.service" not in said, said
    code, said = run(analyze, "security", "--offline=yes", "--threshold=30", str(unit))
    assert code == 0, said


def test_the_unit_allows_what_query_workers_do() -> None:
    lines = re.findall(r"^SystemCallFilter=([a-z].*)$", (DEPLOY / "kennisbank.service").read_text(), re.MULTILINE)
    assert {"setrlimit", "prlimit64", "setpriority", "seccomp"} <= set(" ".join(lines).split())


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-two-nodes.conf"])
def test_nginx_takes_the_example(tmp_path: Path, name: str) -> None:
    nginx = program("nginx", "nginx-light")
    site = (DEPLOY / name).read_text()
    key, certificate = tmp_path / "key.pem", tmp_path / "fullchain.pem"
    made = run(
        *(program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    assert made[0] == 0, made[1]
    site = site.replace("/etc/ssl/kennisbank", str(tmp_path))
    site = re.sub(r"listen (\[::\]:)?(80|443)", r"listen \g<1>0", site).replace("listen 0", "listen 127.0.0.1:18443")
    site = re.sub(r".*listen \[::\].*\n", "", site)
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{site}\n}}\n")
    code, said = run(nginx, "-t", "-e", f"{tmp_path}/error.log", "-p", str(tmp_path), "-c", str(config))
    assert code == 0, said
    assert "warn" not in said


def test_caddy_takes_the_example(tmp_path: Path) -> None:
    code, said = run(
        program("caddy", "caddy"), "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")
    )
    assert code == 0, said


def test_the_container_is_no_root_and_copies_what_there_is(root: Path) -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert text.index("USER 10001") < text.index('CMD [".venv/bin/kggraph"')
    assert "--require-hashes" in text
    for sources in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (root / source).exists(), source


def test_the_container_has_all_that_was_written(root: Path) -> None:
    text = (DEPLOY / "Containerfile").read_text()
    final = text[text.rindex("\nFROM ") :]
    copied = {source for line in re.findall(r"^COPY (?!--)(.+) \S+$", final, re.MULTILINE) for source in line.split()}
    folders = {folder.name for folder in source_folders(load(root, {})) if folder.is_dir()}
    assert copied == {"kggraph.toml", *folders}


def test_w3id_keeps_every_path() -> None:
    rules = re.findall(r"^RewriteRule (\S+) (\S+) \[(.+)\]$", (DEPLOY / "w3id.htaccess").read_text(), re.MULTILINE)
    assert [rule[0] for rule in rules] == ["^$", "^(.+)$"]

    def redirected(path: str) -> str:
        pattern, target = next((p, t) for p, t, _ in rules if re.search(p, path))
        return re.sub(pattern, target.replace("$1", r"\1"), path)

    there = "https://kennisbank.example.org/"
    assert redirected("id/item/x") == f"{there}id/item/x"
    assert redirected("def") == f"{there}def"
    assert redirected("") == f"{there}dataset"
    assert all("R=30" in flags for *_, flags in rules)
