"""Signals become one exception, raised once and never inside a held section. Real signals."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from bench import signals
from bench.signals import Interrupted, held


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Handlers in place for one test, and a fresh state."""
    before = {number: signal.getsignal(number) for number in signals.SIGNALS}
    for name, value in (("depth", 0), ("pending", None), ("raised", False)):
        monkeypatch.setattr(signals._Signals, name, value)
    for number in signals.SIGNALS:  # whoever runs the tests may have them ignored
        signal.signal(number, signal.SIG_DFL)
    signals.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        (signal.SIGQUIT, 131),
    ],
)
def test_each_signal_has_its_exit_code(number: signal.Signals, code: int) -> None:
    with pytest.raises(Interrupted, match=f"interrupted by {number.name}") as caught:
        os.kill(os.getpid(), number)
    assert caught.value.exit_code == code


@pytest.mark.parametrize("number", signals.SIGNALS)
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    signals.install()
    os.kill(os.getpid(), number)
    assert signal.getsignal(number) is signal.SIG_IGN
    assert not signals._Signals.raised


def test_a_held_section_is_finished_first() -> None:
    done = []

    def work() -> None:
        with held():
            os.kill(os.getpid(), signal.SIGTERM)
            with held():
                done.append("inner")
            done.append("outer")
        done.append("after")

    with pytest.raises(Interrupted):
        work()
    assert done == ["inner", "outer"]


def test_later_signals_do_not_cut_the_clean_up() -> None:
    cleaned = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            for _ in range(5):
                os.kill(os.getpid(), signal.SIGINT)
            with held():
                os.kill(os.getpid(), signal.SIGTERM)
            cleaned.append("all")

    with pytest.raises(Interrupted):
        work()
    assert cleaned == ["all"]


def test_without_a_signal_nothing_is_raised() -> None:
    with held():
        pass
    assert not signals._Signals.raised
