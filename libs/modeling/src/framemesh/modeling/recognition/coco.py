"""The classes of COCO, with which most public detectors are trained."""

_NAMES = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra,
giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite,
baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork,
knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut,
cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard,
cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear,
hair drier, toothbrush
"""

COCO = tuple(" ".join(name.split()) for name in _NAMES.split(","))

UNUSED_IDS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
"""Of the 90 numbers that COCO's own files use; DETR and TensorFlow number classes so."""


def coco_labels(classes: int) -> tuple[str, ...]:
    """For a model of 80 classes, or of 90 or 91 that are numbered as in COCO's own files.

    Empty where COCO has not this number of classes. 0: it is not known.
    """
    return COCO if classes in (0, len(COCO)) else numbered_coco_labels(classes)


def numbered_coco_labels(classes: int) -> tuple[str, ...]:
    """By the numbers that COCO's own files use, 1 to 90; 91 with an unused 0.

    The detectors of TensorFlow and torchvision count so, and do not tell how many classes they
    have. Empty for another number; 0: it is not known.
    """
    if classes not in (0, 90, 91):
        return ()
    names = iter(COCO)
    by_id = [f"unused {at}" if at in UNUSED_IDS else next(names) for at in range(1, 91)]
    return ("unused 0", *by_id) if classes == 91 else tuple(by_id)
