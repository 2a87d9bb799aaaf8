"""Sends bytes to the project's parsers, guided by the code that they reach, until something fails.

    pip install atheris
    python tools/fuzz.py --inputs 20000                # so many to each target
    python tools/fuzz.py --target link --inputs 100000

One process for each target: libFuzzer, through atheris, changes the inputs that reached new lines, beginning
with the target's own seeds. What a target refuses otherwise than with a sentence, or takes and then cannot
keep, ends its process and is told with the bytes that did it. The table is that of docs/reports/fuzz.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SEED = 1
MOST_SECONDS = 30  # that one input may take before it counts as a finding
MOST_MEMORY = 4_096  # MiB
SHOWN = 200  # bytes of a finding
TAIL = 30  # lines of what a failed target said


def main() -> int:
    """All targets, or one; 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=2_000, help="for each target (2,000)")
    parser.add_argument("--target", help="only this one")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--inside", type=Path, help=argparse.SUPPRESS
    )  # one target, in this process and folder
    asked = parser.parse_args()
    prepare()
    if asked.inside:
        one(asked.target, asked.inputs, asked.seed, asked.inside)
    names = [asked.target] if asked.target else all_names()
    rows = [in_process(name, asked.inputs, asked.seed) for name in names]
    print(table(rows))
    return int(any(row["found"] for row in rows))


def prepare() -> None:
    """No network, one thread, and the tools beside this file."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False", "OMP_NUM_THREADS": "1"}
    sys.path[:0] = [str(ROOT), str(ROOT / "tools")]


def all_targets(folder: Path) -> dict[str, Any]:
    """Every target by its name."""
    from fuzzing import files, lab, pages

    return lab.targets(folder) | pages.targets(folder) | files.targets(folder)


def all_names() -> list[str]:
    """In the order of the report."""
    with tempfile.TemporaryDirectory() as space:
        return list(all_targets(Path(space)))


# -- one target, in a process of its own


def in_process(name: str, inputs: int, seed: int) -> dict[str, Any]:
    """{name, inputs, taken, refused, seconds, found}: `found` is what failed, or empty."""
    with tempfile.TemporaryDirectory() as space:
        command = [sys.executable, __file__, "--target", name, "--inputs", str(inputs), "--seed", str(seed)]
        began = time.monotonic()
        done = subprocess.run(
            [*command, "--inside", space], cwd=ROOT, text=True, errors="replace", check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        told = Path(space, "told.json")
        row = json.loads(told.read_text()) if told.is_file() else {"inputs": 0, "taken": 0, "reached": 0}
        if "reached" in row and (marks := [line for line in done.stdout.splitlines() if " cov: " in line]):
            row["reached"] = int(marks[-1].partition(" cov: ")[2].split()[0])
        row |= {"name": name, "seconds": time.monotonic() - began, "found": ""}
        if done.returncode or row["inputs"] < inputs:
            row["found"] = "\n".join(done.stdout.splitlines()[-TAIL:]) or f"it ended with {done.returncode}"
        print(
            f"{name}: {row['inputs']:,} inputs{', FOUND:' if row['found'] else ''}",
            file=sys.stderr,
            flush=True,
        )
        if row["found"]:
            print(row["found"], file=sys.stderr, flush=True)
        return row


def one(name: str, inputs: int, seed: int, folder: Path) -> None:
    """Fuzz one target to its end; ends the process."""
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    with atheris.instrument_imports(include=["playground", "PIL"], enable_loader_override=False):
        (folder / "made").mkdir()
        target = all_targets(folder / "made")[name]
    corpus, work = folder / "corpus", folder / "work"
    corpus.mkdir()
    work.mkdir()
    for number, content in enumerate(target.seeds):
        (corpus / str(number)).write_bytes(content)
    words = [word for word in target.words if 0 < len(word.encode("utf-8", "surrogatepass")) <= 60]
    (folder / "words").write_text("\n".join(map(quoted, words or ["0"])))
    attempt, count, taken = target.make(work), 0, 0

    def try_one(content: bytes) -> None:
        nonlocal count, taken
        count += 1
        try:
            taken += bool(attempt(content))
        except BaseException:
            print(f"the input, {len(content)} bytes: {content[:SHOWN]!r}", flush=True)
            tell()
            raise
        if count >= inputs:
            tell()
            sys.stdout.flush()
            os._exit(0)  # libFuzzer knows no other end that says nothing was found

    def tell() -> None:
        (folder / "told.json").write_text(json.dumps({"inputs": count, "taken": taken, "reached": 0}))

    def change(content: bytes, most: int, number: int) -> bytes:
        random = Random(number)
        how = random.random()
        if how < 0.5:
            return atheris.Mutate(content, most)
        return target.change(content if how < 0.75 else random.choice(target.seeds), random)[:most]

    atheris.Setup(
        [sys.argv[0], str(corpus), f"-seed={seed}", f"-max_len={target.most_bytes}",
         f"-dict={folder / 'words'}", f"-timeout={MOST_SECONDS}", f"-rss_limit_mb={MOST_MEMORY}",
         f"-artifact_prefix={folder}/", "-print_final_stats=1"],
        try_one,
        **({"custom_mutator": change} if target.change else {}),
    )  # fmt: skip
    atheris.Fuzz()


def quoted(word: str) -> str:
    """A line of libFuzzer's dictionary."""
    content = word.encode("utf-8", "surrogatepass")
    return '"' + "".join(chr(b) if 32 < b < 127 and b not in b'"\\' else f"\\x{b:02X}" for b in content) + '"'


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    lines = ["| target | inputs | taken | refused | places in the code reached | seconds | found |",
             "| --- | ---: | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
    for row in rows:
        refused = row["inputs"] - row["taken"]
        last = row["found"].strip().splitlines()[-1] if row["found"] else "nothing"
        lines.append(
            f"| {row['name']} | {row['inputs']:,} | {row['taken']:,} | {refused:,} | {row['reached']:,} "
            f"| {row['seconds']:.0f} | {last} |"
        )
    total = sum(row["inputs"] for row in rows)
    return "\n".join([*lines, f"| all | {total:,} | | | | {sum(r['seconds'] for r in rows):.0f} | |"])


if __name__ == "__main__":
    sys.exit(main())
