"""Nobody but its owner looks into a data folder, whichever command made it and whatever the machine lacks."""

from typer.testing import CliRunner

from missionare.cli import app
from missionare.cli.servers import libcurl


def test_doctor_leaves_a_new_folder_to_its_owner_on_a_machine_without_libcurl(tmp_path, monkeypatch):
    monkeypatch.setattr(libcurl, "system_has_it", lambda: False)
    data = tmp_path / "data"

    said = CliRunner().invoke(app.app, ["doctor", "--data", str(data), "--port", "0"])

    assert said.exit_code == 0, said.output
    assert data.stat().st_mode & 0o077 == 0
    assert list(data.iterdir()) == []
