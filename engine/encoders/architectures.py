"""The networks of others that are known here, as data; each can be made narrower and shorter, for tests.

ResNet v1 (He et al., 2016) as Keras has it, with its stride in the first convolution of a block; MobileNetV2 (Sandler
et al., 2018) as torchvision has it; EfficientNet-lite0 (Tan and Le, 2019, without squeeze and swish); VGGish's trunk
(Hershey et al., 2017) up to its last convolution; mn04, a MobileNetV3 for sound (Schmid et al., 2023).
"""

from typing import Final

from engine.encoders.network_description import Activation, Conv, Layer, MaxPool, Net, Residual, Squeeze, same

RESNET_BLOCKS: Final = {"resnet50": (3, 4, 6, 3), "resnet152": (3, 8, 36, 3)}
_RESNET_GROWS: Final = 4
_MOBILENET: Final = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks, stride."""
_LITE: Final = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
"""The same, and the kernel."""
_VGGISH: Final = ((64, 1), (128, 1), (256, 2), (512, 2))
"""Channels and convolutions between two pools."""
_MN: Final[tuple[tuple[int, int, int, int, bool, Activation, int], ...]] = (
    (16, 3, 16, 16, False, "relu", 1), (16, 3, 64, 24, False, "relu", 2), (24, 3, 72, 24, False, "relu", 1),
    (24, 5, 72, 40, True, "relu", 2), (40, 5, 120, 40, True, "relu", 1), (40, 5, 120, 40, True, "relu", 1),
    (40, 3, 240, 80, False, "hard_swish", 2), (80, 3, 200, 80, False, "hard_swish", 1),
    (80, 3, 184, 80, False, "hard_swish", 1), (80, 3, 184, 80, False, "hard_swish", 1),
    (80, 3, 480, 112, True, "hard_swish", 1), (112, 3, 672, 112, True, "hard_swish", 1),
    (112, 5, 672, 160, True, "hard_swish", 2), (160, 5, 960, 160, True, "hard_swish", 1),
    (160, 5, 960, 160, True, "hard_swish", 1),
)  # fmt: skip
"""Inputs, kernel, expanded, outputs, with squeeze, activation, stride."""


def resnet(blocks: tuple[int, ...], stem: int = 64) -> Net:
    """``stem`` channels after the first convolution, 32 times as many at the end."""
    layers: list[Layer] = [Conv("conv1", 3, stem, 7, 2, (3, 3), activation="relu"), MaxPool(3, 2, (1, 1))]
    inputs = stem
    for stage, count in enumerate(blocks):
        inner = stem * 2**stage
        outputs = inner * _RESNET_GROWS
        for block in range(count):
            name = f"conv{stage + 2}_block{block + 1}"
            stride = 2 if stage and not block else 1
            body = (
                Conv(f"{name}_1", inputs, inner, 1, stride, activation="relu"),
                Conv(f"{name}_2", inner, inner, 3, 1, (1, 1), activation="relu"),
                Conv(f"{name}_3", inner, outputs),
            )
            shortcut = () if block else (Conv(f"{name}_0", inputs, outputs, 1, stride),)
            layers.append(Residual(body, shortcut, "relu"))
            inputs = outputs
    return Net(tuple(layers), 3, inputs)


def mobilenet(width: float = 1.0, last: int = 1280) -> Net:
    """Names are torchvision's: ``features.1`` and so on, with the number of the convolution in its block."""
    stem = _whole(32 * width)
    layers: list[Layer] = [Conv("features.0", 3, stem, 3, 2, (1, 1), activation="relu6")]
    inputs, place = stem, 0
    for expansion, channels, count, first_stride in _MOBILENET:
        for block in range(count):
            place += 1
            outputs, stride = _whole(channels * width), 1 if block else first_stride
            sizes = (inputs, inputs * expansion, outputs)
            layers += _inverted(f"features.{place}", *sizes, 3, stride, (1, 1), "relu6")
            inputs = outputs
    return Net((*layers, Conv(f"features.{place + 1}", inputs, last, activation="relu6")), 3, last)


def efficientnet_lite(width: float = 1.0, last: int = 1280) -> Net:
    """Names are ``stem``, ``blocks.0`` and so on, ``head``; of pictures whose sides are even down to the last. The
    first convolution is as wide in all of the family."""
    stem = 32
    layers: list[Layer] = [Conv("stem", 3, stem, 3, 2, same(3, 2), activation="relu6")]
    inputs, place = stem, 0
    for expansion, channels, count, first_stride, kernel in _LITE:
        for block in range(count):
            outputs, stride = _whole(channels * width), 1 if block else first_stride
            sizes = (inputs, inputs * expansion, outputs)
            layers += _inverted(f"blocks.{place}", *sizes, kernel, stride, same(kernel, stride), "relu6")
            inputs, place = outputs, place + 1
    return Net((*layers, Conv("head", inputs, last, activation="relu6")), 3, last)


def vggish(first: int = 64) -> Net:
    """Of log-mel (n, frames, bands, 1); a pool takes the odd row or column at the end, as TensorFlow's SAME does."""
    layers: list[Layer] = []
    inputs = 1
    for stage, (channels, count) in enumerate(_VGGISH):
        outputs = channels * first // _VGGISH[0][0]
        layers += [MaxPool(2, 2, (0, 1))] if stage else []
        for i in range(count):
            name = f"conv{stage + 1}" + (f"_{i + 1}" if count > 1 else "")
            layers.append(Conv(name, inputs, outputs, 3, 1, (1, 1), activation="relu"))
            inputs = outputs
    return Net(tuple(layers), 1, inputs)


def mn(width: float = 0.4) -> Net:
    """Of log-mel (n, bands, frames, 1). Names are EfficientAT's."""
    layers: list[Layer] = [Conv("features.0", 1, _whole(16 * width), 3, 2, (1, 1), activation="hard_swish")]
    for place, (inputs, kernel, expanded, outputs, squeezed, activation, stride) in enumerate(_MN, 1):
        sizes = (_whole(inputs * width), _whole(expanded * width), _whole(outputs * width))
        squeeze = _whole(sizes[1] // 4) if squeezed else 0
        pads = (kernel // 2, kernel // 2)
        layers += _inverted(f"features.{place}", *sizes, kernel, stride, pads, activation, squeeze)
    last = _whole(_MN[-1][3] * width)
    layers.append(Conv(f"features.{len(_MN) + 1}", last, 6 * last, activation="hard_swish"))
    return Net(tuple(layers), 1, 6 * last)


def _inverted(
    name: str,
    inputs: int,
    expanded: int,
    outputs: int,
    kernel: int,
    stride: int,
    pads: tuple[int, int],
    activation: Activation,
    squeezed: int = 0,
) -> tuple[Layer, ...]:
    """An inverted residual block: wider, a convolution of each channel, narrower; with a shortcut where it can."""
    wider = (Conv(f"{name}.wider", inputs, expanded, activation=activation),) if expanded != inputs else ()
    each = Conv(f"{name}.each", expanded, expanded, kernel, stride, pads, expanded, activation)
    squeeze = (Squeeze(f"{name}.squeeze", expanded, squeezed),) if squeezed else ()
    body = (*wider, each, *squeeze, Conv(f"{name}.narrower", expanded, outputs))
    return (Residual(body),) if stride == 1 and inputs == outputs else body


def _whole(channels: float, multiple: int = 8) -> int:
    """A multiple of 8 near ``channels``, never a tenth less, as all of the MobileNet family round."""
    rounded = max(multiple, int(channels + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * channels else rounded
