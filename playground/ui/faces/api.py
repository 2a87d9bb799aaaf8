"""What programs and agents may ask of the face models: named, typed, described and bounded endpoints.

Each is an HTTP endpoint and, where the extra `mcp` is installed, a tool. Pictures come back as PNG files, the
rest as plain values. Annotations are evaluated here (no `from __future__`): Gradio makes the schemas of them.
"""

import functools
from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal, TypedDict

import gradio as gr
import numpy as np
from gradio.events import api
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from numpy.typing import NDArray
from PIL import Image

from playground.checkpoints import interpolate_latents
from playground.checkpoints.disk import writing
from playground.config import ConfigError
from playground.data.faces import one_face
from playground.figures.sheets import png, sheet
from playground.limits import limits
from playground.session.faces import FaceShop
from playground.ui.faces.gpu import on_gpu
from playground.ui.faces.wish import MOST_TRUNCATION, colour, number, whole
from playground.ui.uploads import uploaded

COLUMNS = 8  # of one picture
MOST_SEED = 2**31 - 1
FORMATS = ("PNG", "JPEG", "WEBP")


class FileMark(TypedDict, total=False):
    """What tells Gradio that a table of values is a file."""

    _type: Literal["gradio.FileData"]


class Picture(TypedDict, total=False):
    """A file as Gradio passes it: clients see a path, MCP tools an image."""

    path: str
    meta: FileMark


Values = dict[str, Any]
Faces = NDArray[np.uint8]


def add_endpoints(shop: FaceShop) -> None:
    """Into the current `gr.Blocks`: `/models`, `/faces`, `/interpolate`, `/reconstruct`, `/directions`."""

    @on_gpu(seconds=20)
    def decoded(model: str, codes: NDArray[np.float32], hair: str, eyes: str, truncation: float) -> Faces:
        images: Faces = shop.model(model).decode(codes, hair, eyes, truncation)
        return images

    def models() -> list[dict[str, Any]]:
        """List the face models: name, kind (ae, vae or gan), size of a face, updates and faces trained on.

        Returns:
            One table of values for each model; its name is what the other endpoints take.
        """
        return [_described(shop, name) for name in shop.bundle]

    def faces(
        model: str, seeds: list[int], hair: str = "any", eyes: str = "any", truncation: float = 1.0
    ) -> tuple[Picture, dict[str, Any]]:
        """Generate faces from seeds: one PNG, eight faces in a row, and the values that made it.

        Args:
            model: a name that models() lists, such as faces64-gan.
            seeds: 1 to {api_faces} whole numbers from 0 to 2147483647; one seed is one code in every model.
            hair: any, or a colour such as pink; a wrong one is answered with those allowed.
            eyes: any, or a colour such as blue.
            truncation: 0 to 1.5; the code is multiplied by it, 1 leaves it as it is.
        """
        chosen = shop.model(model)
        most = limits().api_faces
        if not isinstance(seeds, list) or not 1 <= len(seeds) <= most:
            raise ConfigError(f"seeds = {ascii(seeds)[:40]}: allowed is a list of 1 to {most} numbers.")
        numbers = [whole(seed, "seeds", 0, MOST_SEED) for seed in seeds]
        hair, eyes = colour("hair", hair), colour("eyes", eyes)
        truncation = number(truncation, "truncation", 0.0, MOST_TRUNCATION)
        images = decoded(model, chosen.latents(numbers), hair, eyes, truncation)
        made = {"model": model, "seeds": numbers, "hair": hair, "eyes": eyes, "truncation": truncation}
        return _picture(images), made | _layout(images)

    def interpolate(
        model: str,
        seed_a: int,
        seed_b: int,
        steps: int = 8,
        spherical: bool = True,
        hair: str = "any",
        eyes: str = "any",
    ) -> tuple[Picture, dict[str, Any]]:
        """Walk from one face to another through latent space: one PNG with both ends and what lies between.

        Args:
            model: a name that models() lists.
            seed_a: of the first face, 0 to 2147483647.
            seed_b: of the last face.
            steps: faces in the picture, both ends included, 2 to {api_steps}.
            spherical: along the arc between the codes; false is the straight line, shorter in its middle.
            hair: any, or a colour.
            eyes: any, or a colour.
        """
        chosen = shop.model(model)
        ends = [whole(seed, name, 0, MOST_SEED) for seed, name in ((seed_a, "seed_a"), (seed_b, "seed_b"))]
        steps = whole(steps, "steps", 2, limits().api_steps)
        hair, eyes = colour("hair", hair), colour("eyes", eyes)
        first, last = chosen.latents(ends)
        codes = interpolate_latents(first, last, steps, spherical is True)
        images = decoded(model, codes, hair, eyes, 1.0)
        lengths = [round(float(length), 4) for length in np.linalg.norm(codes, axis=1)]
        made = {"model": model, "seed_a": ends[0], "seed_b": ends[1], "spherical": spherical is True}
        return _picture(images), made | {"lengths_of_codes": lengths} | _layout(images)

    def reconstruct(model: str, image: Picture) -> tuple[Picture, dict[str, Any]]:
        """Encode a face and decode it again: one PNG, the given face on the left, the decoded one beside it.

        Args:
            model: an autoencoder or VAE that models() lists; a GAN has no encoder.
            image: PNG, JPEG or WebP with the face; its middle square is scaled to the model's size.
        """
        chosen = shop.model(model)
        given = read_face(image, chosen.recipe.size)
        code = chosen.encode(given[None])
        images = np.stack([given, decoded(model, code, "any", "any", 1.0)[0]])
        first, second = images.astype(np.float64) / 255
        error = float(np.mean((first - second) ** 2))
        made = {"model": model, "mean_squared_error": error, "code": np.round(code[0], 4).tolist()}
        return _picture(images), made | _layout(images)

    def directions(model: str) -> list[dict[str, Any]]:
        """List latent directions of a model: what each changes most in its faces, and the vector to add.

        Args:
            model: a name that models() lists.

        Returns:
            For each: number, label, vector, and effect: standard deviations from -2 to +2 along it.
        """
        return [
            {
                "number": d.number,
                "label": d.label,
                "effect": d.effect,
                "vector": np.round(d.vector, 5).tolist(),
            }
            for d in shop.directions(model)
        ]

    for endpoint in (models, faces, interpolate, reconstruct, directions):
        endpoint.__doc__ = (endpoint.__doc__ or "").format(**vars(limits()))
        # not through Gradio's queue: the shop has its own, and an MCP tool gets all outputs only so
        api(_guarded(shop, endpoint), api_name=endpoint.__name__, queue=False)


def _guarded(shop: FaceShop, endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint on the shop's threads, and every refusal as the sentence that the caller reads."""

    @functools.wraps(endpoint)
    async def guarded(*arguments: Any) -> Any:
        try:
            return await shop.run(endpoint, *arguments)
        except ConfigError as error:
            raise gr.Error(str(error), print_exception=False) from None

    return guarded


def read_face(image: Any, side: int) -> Faces:
    """An uploaded picture -> (side, side, 3) bytes: its middle square, scaled. Raises `ConfigError`."""
    path = uploaded(image.get("path") if isinstance(image, dict) else None, "image")
    content = path.read_bytes()  # of at most the app's max_file_size
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            size = opened.size
    except Exception:  # damaged files, and bombs, make Pillow raise nearly anything
        raise ConfigError("image cannot be read: allowed is a whole PNG, JPEG or WebP file.") from None
    most = limits().api_picture_side
    if max(size) > most:  # a small file can hold a picture that fills the memory
        raise ConfigError(f"image has {size[0]} x {size[1]} pixels: allowed are {most} a side.")
    return one_face(content, side)


def _picture(images: Faces) -> Picture:
    with writing("The picture"):
        path = save_bytes_to_cache(png(sheet(images, COLUMNS)), "faces.png", get_upload_folder())
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _layout(images: Faces) -> Values:
    """How a program cuts the picture into faces again."""
    return {"side": images.shape[1], "columns": min(len(images), COLUMNS), "count": len(images)}


def _described(shop: FaceShop, name: str) -> Values:
    model = shop.model(name)
    return {
        "name": name,
        "kind": model.kind,
        "side": model.recipe.size,
        "latent_dim": model.recipe.latent_dim,
        "updates": model.step,
        "faces_seen": model.images_seen,
        "parameters": model.parameters,
        "multiply_adds": model.multiply_adds,
        "steps": list(shop.steps(name)),
    }
