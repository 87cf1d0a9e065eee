"""The kernel that runs a submission: IPython's, prepared against accidents.

A loop that prints for ever is cut off, an endless recursion is shown by its beginning, and
``exit()`` ends the cell. All of it lies within the
submission's reach, so nothing that must hold against an attack rests on it.

``python -P -m bnviz.course.grading.kernel MOST -f CONNECTION_FILE``: of what a cell prints, MOST
characters are sent. With ``-P`` nothing is imported from the folder in which it starts.
"""

import sys
from types import TracebackType
from typing import Any, NoReturn

from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp

__all__: list[str] = []

CALLS_SHOWN = 10


def main() -> None:
    """Run the kernel until it is shut down."""
    most, arguments = int(sys.argv[1]), sys.argv[2:]
    sys.path.append("")  # the folder of the submission, last: what it has is no library
    app: Any = IPKernelApp.instance()
    app.initialize(arguments)
    _cut_what_is_printed(most, app.shell)
    app.shell.ask_exit = _end_the_cell
    app.shell.set_custom_exc((RecursionError,), _show_the_beginning)
    app.start()


def _end_the_cell() -> NoReturn:
    raise SystemExit("exit() ends the cell. The next cell runs as usual.")


def _show_the_beginning(
    shell: Any, kind: type, error: BaseException, trace: TracebackType, tb_offset: int | None = None
) -> None:
    """Show an endless recursion by its first calls: rendering a thousand takes many seconds."""
    last = trace
    for _ in range(CALLS_SHOWN):
        last = last.tb_next or last
    last.tb_next = None
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def _cut_what_is_printed(most: int, shell: Any) -> None:
    """In the class, since IPython puts functions of its own into the streams for each cell."""
    write: Any = OutStream.write
    left = most

    def cut_write(stream: OutStream, text: str) -> Any:
        nonlocal left
        if not isinstance(text, str):
            return write(stream, text)  # which says what is wrong
        if len(text) <= left:
            left -= len(text)
            return write(stream, text)
        if left >= 0:
            write(stream, f"{text[:left]}\n… The rest of what this cell prints is left out.\n")
            left = -1
        return len(text)

    def renew(*_: object) -> None:
        nonlocal left
        left = most

    OutStream.write = cut_write  # type: ignore[assignment, method-assign]
    shell.events.register("pre_execute", renew)


if __name__ == "__main__":
    main()
