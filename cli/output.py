"""What goes to stdout: one JSON document, or text for a person. Nothing else writes there."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.markup import escape

from lms_stack.errors import TaphuanError

#: Where nobody's window sets it, a line of output may be so many characters long.
PLAIN_WIDTH = 400


def emit(document: Mapping[str, Any], *, as_json: bool, text: Callable[[], RenderableType]) -> None:
    """Print the document, or its text for a person. A reader that has gone (`| head`) changes no exit code."""
    try:
        if as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=_plain) + "\n")
        else:
            _show(text())
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()


def _show(page: RenderableType) -> None:
    """Tables are fitted into a window; a line of text is left whole, so that it can be copied."""
    if sys.stdout.isatty():
        _Output(highlight=False).print(page, soft_wrap=isinstance(page, str))
        return
    console = Console(highlight=False, width=PLAIN_WIDTH)
    with console.capture() as captured:
        console.print(page, soft_wrap=isinstance(page, str))
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


class _Output(Console):
    """A console that doesn't end the program with 1, which would mean "does not fit", when its reader has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _let_go_of_stdout() -> None:
    """Nobody reads it any more: what is still to be written goes nowhere, also at the end of the program."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value)


def emit_error(error: TaphuanError, *, as_json: bool) -> None:
    """Tell what went wrong: on stderr for a person, and as the JSON document where one was asked for."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[red bold]✗[/red bold] {escape(error.message)}")
    if error.hint:
        console.print(f"  → {escape(error.hint)}")
    if error.log:
        console.print(f"  full log: {escape(str(error.log))}")
    if as_json:
        emit(error_document(error), as_json=True, text=str)


def error_document(error: TaphuanError) -> dict[str, Any]:
    """An error as the JSON document."""
    return {
        "error": {
            "message": error.message,
            "hint": error.hint or None,
            "log": str(error.log) if error.log else None,
            "problems": [vars(problem) for problem in getattr(error, "problems", ())],
        },
        "exit_code": int(error.exit_code),
    }
