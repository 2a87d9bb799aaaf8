"""What whoever runs the app is handed: container, compose file, lock of versions, and the page for a class.

No container is built here: the files are read, and what they say must be true of this project.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import lock
from app_process import ROOT
from playground.cli import parser
from playground.ui import health

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CLASS = (ROOT / "docs" / "class.md").read_text("utf-8")
LOCKED = lock.read(lock.LOCK.read_text("utf-8"))


# -- the Dockerfile


def instructions() -> Iterator[tuple[str, str]]:
    """(name, the rest on one line) of each instruction."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        name, rest = line.split(maxsplit=1)
        yield name, re.sub(r"\s+", " ", rest)


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage; what stands before the first is left out."""
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, rest))
    return found


def said(name: str) -> list[str]:
    """What the last stage says with this instruction."""
    return [rest for each, rest in stages()[-1] if each == name]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in said("ENV") for pair in shlex.split(line))


def sent() -> list[str]:
    """The patterns of what the builder gets to see at all."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    return [line[1:] for line in lines if line.startswith("!")]


def test_every_instruction_is_one_that_docker_knows() -> None:
    known = r"ARG|FROM|ENV|RUN|WORKDIR|COPY|USER|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD"
    assert [name for name, _ in instructions() if not re.fullmatch(known, name)] == []


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    stages_named = [
        rest.split(" AS ")[1] for name, rest in instructions() if name == "FROM" and " AS " in rest
    ]
    copied = []
    for name, rest in instructions():
        if name == "COPY":
            words = shlex.split(rest)
            if words[0].startswith("--from="):
                assert words[0].removeprefix("--from=") in stages_named
            else:
                copied += words[:-1]
    assert len(copied) >= 4
    for path in copied:
        assert (ROOT / path).exists(), path
        assert path in sent(), f"{path} is not sent to the builder"


def test_nothing_is_sent_to_the_builder_that_is_not_copied() -> None:
    copied = " ".join(rest for name, rest in instructions() if name == "COPY").split()
    assert set(sent()) <= set(copied)
    assert not any(fnmatch(pattern, ".git*") or fnmatch(pattern, ".env*") for pattern in sent())


def test_the_container_runs_as_nobody_of_importance() -> None:
    (user,) = said("USER")
    number = user.split(":")[0]
    assert int(number) >= 1000, "a number, so that a host can see that it is not root"
    (line,) = (rest for rest in said("RUN") if "useradd" in rest)
    assert f"--uid {number} " in line
    order = [name for name, _ in stages()[-1]]
    assert order.index("USER") < order.index("ENTRYPOINT")


def test_nothing_but_one_folder_is_written_to() -> None:
    folders = environment()
    (line,) = (rest for rest in said("RUN") if "useradd" in rest)
    assert "--owner visitor /scratch" in line
    for name in ("HOME", "TMPDIR", "HF_HOME", "GRADIO_TEMP_DIR"):
        assert Path(folders[name]).is_relative_to("/scratch"), name
    assert folders["PYTHONDONTWRITEBYTECODE"] == "1"


def test_ports_agree() -> None:
    (port,) = said("EXPOSE")
    assert environment()["GRADIO_SERVER_PORT"] == port == "7860"
    assert environment()["GRADIO_SERVER_NAME"] == "0.0.0.0"
    (check,) = said("HEALTHCHECK")
    assert f"http://127.0.0.1:{port}/healthz" in check
    for service in services().values():
        assert service.get("ports", [f"{port}:{port}"]) == [f"{port}:{port}"]


def test_the_health_check_asks_a_route_of_the_app_by_a_script_that_python_understands() -> None:
    (check,) = said("HEALTHCHECK")
    command = yaml.safe_load(check[check.index("CMD ") + 4 :])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")
    assert "/healthz" in {getattr(route, "path", "") for route in health.routes(health.Meters(), [], {})}


def test_the_container_starts_the_app() -> None:
    assert yaml.safe_load(said("ENTRYPOINT")[0]) == ["python", "-m", "playground"]
    assert parser().parse_args(yaml.safe_load(said("CMD")[0])).run.__name__ == "_app"


def test_both_builds_take_torch_from_the_lock_and_another_word_ends_the_build() -> None:
    (build,) = (rest for name, rest in stages()[0] if name == "RUN" and "case" in rest)
    assert re.findall(r"(\w+|\*)\) ", build) == ["cpu", "cuda", "*"]
    assert "grep '^torch==' requirements.txt" in build and "exit 1" in build
    assert len(re.findall(r"^torch==", lock.LOCK.read_text("utf-8"), re.MULTILINE)) == 1
    assert "pip install --requirement requirements.txt" in build


def test_python_is_that_of_the_space() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    matter = yaml.safe_load(readme.split("---\n")[1])
    (python,) = (rest for name, rest in instructions() if name == "ARG" and rest.startswith("PYTHON="))
    assert python == f"PYTHON={matter['python_version']}" == "PYTHON={}.{}".format(*lock.PYTHON)


# -- compose.yaml


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


def arguments(name: str) -> list[str]:
    """What a service hands to `python -m playground`."""
    service = services()[name]
    if service.get("entrypoint") == ["sh", "-c"]:
        (line,) = service["command"]
        words = shlex.split(line)
        start = words.index("playground")
        assert words[start - 3 : start] == ["exec", "python", "-m"], "signals must reach the app"
        return words[start + 1 :]
    return list(service["command"])


def test_one_service_has_two_workers_and_another_a_cluster() -> None:
    assert arguments("app") == ["app", "--workers", "2"]
    assert parser().parse_args(arguments("app")).workers == 2
    assert parser().parse_args(arguments("gpu")).workers == 2
    assert parser().parse_args(arguments("cluster")).cluster == "head:6379"


def test_only_the_first_service_starts_unasked() -> None:
    assert [name for name, service in services().items() if "profiles" not in service] == ["app"]


def test_the_arguments_of_every_build_are_those_of_the_dockerfile() -> None:
    known = {rest.split("=")[0] for name, rest in instructions() if name == "ARG"}
    extras = PROJECT["optional-dependencies"]
    for service in services().values():
        given = service["build"]["args"] if isinstance(service["build"], dict) else {}
        assert given.keys() <= known
        assert given.get("DEVICE", "cpu") in ("cpu", "cuda")
        assert given.get("EXTRA", "cluster") in extras


def test_every_container_is_as_small_a_target_as_it_can_be() -> None:
    for name, service in services().items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        (scratch,) = service["tmpfs"]
        assert scratch.startswith("/scratch:") and "size=" in scratch, name
        assert not {"privileged", "volumes", "network_mode", "user"} & service.keys(), name


def test_nobody_outside_reaches_ray() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["app", "gpu", "cluster"]
    assert "--include-dashboard=false" in services()["head"]["command"]


def test_the_parts_of_the_cluster_find_each_other() -> None:
    named = services()
    (port,) = (
        word.removeprefix("--port=") for word in named["head"]["command"] if word.startswith("--port=")
    )
    for name in ("node", "cluster"):
        assert f"--address=head:{port}" in " ".join(named[name]["command"])
        assert set(named[name]["depends_on"]) <= named.keys()
        assert named[name]["profiles"] == named["head"]["profiles"]
    for word in ("head", "node"):
        assert f"head:{port}" in named[word]["healthcheck"]["test"]


# -- the lock


def test_the_lock_holds_one_version_of_all_that_pyproject_asks_for_and_allows() -> None:
    for requirement in lock.ranges():
        version = LOCKED[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement.name} {version}"


def test_the_lock_fits_what_each_installed_package_asks_of_the_others() -> None:
    """Of those that are installed here in the locked version; the others may ask for something else."""
    compared = 0
    for name, version in LOCKED.items():
        try:
            here = distribution(name)
        except PackageNotFoundError:
            continue
        if here.version.split("+")[0] != version:
            continue
        for needed in map(Requirement, here.requires or ()):
            other = LOCKED.get(canonicalize_name(needed.name))
            if other and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                assert needed.specifier.contains(other, prereleases=True), (
                    f"{name} asks for {needed}, not {other}"
                )
                compared += 1
    assert compared > 20


def test_the_lock_holds_all_that_is_needed_here_in_turn() -> None:
    needed = lock.closure(lock.ranges())
    later = {"exceptiongroup", "colorama", "audioop-lts", "tzdata"}  # of other versions of Python or systems
    assert sorted(needed.keys() - LOCKED.keys() - later) == []
    assert {"starlette", "pydantic", "mcp", "jinja2", "certifi"} <= needed.keys(), (
        "also what is not asked for itself"
    )


def test_the_lock_fits_the_gradio_of_the_space() -> None:
    matter = yaml.safe_load((ROOT / "README.md").read_text("utf-8").split("---\n")[1])
    assert LOCKED["gradio"] == matter["sdk_version"]


def test_the_lock_names_no_place_no_build_and_no_other_file() -> None:
    """A Space's builder is given this file alone, and looks at the public index only."""
    for line in lock.LOCK.read_text("utf-8").splitlines():
        assert not line or line.startswith("#") or lock.LINE.fullmatch(line), line
    assert not {name for name in LOCKED if name.startswith(lock.CUDA)}


def test_what_is_written_can_be_read_again() -> None:
    versions = {"torch": "2.13.0", "jinja2": "3.1.6", "pot": "0.9.7.post1"}
    text = lock.written(versions, ["torch", "POT"])
    assert lock.read(text) == versions
    assert (
        text.index("pot==") < text.index("torch==") < text.index("what those need") < text.index("jinja2==")
    )


@pytest.mark.parametrize(
    "line", ["torch>=2", "torch==2.13.0+cpu", "torch", "Torch==2", "-c other.txt", "gradio[mcp]==6.31.0"]
)
def test_a_line_that_is_no_exact_version_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"requirements\.txt says"):
        lock.read(line)


def test_a_difference_is_a_sentence() -> None:
    here, there = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert lock.differences(here, there) == [
        "b: 1 is needed here, 2 is in requirements.txt.",
        "c: 1 is needed here, no version is in requirements.txt.",
        "d: no version is needed here, 1 is in requirements.txt.",
    ]


def test_only_what_applies_here_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        def __init__(self, version: str, *requires: str) -> None:
            self.version, self.requires = version, list(requires)

    shop = {
        "top": Fake("1.0", "below>=1", "windows-only; sys_platform == 'win32'", "of-extra; extra == 'more'"),
        "below": Fake("2.0+cpu", "top"),
        "of-extra": Fake("3.0", "below"),
        "torch": Fake("2.13.0+cpu", "below", "nvidia-thing==13.0", "cuda-bindings<14", "triton==3"),
    }
    monkeypatch.setattr(lock, "distribution", shop.__getitem__)
    assert lock.closure([Requirement("top")]) == {"top": "1.0", "below": "2.0"}
    assert lock.closure([Requirement("top[more]")]) == {"top": "1.0", "below": "2.0", "of-extra": "3.0"}
    assert lock.closure([Requirement("torch")]) == {"torch": "2.13.0", "below": "2.0", "top": "1.0"}


# -- what is asked of every change


def test_every_change_is_checked_against_the_lock_and_for_known_mistakes() -> None:
    steps = (ROOT / ".ci" / "run").read_text("utf-8")
    order = [
        "-r requirements.txt",
        "pip check",
        "tools/lock.py --check",
        "tools/app_process.py",
        "bin/bandit",
    ]
    places = [steps.index(step) for step in order]
    assert places == sorted(places)


# -- the page for a class


def commands() -> list[str]:
    """Every line of the page that is typed."""
    blocks = re.findall(r"```bash\n(.*?)```|`((?:python|docker) [^`]*)`", CLASS, re.DOTALL)
    return [
        line.split("  #")[0].strip()
        for block in map("".join, blocks)
        for line in block.splitlines()
        if line.strip()
    ]


def test_every_command_of_the_page_for_a_class_is_one() -> None:
    starts = [shlex.split(line) for line in commands()]
    apps = [words[words.index("playground") + 1 :] for words in starts if "playground" in words]
    ours = [words for words in apps if words and words[0] == "app"]
    assert len(ours) >= 4
    for words in ours:
        assert parser().parse_args(words).run.__name__ == "_app"
    composed = [words for words in starts if words[:2] == ["docker", "compose"]]
    assert {words[-1] for words in composed} >= {"app", "gpu", "cluster"}
    assert {words[-1] for words in composed} <= services().keys()


def test_files_that_the_page_for_a_class_names_exist() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)", CLASS)
    assert named
    assert [path for path in named if not (ROOT / "docs" / path).exists()] == []


@pytest.mark.parametrize(
    ("started_with", "host"),
    [
        ("app.py", "the server's own process"),
        ("--workers 2", "two worker processes"),
        ("--cluster local", "two Ray actors"),
    ],
)
def test_the_numbers_for_a_class_are_those_of_the_capacity_measurements(started_with: str, host: str) -> None:
    capacity = (ROOT / "docs" / "capacity.md").read_text("utf-8")
    measured = re.search(rf"^\| {host} \| 2 \| (\d+) \|", capacity, re.MULTILINE)
    told = re.search(rf"^\|[^|]*\| `{started_with}` \| (\d+) \| (\d+) \|$", CLASS, re.MULTILINE)
    assert measured and told
    playing, present = map(int, told.groups())
    assert playing == int(measured[1])
    assert present == 3 * playing  # a third of a class plays, as the arithmetic of capacity.md has it


def test_the_page_for_a_class_leaves_no_place_open() -> None:
    assert not re.search(r"\{[^}]*\}|TODO|TBD|\?\?", CLASS)
