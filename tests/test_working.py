"""A command that takes long says what it does."""

from __future__ import annotations

import threading

import pytest
import typer

from bench.cli import main, streams


class Immediate(threading.Timer):
    """A timer whose second is over when it starts."""

    def start(self) -> None:
        self.function()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Timer", Immediate)


def test_every_command_says_what_it_does() -> None:
    assert all(main.doing([command.name]) for command in main.COMMANDS)


def test_what_takes_a_second_is_named_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with streams.working("counting"):
        pass
    assert capsys.readouterr() == ("", "outnumber: counting ...\n")


def test_with_quiet_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with streams.working("counting", quiet=True):
        pass
    assert capsys.readouterr() == ("", "")


def test_what_has_printed_something_says_no_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Immediate):
        def start(self) -> None:
            typer.echo("a table")
            super().start()

    monkeypatch.setattr(threading, "Timer", Late)
    streams.guard()
    with streams.working("counting"):
        pass
    assert capsys.readouterr() == ("a table\n", "")


def test_the_words_of_options_are_no_command() -> None:
    assert main.doing(["--version"]) == ""
    assert main.doing(["history", "show", "--page", "run"]) == main.doing(["history"])
