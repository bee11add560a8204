# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP in, TAP out: one stream of numbered cases made of many programs' output.

Each program's cases keep their description, get the program's name in front and
the time they took behind. What TAP leaves open is decided here: a missing plan,
a wrong count, a status other than 0 without a failed case, "Bail out!" and a
failed case marked TODO are all failures. Nothing is run here.
"""

import re
import time

CASE = re.compile(r"(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s*(.*)")
PLAN = re.compile(r"1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$", re.I)
TIMED = re.compile(r" \(\d+\.\ds\)$")
DIRECTIVE = re.compile(r"(.*?)\s*#\s*(skip\S*|todo|xfail)\b:?\s*(.*)$", re.I)


class Stream:
    """The numbered cases that are written to one file."""

    def __init__(self, out):
        self.out = out
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.skips = []
        print("TAP version 13", file=out, flush=True)

    def case(self, good, name, seconds=None, skip=None):
        took = "" if seconds is None or TIMED.search(name) else f" ({seconds:.1f}s)"
        why = "" if skip is None else f" # SKIP {skip}"
        number = self.passed + self.failed + self.skipped + 1
        print(f"{'' if good else 'not '}ok {number} - {name}{took}{why}", file=self.out, flush=True)
        if not good:
            self.failed += 1
            self.failures.append(name)
        elif skip is not None:
            self.skipped += 1
            self.skips.append((name, skip))
        else:
            self.passed += 1

    def note(self, text):
        for line in text.splitlines() or [""]:
            print("# " + line, file=self.out, flush=True)

    def end(self):
        print(f"1..{self.passed + self.failed + self.skipped}", file=self.out, flush=True)


class Program:
    """One program's output, line by line, on its way into a stream."""

    def __init__(self, stream, name):
        self.stream = stream
        self.name = name
        self.prefix = name + ": " if name else ""
        self.plan = None
        self.seen = self.failed = 0
        self.last = self.start = time.monotonic()

    def line(self, text):
        case, plan = CASE.match(text), PLAN.match(text)
        if case:
            self._case(not case[1], case[2])
        elif plan:
            # Several programs one after the other: their plans add up.
            self.plan = (self.plan or 0) + int(plan[1])
            if int(plan[1]) == 0:
                self._skip_all(plan[2] or "no reason given")
        elif text.startswith("Bail out!"):
            self.fail(text)
        elif not text.startswith(("TAP version", "KTAP version")):
            self.stream.note(text[2:] if text.startswith("# ") else text)

    def _case(self, good, text):
        directive = DIRECTIVE.match(text)
        skip = None
        if good and directive and directive[2].lower().startswith("skip"):
            text, skip = directive[1], directive[3] or "no reason given"
        now = time.monotonic()
        self.seen += 1
        self.failed += not good
        self.stream.case(good, self.prefix + text, now - self.last, skip)
        self.last = now

    def _skip_all(self, reason):
        self.stream.case(True, self.name, None, reason)

    def fail(self, why, report=""):
        """A failure that is no case of the program's own."""
        if report:
            self.stream.note(report)
        self.failed += 1
        self.stream.case(False, self.prefix + why, time.monotonic() - self.start)

    def end(self, status):
        """The program ended by itself with this exit status."""
        if status == 4 and not self.seen and not self.plan:
            if self.plan is None:
                self._skip_all("exit status 4")
        elif self.plan is None:
            self.fail(f"no plan (exit status {status})")
        elif self.plan != self.seen:
            self.fail(f"planned {self.plan} cases, saw {self.seen} (exit status {status})")
        elif status and not self.failed:
            self.fail(f"exit status {status} though no case failed")
