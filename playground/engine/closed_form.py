"""A perceptron's forward and backward pass in closed form, into buffers made once.

At these sizes an update is overhead, not arithmetic: autograd builds and walks a graph of some hundred small
nodes each time. Here the same matrix products run back to back with `out=`, nothing is allocated, nothing
recorded. Covers linear layers (plain or spectrally normalised) with an elementwise activation; the gradients
equal autograd's within rounding (tested). Runs under `torch.no_grad`, on any device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from playground.engine.flat import Flat
from playground.nets.mlp import LEAKY_SLOPE, MLP, SpectralDense

aten = torch.ops.aten
SUPPORTED_NORMALISATIONS = ("none", "spectral")


@dataclass(frozen=True)
class Activation:
    """f, f' and f'' of one activation, on buffers.

    `forward(a, h)` writes f(a) to h, which is a itself unless `needs_input`; `backward(g, h, a)` turns the
    slope g with respect to h into the one with respect to a, in place; `second(h, a)` is f''(a), None where
    it is zero almost everywhere.
    """

    forward: Callable[[Tensor, Tensor], object]
    backward: Callable[[Tensor, Tensor, Tensor], object]
    second: Callable[[Tensor, Tensor], Tensor] | None = None
    needs_input: bool = False  # whether `backward` must see a, so that h may not overwrite it


def _silu_second(h: Tensor, a: Tensor) -> Tensor:
    s = torch.sigmoid(a)
    return s * (1.0 - s) * (2.0 + a * (1.0 - 2.0 * s))


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(
        lambda a, h: torch.relu_(a),
        lambda g, h, a: aten.threshold_backward.grad_input(g, h, 0.0, grad_input=g),
    ),
    "leaky_relu": Activation(
        lambda a, h: F.leaky_relu_(a, LEAKY_SLOPE),
        lambda g, h, a: aten.leaky_relu_backward.grad_input(g, h, LEAKY_SLOPE, True, grad_input=g),
    ),
    "tanh": Activation(
        lambda a, h: torch.tanh(a, out=h),
        lambda g, h, a: aten.tanh_backward.grad_input(g, h, grad_input=g),
        lambda h, a: -2.0 * h * (1.0 - h * h),
    ),
    "silu": Activation(
        lambda a, h: aten.silu.out(a, out=h),
        lambda g, h, a: aten.silu_backward.grad_input(g, a, grad_input=g),
        _silu_second,
        needs_input=True,
    ),
}


class ClosedForm:
    """The weights of one `MLP` as the passes read them, and where their gradients go."""

    def __init__(self, net: MLP, flat: Flat) -> None:
        self.net, self.flat = net, flat
        self.activation = ACTIVATIONS[net.shape.activation]
        self.sizes = net.shape.sizes
        self.biases: list[Tensor] = [layer.bias.data for layer in net.layers]
        raw: list[Tensor] = [layer.weight.data for layer in net.layers]
        self.spectral = [layer for layer in net.layers if isinstance(layer, SpectralDense)]
        self.weights = [torch.empty_like(w) for w in raw] if self.spectral else raw
        self.weight_slopes, self.bias_slopes = flat.gradients[0::2], flat.gradients[1::2]

    def prepare(self) -> None:
        """Spectral: divide the weights by their norms, as they are now."""
        for layer, weight in zip(self.spectral, self.weights, strict=False):
            torch.div(layer.weight.data, layer.sigma(), out=weight)

    def finish(self) -> None:
        """Spectral: turn the slope of W / sigma(W) into that of W (Miyato et al. 2018, eq. 12)."""
        for layer, weight, slope in zip(self.spectral, self.weights, self.weight_slopes, strict=False):
            along = float((slope * weight).sum())
            slope.addr_(layer.left, layer.right, alpha=-along).div_(layer.sigma())


class Pass:
    """Forward and backward for a fixed number of rows, with buffers of its own.

    `learns`: backward fills the parameters' gradient. `to_input`: backward gives the slope of the input.
    `share`: use the buffers of a pass of at least as many rows, which must be over before this one starts.
    """

    def __init__(
        self, form: ClosedForm, rows: int, *, learns: bool, to_input: bool, share: Pass | None = None
    ) -> None:
        self.form, self.learns, self.to_input = form, learns, to_input
        sizes = form.sizes

        def buffers(widths: list[int], shared: list[Tensor]) -> list[Tensor]:
            if shared:
                return [buffer[:rows] for buffer in shared]
            return [torch.zeros(rows, width, device=form.flat.vector.device) for width in widths]

        self.inner: list[Tensor] = buffers(
            sizes[1:-1], share.inner if share else []
        )  # a, before the activation
        self.hidden = self.inner
        if form.activation.needs_input:
            self.hidden = buffers(sizes[1:-1], share.hidden if share else [])
        self.slopes: list[Tensor] = buffers(
            sizes[:-1], share.slopes if share else []
        )  # by each layer's input
        self.output = buffers(sizes[-1:], [])[0]
        self.inputs: list[Tensor] = []
        self._transposed = [w.t() for w in form.weights]

    def forward(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """(rows, inputs) -> (rows, outputs), in `out` or in the pass's own buffer."""
        form, activate = self.form, self.form.activation.forward
        inputs = [x]
        for weight, bias, a, h in zip(self._transposed, form.biases, self.inner, self.hidden, strict=False):
            torch.mm(x, weight, out=a).add_(bias)  # a quarter faster than addmm on the CPU
            activate(a, h)
            x = h
            inputs.append(x)
        self.inputs = inputs
        y = self.output if out is None else out
        return torch.mm(x, self._transposed[-1], out=y).add_(form.biases[-1])

    def backward(self, slope: Tensor) -> Tensor:
        """From d loss / d output (rows, outputs). Returns d loss / d input, meaningless unless `to_input`."""
        form, back = self.form, self.form.activation.backward
        for layer in range(len(form.weights) - 1, -1, -1):
            if self.learns:
                torch.mm(slope.t(), self.inputs[layer], out=form.weight_slopes[layer])
                torch.sum(slope, 0, out=form.bias_slopes[layer])
            if layer or self.to_input:
                below = self.slopes[layer]
                torch.mm(slope, form.weights[layer], out=below)
                if layer:
                    back(below, self.hidden[layer - 1], self.inner[layer - 1])
                slope = below
        return slope


class SlopePass(Pass):
    """What a gradient penalty needs: n = d (sum of scores) / d input, and the gradient of <u, n>.

    With u held fixed, <u, n(x)> is the derivative of the score in direction u. It is carried forward layer by
    layer (t), beside the usual pass, and what comes back reuses the slopes that gave n; an activation with a
    second derivative adds a second backward pass.
    """

    def __init__(self, form: ClosedForm, rows: int) -> None:
        super().__init__(form, rows, learns=False, to_input=True)
        self._ones = torch.ones_like(self.output)
        self._above: list[Tensor] = []  # d score / d h, before the activation's slope

    def input_slope(self, x: Tensor) -> Tensor:
        """n (rows, inputs) at x (rows, inputs)."""
        self.forward(x)
        form, second = self.form, self.form.activation.second
        slope, self._above = self._ones, []
        for layer in range(len(form.weights) - 1, -1, -1):
            below = self.slopes[layer]
            torch.mm(slope, form.weights[layer], out=below)
            if layer:
                if second:
                    self._above.insert(0, below.clone())
                form.activation.backward(below, self.hidden[layer - 1], self.inner[layer - 1])
            slope = below
        return slope

    def add_gradient(self, u: Tensor) -> None:
        """Add the gradient of sum(u * n) to the parameters' gradient; u (rows, inputs) counts as constant."""
        form, act = self.form, self.form.activation
        layers = len(form.weights)
        from_bends: list[Tensor] = []
        t = u
        for layer in range(layers):
            # `slopes[layer + 1]` is d score / d a of this layer; the last layer's is 1
            above = self.slopes[layer + 1] if layer + 1 < layers else self._ones
            form.weight_slopes[layer].addmm_(above.t(), t)
            if layer + 1 < layers:
                t = torch.mm(t, self._transposed[layer])
                if act.second:
                    bend = act.second(self.hidden[layer], self.inner[layer])
                    from_bends.append(bend.mul_(t).mul_(self._above[layer]))
                act.backward(t, self.hidden[layer], self.inner[layer])
        if act.second:
            self._add_bends(from_bends)

    def _add_bends(self, bends: list[Tensor]) -> None:
        """The part that goes through f'': slopes enter at every a and flow down as usual."""
        form, carried = self.form, None
        for layer in range(len(bends) - 1, -1, -1):
            slope = bends[layer] if carried is None else carried.add_(bends[layer])
            form.weight_slopes[layer].addmm_(slope.t(), self.inputs[layer])
            form.bias_slopes[layer].add_(slope.sum(0))
            if layer:
                carried = torch.mm(slope, form.weights[layer])
                form.activation.backward(carried, self.hidden[layer - 1], self.inner[layer - 1])
