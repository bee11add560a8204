# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP for tests written in Python.

A test file marks each named case with @case("what is true") and ends with
main(). A case passes by returning, fails by any exception, is skipped with its
reason by raising Skip. A failing case never stops the others. Every case's
diagnostics go before its line, as TAP comments. This file knows no network.
"""

import contextlib
import os
import random
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True

FLAVOUR = os.environ.get("KERNEL_FLAVOUR", "")
DEBUG = FLAVOUR == "debug"
# Everything takes longer with KASAN and lockdep in an emulated machine.
SLOWER = 4 if DEBUG else 1
# Where what does not depend on the kernel's version need not be tried at length once more.
AGAIN = FLAVOUR in ("6.1", "debug")
# As much as the design asks for, not only what fits into make check.
FULL = os.environ.get("VOLUME") == "full"

_cases = []
_cleanups = []


class Skip(Exception):
    """The case cannot be tried here; the text says why."""


class Failed(AssertionError):
    """What was seen is not what was expected."""


def case(name, debug=True, again=True):
    """Decorator: the function is the case called name, run in file order.

    debug=False: not on the debug kernel, which would see no memory and no lock there
    that it does not see in other cases; what is asked there the stock kernels answer.
    again=False: on the newest stock kernel only, since what is asked dray computes
    alone, whatever the kernel's version.
    """
    def register(function):
        if FULL or not (DEBUG and not debug or AGAIN and not again):
            _cases.append((name, function))
        return function
    return register


def add_case(name, function):
    """For cases that are data: the same without a decorator."""
    _cases.append((name, function))


def cleanup(function):
    """Call function at the end, whatever happens; the last added comes first."""
    _cleanups.append(function)


def note(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def check(good, text):
    if not good:
        raise Failed(text)


def same(got, wanted, what):
    if got != wanted:
        raise Failed(f"{what}: got {_short(got)}, wanted {_short(wanted)}")


def _short(value):
    text = repr(value)
    return text if len(text) < 700 else f"{text[:600]}… ({len(text)} characters)"


def wait_for(condition, what, seconds=10, every=0.02):
    """Poll until condition() is true and return its value; fail after a while."""
    end = time.monotonic() + seconds * SLOWER
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds * SLOWER} s")
        time.sleep(every)


def holds(condition, what, seconds=1, every=0.05):
    """Poll for some time and fail as soon as condition() is false."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        check(condition(), what)
        time.sleep(every)


def _run(number, name, function):
    try:
        function()
    except Skip as reason:
        print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        return True
    except Failed as failure:
        where = traceback.extract_tb(failure.__traceback__)
        own = [f for f in where if "/lib/" not in f.filename] or where
        note(f"{failure} (line {own[-1].lineno})")
        good = False
    except Exception:  # pylint: disable=broad-except
        note(traceback.format_exc())
        good = False
    else:
        good = True
    print(f"{'' if good else 'not '}ok {number} - {name}", flush=True)
    return good


def _skip_all(reason):
    print(f"1..0 # SKIP {reason}", flush=True)
    sys.exit(4)


def main(setup=None):
    """Run setup, then every case, or those whose names hold an argument's text.

    If setup raises Skip the whole file is skipped; if it fails every case does.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    random.seed(int(os.environ.get("SEED", "1")))
    wanted = [c for c in _cases if not sys.argv[1:] or any(a in c[0] for a in sys.argv[1:])]
    failed = 0
    try:
        broken = None
        print("TAP version 13", flush=True)
        if setup:
            try:
                setup()
            except Skip as reason:
                _skip_all(reason)
            except Exception:  # pylint: disable=broad-except
                broken = traceback.format_exc()
                note(broken)
        print(f"1..{len(wanted)}", flush=True)
        for number, (name, function) in enumerate(wanted, 1):
            if broken:
                print(f"not ok {number} - {name}", flush=True)
                failed += 1
            else:
                failed += not _run(number, name, function)
    finally:
        while _cleanups:
            with contextlib.suppress(Exception):
                _cleanups.pop()()
    sys.stdout.flush()
    os._exit(1 if failed else 0)
