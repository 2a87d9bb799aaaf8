"""A perceptron's forward and backward pass in closed form, into buffers made once.

At these sizes an update is overhead, not arithmetic: autograd builds and walks a graph of some hundred small
nodes each time. Here the same matrix products run back to back into fixed buffers; nothing is allocated,
nothing recorded. Covers linear layers (plain or spectrally normalised) with an elementwise activation; the
gradients equal autograd's within rounding (tested). Runs without gradient mode, on any device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from playground.engine.flat import Flat
from playground.nets.mlp import LEAKY_SLOPE, MLP, SpectralDense

aten = torch.ops.aten
Operation = Callable[[], object]
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
            along = (slope * weight).sum()
            slope.addr_(layer.left * along, layer.right, alpha=-1.0).div_(layer.sigma())


class Pass:
    """Forward and backward on fixed buffers, laid out once as a list of operations and then only run.

    Reads `source` (rows, inputs), writes `output` (rows, outputs); backward reads `slope`, d loss / d output,
    and leaves d loss / d source in `slopes[0]` if `to_input`, the parameters' gradient if `learns`. `share`:
    use the inner buffers of a pass of at least as many rows, which must be over before this one starts.
    `scale` multiplies the parameters' gradient: 1 / rows where the slopes are those of a mean's terms.
    """

    def __init__(
        self,
        form: ClosedForm,
        source: Tensor,
        *,
        output: Tensor | None = None,
        slope: Tensor | None = None,
        learns: bool = False,
        to_input: bool = False,
        share: Pass | None = None,
        scale: float = 1.0,
    ) -> None:
        self.form, self.source, self.learns, self.to_input = form, source, learns, to_input
        self.scale = scale
        rows, sizes = len(source), form.sizes
        self.inner: list[Tensor]  # a of each hidden layer, before the activation
        self.hidden: list[Tensor]  # h = f(a), the same buffers where the activation may overwrite them
        self.slopes: list[Tensor]  # d loss / d (input of layer l)
        if share:
            shared = (share.inner, share.hidden, share.slopes)
            self.inner, self.hidden, self.slopes = ([b[:rows] for b in buffers] for buffers in shared)
        else:
            self.inner = [source.new_zeros(rows, width) for width in sizes[1:-1]]
            self.hidden = (
                [torch.zeros_like(a) for a in self.inner] if form.activation.needs_input else self.inner
            )
            self.slopes = [source.new_zeros(rows, width) for width in sizes[:-1]]
        self.output = source.new_zeros(rows, sizes[-1]) if output is None else output
        self.slope = source.new_zeros(rows, sizes[-1]) if slope is None else slope
        self.inputs = [source, *self.hidden]
        self._ones = source.new_ones(rows)
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

    def _lay_forward(self) -> list[Operation]:
        form = self.form
        found: list[Operation] = []
        outputs = [*self.inner, self.output]
        for layer, (x, y) in enumerate(zip(self.inputs, outputs, strict=True)):
            found.append(partial(torch.addmm, form.biases[layer], x, form.weights[layer].t(), out=y))
            if layer < len(self.inner):
                found.append(partial(form.activation.forward, y, self.hidden[layer]))
        return found

    def _lay_backward(self) -> list[Operation]:
        form, slope = self.form, self.slope
        found: list[Operation] = []
        for layer in range(len(form.weights) - 1, -1, -1):
            if self.learns:
                scaled = {"beta": 0.0, "alpha": self.scale}
                weight, bias = form.weight_slopes[layer], form.bias_slopes[layer]
                found.append(partial(weight.addmm_, slope.t(), self.inputs[layer], **scaled))
                found.append(partial(bias.addmv_, slope.t(), self._ones, **scaled))
            if layer or self.to_input:
                found += self._lay_layer_back(layer, slope)
                slope = self.slopes[layer]
        return found

    def _lay_layer_back(self, layer: int, slope: Tensor) -> list[Operation]:
        """d loss / d (output of a layer) to d loss / d (pre-activation of the one below)."""
        found: list[Operation] = [partial(torch.mm, slope, self.form.weights[layer], out=self.slopes[layer])]
        if layer:
            below = (self.slopes[layer], self.hidden[layer - 1], self.inner[layer - 1])
            found.append(partial(self.form.activation.backward, *below))
        return found


class SlopePass(Pass):
    """What a gradient penalty needs: n = d (sum of scores) / d source, and the gradient of <u, n>.

    With u held fixed, <u, n(x)> is the derivative of the score in direction u. It is carried forward layer by
    layer (t), beside the usual pass, and what comes back reuses the slopes that gave n; an activation with a
    second derivative adds a second backward pass.
    """

    def __init__(self, form: ClosedForm, source: Tensor) -> None:
        self.above = [source.new_zeros(len(source), width) for width in form.sizes[1:-1]]  # d score / d h
        super().__init__(form, source, to_input=True)
        self.slope.fill_(1.0)

    def input_slope(self) -> Tensor:
        """n (rows, inputs) at the source."""
        self.forward()
        return self.backward()

    def _lay_layer_back(self, layer: int, slope: Tensor) -> list[Operation]:
        found = super()._lay_layer_back(layer, slope)
        if layer and self.form.activation.second:
            found.insert(1, partial(self.above[layer - 1].copy_, self.slopes[layer]))
        return found

    def add_gradient(self, u: Tensor) -> None:
        """Add the gradient of sum(u * n) to the parameters' gradient; u (rows, inputs) counts as constant."""
        form, act = self.form, self.form.activation
        slopes = [*self.slopes[1:], self.slope]  # d score / d a of each layer
        bends: list[Tensor] = []
        t = u
        for layer, slope in enumerate(slopes):
            form.weight_slopes[layer].addmm_(slope.t(), t)
            if layer < len(self.inner):
                h, a = self.hidden[layer], self.inner[layer]
                t = torch.mm(t, form.weights[layer].t())
                if act.second:
                    bends.append(act.second(h, a).mul_(t).mul_(self.above[layer]))
                act.backward(t, h, a)
        self._add_bends(bends)

    def _add_bends(self, bends: list[Tensor]) -> None:
        """The part that goes through f'': slopes enter at every a and flow down as usual."""
        form = self.form
        carried: Tensor | None = None
        for layer in range(len(bends) - 1, -1, -1):
            slope = bends[layer] if carried is None else carried.add_(bends[layer])
            form.weight_slopes[layer].addmm_(slope.t(), self.inputs[layer])
            form.bias_slopes[layer].add_(slope.sum(0))
            if layer:
                carried = torch.mm(slope, form.weights[layer])
                form.activation.backward(carried, self.hidden[layer - 1], self.inner[layer - 1])
