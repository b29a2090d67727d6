"""The manifest of a model, next to its ONNX file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from framemesh.core.names import Name
from framemesh.core.pipeline.results import ResultBound

_STRICT = ConfigDict(extra="forbid")

MAX_SIDE = 8192
"""Largest width and height of a model's input, in pixels."""


MAX_MULTIPLE = 256
"""Of the sides of an input, in pixels: twice the largest stride of any family."""


class Fit(StrEnum):
    """How an image is resized to a model's input."""

    STRETCH = "stretch"
    """Width and height are scaled independently."""
    LETTERBOX = "letterbox"
    """Scaled by one factor until all of it fits in, the rest filled with one colour."""
    CENTER_CROP = "center-crop"
    """Scaled by one factor until it covers the input, and the middle of it cut out."""


class Anchor(StrEnum):
    """Where a letterboxed image lies in the input."""

    CENTER = "center"
    TOP_LEFT = "top-left"


class Interpolation(StrEnum):
    NEAREST = "nearest"
    LINEAR = "linear"
    AREA = "area"
    CUBIC = "cubic"
    LANCZOS = "lanczos"


class Color(StrEnum):
    BGR = "bgr"
    RGB = "rgb"
    GRAY = "gray"
    """One channel, weighed as OpenCV does: 0.299 red + 0.587 green + 0.114 blue."""


class Layout(StrEnum):
    NHWC = "nhwc"
    NCHW = "nchw"
    NHW = "nhw"
    """Without a channel dimension: of grey images."""


class DType(StrEnum):
    UINT8 = "uint8"
    INT32 = "int32"
    FLOAT16 = "float16"
    FLOAT32 = "float32"


class Activation(StrEnum):
    """What turns the numbers of a model into probabilities."""

    AUTO = "auto"
    """Nothing if they are not negative and sum to 1, else a softmax; an error where both may be."""
    SOFTMAX = "softmax"
    """They are logits of classes that exclude one another."""
    SIGMOID = "sigmoid"
    """They are logits, each on its own."""
    NONE = "none"
    """They are probabilities: the model ends with its activation."""


class Suppression(StrEnum):
    """What happens to a box that overlaps a better one of its class."""

    HARD = "hard"
    """It goes."""
    SOFT_LINEAR = "soft-linear"
    """Its score is multiplied by 1 - overlap."""
    SOFT_GAUSSIAN = "soft-gaussian"
    """Its score is multiplied by exp(-overlap^2 / sigma), whatever the overlap."""


Finite = Annotated[float, Field(allow_inf_nan=False)]
Channels = Annotated[tuple[Finite, ...], Field(min_length=1, max_length=3)]
"""One for each channel, or one for all."""


Constant = Finite | str
"""A number of an input beside the image; `width` and `height` are that side of the model's input,
in pixels."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How an image becomes the input of a model: value = (pixel * scale - mean) / std."""

    __pydantic_config__ = _STRICT

    name: str
    """Of the ONNX tensor."""
    width: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    height: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    fit: Fit = Fit.STRETCH
    interpolation: Interpolation = Interpolation.LINEAR
    color: Color = Color.RGB
    layout: Layout = Layout.NCHW
    dtype: DType = DType.FLOAT32
    scale: Finite = 1.0
    mean: Channels = (0.0, 0.0, 0.0)
    """In the order of `color`, after scaling."""
    std: Channels = (1.0, 1.0, 1.0)
    anchor: Anchor = Anchor.CENTER
    fill: Annotated[int, Field(ge=0, le=255)] = 114
    """Of a letterbox, in every channel, before scaling. The default is the grey that YOLO trains
    with, near the mean of an image."""
    short_side: Annotated[int, Field(ge=0, le=MAX_SIDE)] = 0
    """Of an image that is scaled for a centre crop, in pixels; 0: as small as covers the input.
    With `multiple_of`: no image is scaled beyond it; 0: as large as the input may be."""
    multiple_of: Annotated[int, Field(ge=0, le=MAX_MULTIPLE)] = 0
    """Set: each input is as large as its image, scaled until it fits into width x height, with
    each side filled up to a multiple of this. 0: every input is width x height."""

    @property
    def channels(self) -> int:
        return 1 if self.color is Color.GRAY else 3

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image, without the batch dimension; the largest, where they differ."""
        return self.shape_of(self.width, self.height)

    def shape_of(self, width: int, height: int) -> tuple[int, ...]:
        """The same of an input of this size."""
        match self.layout:
            case Layout.NHWC:
                return (height, width, self.channels)
            case Layout.NCHW:
                return (self.channels, height, width)
            case Layout.NHW:
                return (height, width)

    def of_size(self, width: int, height: int) -> "InputSpec":
        """The input as one that always has this size."""
        return replace(self, width=width, height=height, multiple_of=0, short_side=0)

    def per_channel(self, values: Channels) -> tuple[float, ...]:
        """`mean` or `std`, as many as there are channels."""
        return values * self.channels if len(values) == 1 else values[: self.channels]


@dataclass(frozen=True, slots=True)
class DecoderSpec:
    """How the outputs of a model become detections."""

    __pydantic_config__ = _STRICT

    name: str
    """One of the decoders of framemesh.modeling.decoders.registry."""
    score_threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    iou_threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Of two boxes of one class that overlap by more, the one with the lower score goes, or loses
    of its score."""
    suppression: Suppression = Suppression.HARD
    sigma: Annotated[float, Field(gt=0, le=10)] = 0.5
    """Of a Gaussian suppression: the larger, the less of a score goes. The default is that of the
    authors (Bodla et al., 2017)."""
    max_detections: Annotated[int, Field(ge=1, le=1000)] = 100
    background: bool = False
    """Class 0 of the model's scores is "nothing" and has no label."""
    first_class: Annotated[int, Field(ge=0, le=1)] | None = None
    """The number that the model gives to the class of the first label, where it answers numbers of
    classes; None: as its family does."""
    agnostic: bool = False
    """Boxes of different classes that overlap suppress one another too."""
    keypoints: Annotated[int, Field(ge=0, le=500)] = 0
    """Of one thing, where the outputs do not tell how many there are."""
    keypoint_values: Annotated[int, Field(ge=2, le=3)] = 3
    """Of each keypoint: x and y, or x, y and how sure the model is."""
    output: str = ""
    """The output that is read, of a model with several heads; empty: the only one."""
    activation: Activation = Activation.AUTO
    normalize: bool = False
    """An embedding is scaled to length 1."""
    blank: Annotated[int, Field(ge=-1)] = 0
    """Of CTC: the class that stands between two letters; -1: the last."""
    steps_first: bool = False
    """Of CTC: the output is [steps, images, letters], as torch's recurrent layers have it."""
    low: Finite | None = None
    """Of an anomaly or a depth map: the value that becomes 0. None: 0 of an anomaly, else the least
    of the frame."""
    high: Finite | None = None
    """The value that becomes 1. None: 1 of an anomaly, else the greatest of the frame."""
    map_threshold: Annotated[float, Field(ge=0, le=1)] = 0.3
    """What of a map of text is text."""
    unclip_ratio: Annotated[float, Field(ge=0, le=10)] = 1.5
    """How far text is larger than in its map: each side by area * unclip_ratio / perimeter."""
    dilate: bool = False
    """Regions of a map of text are widened by a cell before they are told apart."""
    reg_max: Annotated[int, Field(ge=1, le=64)] = 7
    """The largest distance, in strides, that a distribution of NanoDet tells."""
    output_names: Annotated[Mapping[str, str], Field(max_length=64)] = field(default_factory=dict)
    """The name that the decoder knows of an output -> its name in this model, where they differ."""


Bone = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
"""Two keypoints by their numbers, from 0."""


@dataclass(frozen=True, slots=True)
class SimulatedSpec:
    """An accelerator that is not there, for tests and benchmarks: the model is not run, its time
    is slept, its outputs are zeros.

    A request takes base_ms + per_image_ms * images. The limits keep two full batches, one
    behind the other, within the time that a worker waits for an answer.
    """

    __pydantic_config__ = _STRICT

    base_ms: Annotated[float, Field(ge=0, le=1000)]
    """Of every request, whatever is in it."""
    per_image_ms: Annotated[float, Field(ge=0, le=20)]


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """The model.yaml beside an ONNX file."""

    __pydantic_config__ = _STRICT

    name: Name
    file: str
    """The ONNX file, relative to the manifest."""
    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    """Of class 0, 1, 2, ...; in a model.yaml also the name of a file with one a line."""
    input: InputSpec
    decoder: DecoderSpec
    description: str = ""
    max_batch: Annotated[int, Field(ge=1, le=256)] = 8
    """At most the batch of the ONNX file; 1 where its input has none."""
    instances: Annotated[int, Field(ge=0, le=64)] = 0
    """Copies that Triton runs side by side; 0: one on a GPU and one where the model is simulated,
    else as many as the worker's node has CPUs."""
    skeleton: Annotated[tuple[Bone, ...], Field(max_length=500)] = ()
    """Of a model that tells keypoints: the lines between them that images show. Empty: those of
    COCO where there are 17, else none."""
    constants: Mapping[str, Constant | tuple[Constant, ...]] = field(default_factory=dict)
    """Of each input beside the image: its values for an image, or one for all its elements."""
    simulated: SimulatedSpec | None = None
    """Set: the ONNX file only tells the names and shapes of what goes in and comes out."""

    @property
    def constant_numbers(self) -> Mapping[str, tuple[float, ...]]:
        """The constants with the sides of the input in place of their names."""
        sides = {"width": self.input.width, "height": self.input.height}
        return {
            name: tuple(
                sides[value] if isinstance(value, str) else value
                for value in (given if isinstance(given, tuple) else (given,))
            )
            for name, given in self.constants.items()
        }

    def of_size(self, width: int, height: int) -> "ModelManifest":
        """The model as one whose input always has this size."""
        return replace(self, input=self.input.of_size(width, height))


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A registered model. Any change of its file or its manifest is a new version."""

    __pydantic_config__ = _STRICT

    manifest: ModelManifest
    version: int
    size_bytes: Annotated[int, Field(ge=0)]
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the ONNX file, in hexadecimal."""
    result: ResultBound | None = None
    """The most that it tells of one image; None: it was registered before that was worked out."""
