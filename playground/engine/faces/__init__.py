"""Learning faces: GAN, VAE and autoencoder on one generator, and the classifier that judges them."""

from playground.engine.faces.autoencoder import FaceAutoencoder as FaceAutoencoder
from playground.engine.faces.autoencoder import FaceVAE as FaceVAE
from playground.engine.faces.classifier import FaceClassifier as FaceClassifier
from playground.engine.faces.gan import FaceGAN as FaceGAN
