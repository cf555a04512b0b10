"""`kggraph validate` as an editor's hook: from the shell, over and over, stopped by Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.live.conftest import environment, until


def test_watch_tells_each_change_and_survives_a_half_written_file(root: Path, tmp_path: Path) -> None:
    kb = tmp_path / "kb"
    shutil.copytree(root / "tests" / "kb_bridges", kb)
    file = kb / "data" / "bridges" / "millau.ttl"
    right = file.read_text("utf-8")
    told, said = tmp_path / "out.txt", tmp_path / "err.txt"
    command = [sys.executable, "-m", "kggraph", "--root", str(kb), "validate", "--watch", "--lang", "en", str(file)]
    with told.open("w") as out, said.open("w") as err:
        process = subprocess.Popen(command, env=environment(), stdout=out, stderr=err, cwd=kb)

    def lines() -> list[str]:
        return told.read_text("utf-8").splitlines()

    try:
        assert until(lambda: lines() == ["1 file checked: conforms."])
        file.write_text(right.replace("2460", "0"), "utf-8")
        assert until(lambda: len(lines()) == 4), "the rule, its result, the verdict"
        assert lines()[2].startswith("data/bridges/millau.ttl:17: length (m): ")
        file.write_text(right[:200], "utf-8")
        assert until(lambda: "millau.ttl" in said.read_text("utf-8"))
        file.write_text(right, "utf-8")
        assert until(lambda: len(lines()) == 5)
        assert lines()[4] == "1 file checked: conforms."
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
