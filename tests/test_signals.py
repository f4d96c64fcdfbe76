"""Ctrl-C and SIGTERM during a long run."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from persian_assistant.commands import signals
from persian_assistant.commands.signals import StopSignal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_the_first_one_asks_to_stop_and_the_one_passed_on_says_no_more(first: signal.Signals) -> None:
    stop = StopSignal()
    with stop.installed():
        assert not stop() and stop.number is None
        os.kill(os.getpid(), first)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop() and stop.event.is_set() and stop.number == first
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_ends_it_at_once_and_a_second_sigterm_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signals, "SECOND_SIGNAL_SECONDS", -1.0)
    stop = StopSignal()
    with stop.installed():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
