"""Where the book can be read, by the address of its repository."""

import re

__all__ = ["web_address"]

_ON_GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)")


def web_address(repository: str) -> str:
    """Where GitHub Pages shows what a repository publishes; empty for one that is elsewhere.

    >>> web_address("https://github.com/Someone/book"), web_address("https://example.org/book")
    ('https://someone.github.io/book', '')
    """
    found = _ON_GITHUB.fullmatch(repository)
    if not found:
        return ""
    host, name = f"{found[1].lower()}.github.io", found[2]
    return f"https://{host}" if name.lower() == host else f"https://{host}/{name}"
