"""Programs that tests need and Python does not bring."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing(what: str) -> NoReturn:
    """Without a tool of its own a test is skipped on a developer's machine; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def program(name: str, package: str) -> str:
    """The path of a program of a Debian package."""
    return shutil.which(name, path=PATH) or missing(f"no {name}: apt-get install {package}")
