"""Which of a YOLO's outputs is the table of its boxes."""

from framemesh.modeling.decoders.demand import Shapes, unreadable


def box_table(shapes: Shapes, form: str, decoder: str) -> str:
    """Name of the only output of two dimensions.

    Raw maps of four dimensions beside it, as some exporters leave them, are not read. Prototypes
    of masks are refused: boxes alone would be half of what the model tells.

    Args:
        form: names the two dimensions in messages.
    """
    tables = [name for name, shape in shapes.items() if len(shape) == 2]
    if len(tables) != 1 or prototypes(shapes):
        raise unreadable(shapes, decoder, f"one output [{form}]")
    return tables[0]


def masked_table(shapes: Shapes, form: str, decoder: str) -> tuple[str, str]:
    """Names of the table and of the prototypes of its masks, [coefficients, height, width]."""
    tables = [name for name, shape in shapes.items() if len(shape) == 2]
    masks = prototypes(shapes)
    if len(tables) != 1 or len(masks) != 1:
        raise unreadable(
            shapes, decoder, f"two outputs, [{form}] and prototypes [coefficients,height,width]"
        )
    return tables[0], masks[0]


def prototypes(shapes: Shapes) -> list[str]:
    """Names of the outputs of three dimensions."""
    return [name for name, shape in shapes.items() if len(shape) == 3]
