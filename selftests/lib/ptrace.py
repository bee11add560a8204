# SPDX-License-Identifier: GPL-2.0-or-later
"""A process that is stopped (SIGSTOP) before its first instruction, by ptrace of its parent."""

import ctypes
import os
import signal

CONT, DETACH, GETEVENTMSG, SEIZE = 7, 17, 0x4201, 0x4206
TRACE_FORKS = 2 | 4 | 8		# fork, vfork, clone
EVENT_FORKS, EVENT_STOP = (1, 2, 3), 128
WALL = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request, pid, data=None):
    if _libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _event(pid):
    """Wait until it stops: the event, and the signal that it is about to get."""
    _, status = os.waitpid(pid, WALL)
    if not os.WIFSTOPPED(status):
        raise ChildProcessError(f"{pid} has ended with {status:#x}")
    event, number = status >> 16, os.WSTOPSIG(status)
    return event, 0 if event or number == signal.SIGTRAP else number


def stopped_child(pid, act):
    """Do what makes this child of ours start a process; its pid, stopped, and nothing is traced any more."""
    child = ctypes.c_ulong()
    _ptrace(SEIZE, pid, TRACE_FORKS)
    act()
    while True:
        event, number = _event(pid)
        if event in EVENT_FORKS:
            break
        _ptrace(CONT, pid, number)
    _ptrace(GETEVENTMSG, pid, ctypes.byref(child))
    _event(child.value)
    os.kill(child.value, signal.SIGSTOP)
    _ptrace(DETACH, child.value)
    _ptrace(DETACH, pid)
    return child.value
