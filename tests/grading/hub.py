"""A JupyterHub of this machine's own, with a server for each user, steered over HTTP.

Where it is root, each user has an account of the system (`accounts`). Elsewhere all are one
account, each with a folder of its own as home: that proves nothing about who may read whose files.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import accounts
import npm
import pytest

ROOT = Path(__file__).resolve().parents[2]
PROXY = "5.3.0"  # of configurable-http-proxy, which JupyterHub asks for
SECONDS = 90  # for the hub, or a user's server, to start on a busy machine
NEEDED = (Path(sys.prefix), Path(sys.base_prefix), ROOT)  # by every user's server
OF_SERVERS = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

SETTINGS = """\
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = {proxy}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {users}
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--LabApp.extension_manager=readonly"]  # the other asks PyPI
c.Spawner.environment = {environment}
c.Spawner.start_timeout = c.Spawner.http_timeout = {seconds}
c.JupyterHub.services = [{{"name": "test", "api_token": "{token}"}}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "test", "services": ["test"], "scopes": scopes}}]
"""
ONE_ACCOUNT = """\
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.args += ["--allow-root"]
"""


@dataclass(frozen=True)
class Hub:
    """A hub that runs.

    Attributes:
        address: where it answers.
        folder: where it keeps everything; ``home/NAME`` is the home of a user.
        token: opens all of it.
        process: the number of its process.
        accounts: of each user; none where all are one account.
    """

    address: str
    folder: Path
    token: str
    process: int
    accounts: dict[str, accounts.Account]

    def home(self, user: str) -> Path:
        """A user's home."""
        return self.folder / "home" / user

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """What the hub, or a user's server, answers."""
        text = self.answer(path, method, body)[0]
        return json.loads(text) if text else None

    def answer(self, path: str, method: str = "GET", body: Any = None) -> tuple[bytes, Message]:
        """The same as bytes, and the headers. The test fails where the answer is no."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            pytest.fail(f"{method} {path}: {error.code}\n{error.read().decode()[-1000:]}")

    def start(self, *users: str) -> None:
        """Start the users' servers, as a button of the hub's page does."""
        for user in users:
            self.ask(f"/hub/api/users/{user}/server", "POST")
        end = time.monotonic() + SECONDS
        for user in users:
            while not self.ask(f"/hub/api/users/{user}")["servers"].get("", {}).get("ready"):
                if time.monotonic() > end:
                    pytest.fail(f"the server of {user} did not start:\n{log_of(self.folder)}")
                time.sleep(0.2)

    def in_terminal(self, user: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as in a terminal of a user's server."""
        home, account = self.home(user), self.accounts.get(user)
        within = account.within(self.process) if account else []
        return subprocess.run(
            [*within, *command],
            cwd=home,
            env={
                **os.environ,
                **OF_SERVERS,
                **{"HOME": str(home), "JUPYTERHUB_USER": user, "PATH": on_path()},
                "TORCHINDUCTOR_CACHE_DIR": str(home / ".cache"),  # not a folder that stays in /tmp
            },
            umask=0o077,  # as strict systems have it
            capture_output=True,
            text=True,
        )


@contextmanager
def running(
    folder: Path, users: Sequence[str], more: str = "", *, own_accounts: bool = False
) -> Iterator[Hub]:
    """A hub with these users, whose homes may hold settings before.

    Args:
        folder: where it keeps everything.
        users: who may log in.
        more: settings of the hub.
        own_accounts: each user has an account of the system.
    """
    package = npm.install("configurable-http-proxy", PROXY, ROOT / "_build" / "npm")
    # The program itself: the one beside Python is a wrapper, which Node would outlive.
    node = shutil.which("node", path=npm.environment()["PATH"])
    port, hub_port, proxy_port = free_ports(3)
    token = secrets.token_hex(16)
    settings = folder / "jupyterhub_config.py"
    settings.write_text(
        (SETTINGS if own_accounts else SETTINGS + ONE_ACCOUNT).format(
            port=port,
            hub_port=hub_port,
            proxy_port=proxy_port,
            proxy=[node, str(package / "bin" / "configurable-http-proxy")],
            users=set(users),
            folder=folder,
            python=sys.executable,
            environment=OF_SERVERS,
            seconds=SECONDS,
            token=token,
        )
        + more
    )
    homes = [folder / "home" / user for user in users]
    for home in homes:
        home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "jupyterhub", "--config", str(settings)]
    new = accounts.create(homes) if own_accounts else []
    for account in new:
        account.own()
    if own_accounts:
        command = accounts.with_them(new, folder, NEEDED, command)
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PATH": on_path()},
            stdout=log,
            stderr=log,
        )
    known = {account.name: account for account in new}
    hub = Hub(f"http://127.0.0.1:{port}", folder, token, process.pid, known)
    try:
        wait_for(hub, process)
        yield hub
    finally:
        process.terminate()  # ends the proxy and the servers, too
        process.wait(timeout=60)


def wait_for(hub: Hub, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{hub.address}/hub/api/", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterHub did not start:\n{log_of(hub.folder)}")


def log_of(folder: Path) -> str:
    return (folder / "log.txt").read_text()[-3000:]


def on_path() -> str:
    """The path of an environment that is active."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
