"""Credentials for a real engine: nginx asks for them before it, as many installations do, and refuses wrong ones."""

from __future__ import annotations

import base64
import contextlib
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.errors import EngineUnavailable
from kggraph.publish.generation import current_hash
from tests.live.conftest import environment, until
from tests.live.engines import Engine, free_port, running
from tests.live.test_replicas import listens
from tests.live.test_serving import kb as kb
from tests.programs import program

pytestmark = pytest.mark.live

SECRET = "s3cret-of-the-door"
ASKED = {
    "basic": "auth_basic door; auth_basic_user_file {folder}/users;",
    "bearer": f'if ($http_authorization != "Bearer {SECRET}") {{{{ return 401; }}}}',
}
RIGHT = {
    "basic": {"KGGRAPH_REMOTE_USER": "kg", "KGGRAPH_REMOTE_PASSWORD": SECRET},
    "bearer": {"KGGRAPH_REMOTE_TOKEN": SECRET},
}


@contextlib.contextmanager
def door(engine: Engine, folder: Path, auth: str) -> Iterator[dict[str, str]]:
    """nginx before an engine; gives the settings that lead through it, without credentials."""
    executable, port = program("nginx", "nginx-light"), free_port()
    (folder / "users").write_text(f"kg:{{PLAIN}}{SECRET}\n")
    urls = {name: value for name, value in engine.settings.items() if name.endswith("_URL")}
    origin = "/".join(next(iter(urls.values())).split("/")[:3])
    paths = "".join(f"{one}_temp_path {folder}/{one}; " for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(
        f"user {pwd.getpwuid(os.geteuid()).pw_name}; daemon off; pid {folder}/pid; events {{}}\n"
        f"http {{ access_log off; error_log {folder}/error.log; {paths} client_max_body_size 50m;\n"
        f"server {{ listen 127.0.0.1:{port};\n"
        f"location / {{ {ASKED[auth].format(folder=folder)} proxy_pass {origin}; }} }} }}\n"
    )
    process = subprocess.Popen([executable, "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(config)])
    try:
        assert until(lambda: listens(port))
        here = f"http://127.0.0.1:{port}"
        yield {
            **engine.settings,
            **{name: value.replace(origin, here) for name, value in urls.items()},
            "KGGRAPH_REMOTE_AUTH": auth,
        }
    finally:
        process.terminate()
        process.wait(10)


COMMANDS = (("build",), ("doctor",), ("check",))


def said(kb: Path, env: dict[str, str], *words: str) -> str:
    """All that a command says."""
    command = [sys.executable, "-m", "kggraph", "--root", str(kb), *words]
    done = subprocess.run(command, env=environment(**env), capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_right_credentials_are_needed_and_enough(auth: str, kb: Path, tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "door").mkdir()
    with running("oxigraph", tmp_path / "engine") as engine, door(engine, tmp_path / "door", auth) as env:
        wrong = {name: f"not-{value}" for name, value in RIGHT[auth].items()}
        with pytest.raises(EngineUnavailable, match="refuses the credentials") as caught:
            build(load(kb, {**env, **wrong}))
        assert SECRET not in str(caught.value)
        settings = load(kb, {**env, **RIGHT[auth]})
        assert current_hash(settings) is None
        assert build(settings).hash == current_hash(settings)
        told = [said(kb, {**env, **given}, *words) for given in (wrong, RIGHT[auth]) for words in COMMANDS]
        assert "refuses the credentials" in told[0] and told[len(COMMANDS)].startswith("Generation ")
    pair = base64.b64encode(f"kg:{SECRET}".encode()).decode()
    assert not [secret for secret in (SECRET, pair) if secret in "".join(told)]


def test_virtuoso_refuses_a_wrong_digest(kb: Path, tmp_path: Path) -> None:
    with running("virtuoso", tmp_path) as engine:
        env = {**engine.settings, "KGGRAPH_REMOTE_PASSWORD": SECRET}
        with pytest.raises(EngineUnavailable, match="refuses the credentials") as caught:
            build(load(kb, env))
        told = said(kb, env, "build") + str(caught.value)
        assert "refuses the credentials" in told and SECRET not in told
        assert current_hash(load(kb, env)) is None
        settings = load(kb, engine.settings)
        assert build(settings).hash == current_hash(settings)
