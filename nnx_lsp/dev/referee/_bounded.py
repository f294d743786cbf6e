"""A plugin of pytest that keeps a run from hanging: a test that takes too long is cut, what begins after the end of the time is skipped, and both are counted.

It runs inside the environment that judges, so it needs pytest alone. `python -m nnx_lsp.dev.referee --packages` hands it to pytest with `-p`.
"""

import signal
import time

import pytest


def pytest_addoption(parser):
    parser.addoption("--each", type=float, default=30.0, help="seconds that one test may take")
    parser.addoption("--whole", type=float, default=300.0, help="seconds after which no test begins")


def pytest_configure(config):
    config.pluginmanager.register(Bounded(config.getoption("--each"), config.getoption("--whole")))


class CutError(BaseException):
    """Raised inside of a test that took too long; no `except Exception` of the test catches it."""


class Bounded:
    """How long tests may take, and how many took longer."""

    def __init__(self, each, whole):
        self.each, self.end = each, time.monotonic() + whole
        self.cut = self.skipped = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        """Runs one test under an alarm. Code that never comes back to Python does not hear it: that is left to the time of the whole program."""
        before = signal.signal(signal.SIGALRM, self._alarm)
        signal.setitimer(signal.ITIMER_REAL, self.each)
        try:
            return (yield)
        except CutError:
            self.cut += 1
            pytest.fail(f"cut after {self.each:g} s", pytrace=False)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        if time.monotonic() > self.end:
            self.skipped += 1
            pytest.skip("the time is over")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config):
        """The last line that pytest prints is what the run is reported by."""
        stats = config.pluginmanager.get_plugin("terminalreporter").stats
        counts = [f"{len(stats[name])} {name}" for name in ("failed", "passed", "skipped", "error") if stats.get(name)]
        print(", ".join([*counts, f"{self.cut} cut", f"{self.skipped} not begun"]))

    @staticmethod
    def _alarm(number, frame):
        raise CutError
