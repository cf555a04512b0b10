"""Sizes, names and habits of the platform's source (STYLE.md, sections 3 and 4)."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator

from tests.house.source_tree import PACKAGE, ROOT, modules

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "services", "misc", "tools"}
SUBJECT_WORDS = re.compile(
    r"studentenwelzijn|wellbeing|well-being|stepchange|suicid|suïcid|landelijk.kader|umhc|ecio|student", re.IGNORECASE
)
MACHINE_PATHS = re.compile(r"(?:^|[\s\"'(=:])/(?:work|farm|root|home|Users|mnt|opt)/[\w.]")
SHOUTS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its signature and docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_modules_are_small() -> None:
    long = [module.name for module in modules() if len(module.text.splitlines()) >= MAX_MODULE_LINES]
    assert not long


def test_functions_are_small() -> None:
    long = [
        f"{module.name}:{f.lineno} {f.name}: {length(f)} lines"
        for module in modules()
        for f in functions(module.tree)
        if length(f) > MAX_FUNCTION_LINES
    ]
    assert not long


def test_names_say_what_a_module_is() -> None:
    assert not [module.name for module in modules() if FORBIDDEN_NAMES & set(module.name.split("."))]


def test_only_the_command_line_prints() -> None:
    prints = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if not module.name.startswith("kggraph.cli")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not prints


def test_public_things_are_documented() -> None:
    bare = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules()
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    bare += [module.name for module in modules() if module.text.strip() and not ast.get_docstring(module.tree)]
    assert not bare


def test_only_config_reads_the_environment() -> None:
    readers = {
        module.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        if isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert readers <= {"kggraph.config"}


def platform_files() -> list[str]:
    """Text files of the platform that are kept in git, relative to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "kggraph"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    binary = (".woff2", ".png", ".ico")
    return [name for name in listed.split("\0") if name and not name.endswith(binary) and (ROOT / name).is_file()]


def test_the_platform_knows_nothing_of_the_subject() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in platform_files()
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1)
        if SUBJECT_WORDS.search(line)
    ]
    assert not found


def test_committed_text_has_no_machine_paths_or_open_ends() -> None:
    listed = subprocess.run(["git", "grep", "-nIE", "", "--", "."], cwd=ROOT, capture_output=True, check=True).stdout
    found = []
    for line in listed.decode("utf-8", "replace").splitlines():
        name, _, rest = line.partition(":")
        text = rest.partition(":")[2]
        if name.startswith(("tests/house/", "data/", "tests/cases/")) or name.endswith(".lock"):
            continue
        if MACHINE_PATHS.search(text) or (name.endswith(".py") and SHOUTS.search(text)):
            found.append(f"{name}: {text.strip()[:100]}")
    assert not found


def test_tests_are_collected_and_switched_on() -> None:
    """A test file by another name would silently not run."""
    strays = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if "def test_" in path.read_text("utf-8") and not path.name.startswith("test_")
    ]
    assert not strays


def test_the_package_is_complete() -> None:
    assert (PACKAGE / "py.typed").exists()
