"""Batched training: many small models of different seeds and settings advance in one computation."""

from playground.engine.batched.trainer import BatchedTrainer

__all__ = ["BatchedTrainer"]
