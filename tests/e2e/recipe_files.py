"""Files that another hand built for each family, and how they are to be read.

The script that builds them, and decoders of its author, lie beside the checkout where they are at
all. What its author does not decode is read by the references of tests/model_families.
"""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.e2e import recipe_details, recipe_detectors, recipe_rest
from tests.e2e.mesh import ROOT
from tests.model_families.family import FamilyModel

SHARED = ROOT.parent / "shared"
SCRIPTS = SHARED / "recipes/models"


def built(folder: Path) -> Path:
    """Build them; returns the folder with a folder for each."""
    models = folder / "recipes/models"
    shutil.copytree(SCRIPTS, models)
    (folder / "assets").symlink_to(SHARED / "assets")
    subprocess.run([sys.executable, models / "build.py"], check=True, capture_output=True)
    return models


def recipe_models(models: Path) -> dict[str, FamilyModel]:
    """By the names of the folders."""
    found = {
        **recipe_detectors.detectors(models, SCRIPTS),
        **recipe_details.detailed(models),
        **recipe_rest.rest(models),
    }
    return {name: replace(model, name=name) for name, model in found.items()}
