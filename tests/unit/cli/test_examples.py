"""`framemesh examples`."""

from pathlib import Path

from typer.testing import CliRunner

from framemesh.cli.app import app


def test_the_bundled_files_are_copied_and_the_next_commands_printed(tmp_path: Path) -> None:
    folder = tmp_path / "some/where"
    said = CliRunner().invoke(app, ["examples", str(folder)])
    assert said.exit_code == 0
    assert (folder / "person/1/model.onnx").is_file()
    assert (folder / "street/street.mp4").is_file()
    assert f"framemesh model submit {folder / 'person'}" in said.stdout
    assert f"framemesh pipeline apply {folder / 'street/pipeline.yaml'}" in said.stdout


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["examples", str(tmp_path)])
    assert said.exit_code == 1
    assert said.stderr == f"error: cannot make the folder {tmp_path}: File exists\n"
    assert not list(tmp_path.iterdir())
