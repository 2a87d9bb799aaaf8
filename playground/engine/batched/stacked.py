"""Many perceptrons of one shape side by side: their weights in one vector, their passes as batched products.

Model m of a stack computes what `closed_form` computes for one network; nothing flows between models, so a
NaN in one stays there. Points are columns here, (M, features, B): every product then writes a contiguous
result, which is what the batched matrix product wants. Knows no loss, no optimizer and no random numbers.

Letters: M models, B points.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from playground.engine.closed_form import ACTIVATIONS, Operation
from playground.engine.learner import weights_rng
from playground.nets.mlp import MLPShape


class Stack:
    """The weights of M networks, and where their gradients go.

    `vector` holds layer after layer, in each the weights (M, out, in), then the biases (M, out, 1), all
    contiguous; `parts` are these views, `slopes` the same views of `gradient`.
    """

    def __init__(self, shape: MLPShape, seeds: Sequence[int], network: int, device: str) -> None:
        """Initial weights as a single run draws them; `network`: 0 generator or decoder, 1 the other."""
        self.sizes = shape.sizes
        self.activation = ACTIVATIONS[shape.activation]
        sizes = [(o, i) for i, o in pairwise(self.sizes)]
        self._shapes = [torch.Size(s) for o, i in sizes for s in ((len(seeds), o, i), (len(seeds), o, 1))]
        host = torch.zeros(sum(s.numel() for s in self._shapes))
        for model, seed in enumerate(seeds):
            rng = weights_rng(seed, network)  # drawn in the order of `nets.mlp.Dense`
            for part, (_, inputs) in zip(self.split(host), (s for s in sizes for _ in range(2)), strict=True):
                part[model].uniform_(-(inputs**-0.5), inputs**-0.5, generator=rng)
        self.vector = host.to(device)
        self.gradient = torch.zeros_like(self.vector)
        self.parts, self.slopes = self.split(self.vector), self.split(self.gradient)
        self.weights, self.biases = self.parts[0::2], self.parts[1::2]
        self.weight_slopes, self.bias_slopes = self.slopes[0::2], self.slopes[1::2]

    def split(self, vector: Tensor) -> list[Tensor]:
        """A vector like `vector` as views: weights (M, out, in) and biases (M, out, 1) of each layer."""
        pieces = vector.split([shape.numel() for shape in self._shapes])
        return [piece.view(shape) for piece, shape in zip(pieces, self._shapes, strict=True)]

    def finite(self) -> Tensor:
        """(M,) bool: whether every weight of a model is a number."""
        return torch.stack([part.sum((1, 2)).isfinite() for part in self.parts]).all(0)

    def flat(self, model: int) -> Tensor:
        """(P,): one model's parameters in the order of `flat.Flat`."""
        return torch.cat([part[model].reshape(-1) for part in self.parts])

    def apply(self, x: Tensor, models: Tensor) -> Tensor:
        """(in, B) or (len(models), in, B) -> (len(models), out, B): what some of the networks say."""
        y = x.expand(len(models), *x.shape[-2:])
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            y = torch.baddbmm(bias[models], weight[models], y)
            if layer < len(self.weights) - 1:
                a = y.clone() if self.activation.needs_input else y
                self.activation.forward(a, y)
        return y


class StackedPass:
    """`closed_form.Pass` of M models at once; gradients are sums over the points.

    Reads `source` (M, inputs, B), writes `output` (M, outputs, B); backward reads `slope`, leaves d loss /
    d source in `slopes[0]` if `to_input`, the parameters' gradient if `learns`. `share`: use the inner
    buffers of a pass of at least as many points, which must be over before this one starts.
    """

    def __init__(
        self,
        stack: Stack,
        source: Tensor,
        *,
        slope: Tensor | None = None,
        learns: bool = False,
        to_input: bool = False,
        share: StackedPass | None = None,
    ) -> None:
        self.stack, self.source, self.learns, self.to_input = stack, source, learns, to_input
        sizes = stack.sizes
        self.inner: list[Tensor] = self._buffers(sizes[1:-1], share.inner if share else None)
        self.hidden = self.inner  # the same buffers where the activation may overwrite them
        if stack.activation.needs_input:
            self.hidden = self._buffers(sizes[1:-1], share.hidden if share else None)
        self.slopes: list[Tensor] = self._buffers(sizes[:-1], share.slopes if share else None)
        (self.output,) = self._buffers(sizes[-1:])
        self.slope = torch.zeros_like(self.output) if slope is None else slope
        self.inputs = [source, *self.hidden]
        self._forward, self._backward = self._lay_forward(), self._lay_backward()

    def forward(self) -> Tensor:
        """From `source` to `output`."""
        for operation in self._forward:
            operation()
        return self.output

    def backward(self) -> Tensor:
        """From `slope` to `slopes[0]`, which means something only with `to_input`."""
        for operation in self._backward:
            operation()
        return self.slopes[0]

    def _buffers(self, widths: Sequence[int], share: list[Tensor] | None = None) -> list[Tensor]:
        """(M, width, B) for each width, in the memory of larger ones where there are any."""
        models, _, points = self.source.shape
        shapes = [torch.Size((models, width, points)) for width in widths]
        if share is None:
            return [self.source.new_zeros(shape) for shape in shapes]
        return [room.view(-1)[: shape.numel()].view(shape) for room, shape in zip(share, shapes, strict=True)]

    def _lay_forward(self) -> list[Operation]:
        stack = self.stack
        found: list[Operation] = []
        for layer, (x, y) in enumerate(zip(self.inputs, [*self.inner, self.output], strict=True)):
            found.append(partial(torch.bmm, stack.weights[layer], x, out=y))
            found.append(partial(y.add_, stack.biases[layer]))
            if layer < len(self.inner):
                found.append(partial(stack.activation.forward, y, self.hidden[layer]))
        return found

    def _lay_backward(self) -> list[Operation]:
        stack, slope = self.stack, self.slope
        found: list[Operation] = []
        for layer in range(len(stack.weights) - 1, -1, -1):
            if self.learns:
                weight, bias = stack.weight_slopes[layer], stack.bias_slopes[layer]
                found.append(partial(torch.bmm, slope, self.inputs[layer].transpose(1, 2), out=weight))
                found.append(partial(torch.sum, slope, 2, keepdim=True, out=bias))
            if layer or self.to_input:
                found += self._lay_layer_back(layer, slope)
                slope = self.slopes[layer]
        return found

    def _lay_layer_back(self, layer: int, slope: Tensor) -> list[Operation]:
        """d loss / d (output of a layer) to d loss / d (pre-activation of the one below)."""
        back = self.stack.weights[layer].transpose(1, 2)
        found: list[Operation] = [partial(torch.bmm, back, slope, out=self.slopes[layer])]
        if layer:
            below = (self.slopes[layer], self.hidden[layer - 1], self.inner[layer - 1])
            found.append(partial(self.stack.activation.backward, *below))
        return found


class StackedSlopePass(StackedPass):
    """`closed_form.SlopePass` of M models: n = d (sum of scores) / d source, and the gradient of <u, n>."""

    def __init__(self, stack: Stack, source: Tensor) -> None:
        points = (source.shape[0], source.shape[2])
        self.above = [source.new_zeros(points[0], width, points[1]) for width in stack.sizes[1:-1]]
        super().__init__(stack, source, to_input=True)
        self.slope.fill_(1.0)

    def input_slope(self) -> Tensor:
        """n (M, inputs, B) at the source."""
        self.forward()
        return self.backward()

    def _lay_layer_back(self, layer: int, slope: Tensor) -> list[Operation]:
        found = super()._lay_layer_back(layer, slope)
        if layer and self.stack.activation.second:
            found.insert(1, partial(self.above[layer - 1].copy_, self.slopes[layer]))
        return found

    def add_gradient(self, u: Tensor) -> None:
        """Add the gradient of sum(u * n) to the parameters' gradient; u (M, inputs, B) counts as constant."""
        stack, act = self.stack, self.stack.activation
        bends: list[Tensor] = []
        t = u
        for layer, slope in enumerate([*self.slopes[1:], self.slope]):
            stack.weight_slopes[layer].baddbmm_(slope, t.transpose(1, 2))
            if layer < len(self.inner):
                h, a = self.hidden[layer], self.inner[layer]
                t = torch.bmm(stack.weights[layer], t)
                if act.second:
                    bends.append(act.second(h, a).mul_(t).mul_(self.above[layer]))
                act.backward(t, h, a)
        self._add_bends(bends)

    def _add_bends(self, bends: list[Tensor]) -> None:
        """The part that goes through f'': slopes enter at every a and flow down as usual."""
        stack = self.stack
        carried: Tensor | None = None
        for layer in range(len(bends) - 1, -1, -1):
            slope = bends[layer] if carried is None else carried.add_(bends[layer])
            stack.weight_slopes[layer].baddbmm_(slope, self.inputs[layer].transpose(1, 2))
            stack.bias_slopes[layer].add_(slope.sum(2, keepdim=True))
            if layer:
                carried = torch.bmm(stack.weights[layer].transpose(1, 2), slope)
                stack.activation.backward(carried, self.hidden[layer - 1], self.inner[layer - 1])
