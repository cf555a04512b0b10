"""Every docstring example of the platform runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.house.source_tree import module_names


@pytest.mark.parametrize("name", sorted(name for name in module_names() if not name.endswith("__main__")))
def test_examples_in_docstrings(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert not failed
