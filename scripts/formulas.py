"""Formulas are set while the book is built, by KaTeX in a Node of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from sphinxcontrib import katex


def wait_for_server() -> None:
    """Let the server that sets formulas take its time on a busy machine."""
    katex.KaTeXServer.start_server_process = classmethod(_start_patiently)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0


def _start_patiently(
    server: type[katex.KaTeXServer], folder: Path, timeout: float
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the server and connect to it, as sphinxcontrib-katex does, but more than once.

    The socket's file may be there before Node listens on it. Over a port, where sphinxcontrib-katex
    does try again, each formula takes 0.1 seconds: both ends wait for more to send.
    """
    path = folder / "katex.sock"
    command = server.build_command(socket=path)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
    end = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > end:
                raise server.timeout_error(timeout) from None
            time.sleep(0.01)
        else:
            return process, connection
