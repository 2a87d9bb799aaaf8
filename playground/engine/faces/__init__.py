"""Learning faces: GAN, VAE and autoencoder on one generator."""

from playground.engine.faces.autoencoder import FaceAutoencoder as FaceAutoencoder
from playground.engine.faces.autoencoder import FaceVAE as FaceVAE
from playground.engine.faces.gan import FaceGAN as FaceGAN
