"""Accounts that only a test sees: those of a hub's users."""

import os
import subprocess
from pathlib import Path

import accounts
import pytest

FILES = (Path("/etc/passwd"), Path("/etc/group"))


@pytest.fixture
def closed(tmp_path):
    """A folder that is closed to others: in it a folder, a link to that, and a file."""
    folder = tmp_path / "closed"
    (folder / "needed").mkdir(parents=True)
    (folder / "needed" / "file").write_text("for all")
    (folder / "link").symlink_to("needed")
    (folder / "file").write_text("secret")
    folder.chmod(0o700)
    return folder


def test_accounts_see_what_they_need_and_their_homes_and_nobody_else_sees_them(closed, tmp_path):
    needed = [closed / "needed", closed / "link"]
    if missing := accounts.problem(needed):  # then the test of the hub says that it had none
        assert os.geteuid() == 0 or missing == "this takes root, on Linux"
        return
    before = [file.read_bytes() for file in FILES]
    homes = [tmp_path / "home" / name for name in ("ada", "bob")]
    for home in homes:
        home.mkdir(parents=True)
        (home / "file").write_text(home.name)
    ada, bob = accounts.create(homes)
    ada.own()
    bob.own()
    with accounts.waiting([ada, bob], tmp_path, needed) as process:
        look = f"id -un; cat file; ls {closed}; cat {closed}/*/file {homes[0]}/file"
        said = [
            subprocess.run([*account.within(process), "sh", "-c", look], capture_output=True).stdout
            for account in (ada, bob)
        ]
    seen = b"link\nneeded\nfor allfor all"
    assert said == [b"ada\nada" + seen + b"ada", b"bob\nbob" + seen]
    assert [file.read_bytes() for file in FILES] == before
    assert closed.stat().st_mode & 0o777 == 0o700 and (closed / "file").read_text() == "secret"
