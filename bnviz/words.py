"""Numbers and the things that they count, in messages."""

__all__ = ["counted"]


def counted(number: int, thing: str, things: str | None = None) -> str:
    """How many of them, in words.

    Args:
        number: how many.
        thing: what one is called.
        things: what several are called; left out: the same with an s.

    >>> counted(1, "layer"), counted(2, "layer"), counted(0, "batch", "batches")
    ('1 layer', '2 layers', '0 batches')
    """
    return f"{number} {thing if number == 1 else things or thing + 's'}"
