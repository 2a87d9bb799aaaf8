"""Trained face models on disk, in the bundle and on the Hugging Face Hub.

Weights are safetensors, descriptions JSON; nothing is ever unpickled. Knows networks, and no page.
"""

from playground.checkpoints.bundle import Entry as Entry
from playground.checkpoints.bundle import add_to_bundle as add_to_bundle
from playground.checkpoints.bundle import bundle_folder as bundle_folder
from playground.checkpoints.bundle import bundled as bundled
from playground.checkpoints.bundle import load as load
from playground.checkpoints.bundle import load_classifier as load_classifier
from playground.checkpoints.bundle import timeline as timeline
from playground.checkpoints.bundle import write_manifest as write_manifest
from playground.checkpoints.files import write_model as write_model
from playground.checkpoints.hub import open_repo as open_repo
from playground.checkpoints.latents import directions as directions
from playground.checkpoints.latents import interpolate_latents as interpolate_latents
from playground.checkpoints.latents import latents_of_seeds as latents_of_seeds
from playground.checkpoints.model import FaceModel as FaceModel
from playground.checkpoints.publish import push as push
