"""A machine without a compiler, or with one that fails: nothing needs it, and who asked for it is told."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app_process import ROOT
from playground.data.faces import FaceSet
from playground.recipes import RECIPES
from playground.training import Settings, device, files
from playground.training import run as running

TINY = replace(RECIPES["faces64"], name="tiny", size=16, channels=(8, 8), latent_dim=4, batch_size=8)
COMPILERS = ("CC", "CXX", "CUDA_HOME", "CUDA_PATH", "TRITON_CACHE_DIR")

# each line names what then works, in a process that finds no program at all
WITHOUT = """
import shutil
import numpy as np
assert shutil.which("gcc") is shutil.which("cc") is shutil.which("ninja") is None

from playground import RunConfig, Trainer
for changes in ({}, {"backend": "eager"}, {"model": "vae"}, {"model": "gmm"}, {"objective": "wgan-gp"}):
    assert Trainer(RunConfig(batch_size=8, **changes), device="cpu").step().iteration == 1
print("the lab")

from dataclasses import replace
from playground.data.faces import FaceSet
from playground.recipes import RECIPES
from playground.engine.faces import FaceGAN
from playground.engine.faces.batches import Share
recipe = replace(RECIPES["faces64"], size=16, channels=(8, 8), latent_dim=4, batch_size=4)
faces = FaceSet(np.zeros((8, 16, 16, 3), np.uint8), np.zeros(8, np.int64), np.zeros(8, np.int64), "none")
FaceGAN(recipe, faces, 0, "cpu", Share(), False).iterate(True)
print("faces")

from playground.training import device
try:
    device.try_compiler("cpu")
except device.NoCompiler as why:
    print(f"no compiler: {why}")
"""


def test_without_any_compiler_everything_learns_and_torch_compile_is_found_to_fail(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in COMPILERS}
    environment = kept | {
        "PATH": str(tmp_path),
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lab, faces, compiler = done.stdout.splitlines()
    assert (lab, faces) == ("the lab", "faces")
    assert compiler.startswith("no compiler: ") and len(compiler) < 60


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 16, 16, 3), dtype=np.uint8)
    faces = FaceSet(images, rng.integers(0, 12, 24), rng.integers(0, 10, 24), "few")
    monkeypatch.setattr(running, "open_faces", lambda source, split, size: faces)
    return Settings(
        TINY,
        "gan",
        "few",
        tmp_path / "run",
        2,
        threads=1,
        tensorboard=False,
        measure_seconds=0.0,
        compile=True,
    )


def test_a_compiler_that_fails_is_told_and_the_training_goes_on_without(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(modules: Any, where: str, twice: bool) -> tuple[str, ...]:
        raise device.NoCompiler("BackendCompilerFailed")

    monkeypatch.setattr(device, "compile_networks", fails)
    said = io.StringIO()
    assert running.run(settings, said) == 2
    assert (
        "There is no working compiler here (BackendCompilerFailed), so --compile is left out."
        in said.getvalue()
    )
    assert "Compiled" not in said.getvalue()
    (newest, *_) = files.states(settings.out)
    assert files.load_state(newest).circumstances["compiled"] is False


def test_a_network_is_compiled_only_after_the_compiler_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    class Network:
        compiled = False

        def compile(self) -> None:
            self.compiled = True

    networks: Any = {"generator": Network(), "discriminator": Network()}

    def fails(where: str) -> None:
        raise device.NoCompiler("BackendCompilerFailed")

    monkeypatch.setattr(device, "try_compiler", fails)
    with pytest.raises(device.NoCompiler):
        device.compile_networks(networks, "cuda", False)
    assert not any(network.compiled for network in networks.values())
    monkeypatch.setattr(device, "try_compiler", lambda where: None)
    assert device.compile_networks(networks, "cuda", True) == ("generator",)
    assert networks["generator"].compiled and not networks["discriminator"].compiled
