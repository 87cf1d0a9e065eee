"""Commands that a page shows, and what it says that they print."""

import re


def commands(text: str) -> list[tuple[str, str]]:
    """Each ``$ command`` of the console blocks of a text, with what stands below it."""
    return [
        (line.removeprefix("$ "), out.strip("\n"))
        for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
        for line, out in re.findall(r"^(\$ .*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]
