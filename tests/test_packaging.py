"""The house itself: dependencies, README, who imports whom, and nothing of any one machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "playground"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")

# from the roof to the ground: a part imports only from rows below its own, or itself
LADDER = [
    {"app", "__main__"},
    {"cli"},
    {"bench_page", "bench_batched", "bench_visitors"},
    {"ui", "bench", "bench_pages", "scores", "experiments"},
    {"lessons", "hosts"},
    {"session", "figures", "presets"},
    {"training"},
    {"checkpoints"},
    {"engine"},
    {"measures"},
    {"nets", "objectives", "data"},
    {"recipes", "limits", "exports"},
    {"config", "snapshots", "clicks", "words"},
    {"translations"},
]
MAY_IMPORT = {"gradio": {"ui", "app"}, "plotly": {"figures"}}
NEVER_TORCH = {"figures", "snapshots", "config", "limits", "clicks", "exports", "recipes"}

# -- dependencies


def by_name(lines: list[str]) -> dict[str, Requirement]:
    requirements = [Requirement(line) for line in lines]
    return {requirement.name.lower(): requirement for requirement in requirements}


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    for requirement in by_name(PROJECT["dependencies"]).values():
        assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}, str(requirement)


def test_every_file_beside_the_modules_is_installed_with_them() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"][
        "package-data"
    ]
    installed = {path for pattern in patterns["playground"] for path in PACKAGE.glob(pattern)}
    others = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert sorted(others - installed) == []


# -- README


def front_matter() -> dict[str, Any]:
    start, matter, _ = README.split("---\n", 2)
    assert start == ""
    loaded = yaml.safe_load(matter)
    assert isinstance(loaded, dict)
    return loaded


def test_space_front_matter_is_valid() -> None:
    matter = front_matter()
    colors = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert matter["title"]
    assert matter["sdk"] == "gradio"
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(matter["sdk_version"]))
    assert isinstance(matter["python_version"], str), "3.10 unquoted would read as 3.1"
    assert (ROOT / matter["app_file"]).is_file()
    assert {matter["colorFrom"], matter["colorTo"]} <= colors
    assert matter["license"] == "apache-2.0"
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")
    assert len(matter["short_description"]) <= 60
    assert matter["pinned"] is False


def test_space_versions_are_among_those_the_package_allows() -> None:
    matter = front_matter()
    gradio = by_name(PROJECT["dependencies"])["gradio"]
    assert str(matter["sdk_version"]) in gradio.specifier
    assert matter["python_version"] in SpecifierSet(PROJECT["requires-python"])


def test_space_runs_the_gradio_that_is_tested() -> None:
    from importlib.metadata import version

    assert front_matter()["sdk_version"] == version("gradio")


def test_readme_gives_the_two_commands() -> None:
    venv = "python3 -m venv .venv && .venv/bin/pip install -e "
    assert f"```bash\n{venv}. && .venv/bin/python app.py\n```" in README
    assert f'```bash\n{venv}".[test]" && .venv/bin/python -m pytest\n```' in README


def readme_tree() -> list[str]:
    """Every path of the tree in the README; a folder's lines are indented by two more spaces than itself."""
    block = re.search(r"## The tree.*?```\n(.*?)```", README, re.DOTALL)
    assert block
    folders: list[str] = []
    paths = []
    for line in block[1].splitlines():
        name, words = line.split(maxsplit=1)
        assert words, f"no word about {name}"
        depth = (len(line) - len(line.lstrip())) // 2
        del folders[depth:]
        paths.append("".join(folders) + name)
        folders.append(name)
    return paths


def test_every_path_of_the_readme_tree_exists() -> None:
    tree = readme_tree()
    assert len(tree) == len(set(tree))
    assert [path for path in tree if not (ROOT / path).exists()] == []


def test_every_module_is_in_the_readme_tree() -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")}
    assert sorted(modules - set(readme_tree())) == []


def test_pictures_and_files_that_the_readme_names_exist() -> None:
    named = re.findall(r"!\[.*?\]\((.*?)\)", README) + re.findall(
        r"`((?:playground|docs|tools)/[\w/.]+)`", README
    )
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_readme_example_names_real_settings() -> None:
    from playground import RunConfig

    call = re.search(r"config = (RunConfig\(.*?\))\n", README, re.DOTALL)
    assert call
    arguments = ast.parse(call[1], mode="eval").body
    assert isinstance(arguments, ast.Call)
    RunConfig(**{str(k.arg): ast.literal_eval(k.value) for k in arguments.keywords})


# -- who imports whom


def modules() -> list[Path]:
    return [*sorted(PACKAGE.rglob("*.py")), ROOT / "app.py"]


def part_of(path: Path) -> str:
    """`ui` of playground/ui/lab.py, `config` of playground/config.py, `app` of app.py, "" of __init__."""
    if path.parent == ROOT:
        return path.stem
    inside = path.relative_to(PACKAGE)
    return inside.parts[0].removesuffix(".py").replace("__init__", "")


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names of all that the file imports, also inside functions; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; the tree is read by its full names"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def row_of(part: str) -> int:
    found = [row for row, parts in enumerate(LADDER) if part in parts]
    assert found, f"'{part}' has no row in the ladder of {Path(__file__).name}"
    return found[0]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_down_only(path: Path) -> None:
    part = part_of(path)
    if not part:
        return  # the package's front door shows two names and is imported by none of the parts
    row = row_of(part)
    for name in imports_of(path):
        package, _, rest = name.partition(".")
        if package == "playground":
            other = rest.split(".")[0]
            assert other == part or row_of(other) > row, f"{part} imports {name}"
        assert part in MAY_IMPORT.get(package, {part}), f"{part} imports {name}"
        assert not (package == "torch" and part in NEVER_TORCH), f"{part} imports {name}"


def loaded_after(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter holds after `code`."""
    probe = f"import sys\n{code}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


def test_engine_loads_neither_page_nor_plots() -> None:
    assert not {"gradio", "plotly", "PIL"} & loaded_after("import playground.engine")


def test_notebook_import_loads_neither_page_nor_plots() -> None:
    assert not {"gradio", "plotly"} & loaded_after("from playground import RunConfig, Trainer")


def test_training_loads_neither_page_nor_plots() -> None:
    assert not {"gradio", "plotly"} & loaded_after("import playground.training, playground.checkpoints")


def test_package_alone_is_light_and_pictures_need_no_torch() -> None:
    heavy = {"torch", "gradio", "plotly", "sklearn", "scipy"}
    assert not heavy & loaded_after("import playground, playground.exports, playground.figures.raster")


# -- what is in the files

SUFFIXES = {".py", ".md", ".toml", ".txt", ".js", ".css", ".html", ".json", ".yml", ".yaml", ""}
SKIPPED = {".git", ".venv", "build", "dist", "__pycache__", "node_modules"}


def texts() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = any(part in SKIPPED or part.endswith((".egg-info", "_cache")) for part in parts)
        if path.is_file() and path.suffix in SUFFIXES and not hidden and ".hypothesis" not in parts:
            yield path


def test_no_file_names_a_path_of_one_machine() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home|opt|Users|tmp|usr/bin/(?!env ))\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts()
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_opens_with_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)) or (path.name == "__init__.py" and not text)
