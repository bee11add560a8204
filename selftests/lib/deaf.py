# SPDX-License-Identifier: GPL-2.0-or-later
"""A process that hears nothing, and has next to no room for what its kernel tells it."""

import ctypes
import os
import signal
import socket

SO_RCVBUFFORCE = 33
SYS_PIDFD_GETFD = 438
LIBC = ctypes.CDLL(None, use_errno=True)


def netlink_sockets(pid):
    """Those of another process, by descriptors of our own."""
    process = os.pidfd_open(pid)
    socks = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            fd = LIBC.syscall(SYS_PIDFD_GETFD, process, int(number), 0)
            if fd < 0:
                raise OSError(ctypes.get_errno(), "pidfd_getfd")
            socks.append(socket.socket(fileno=fd))
    os.close(process)
    return [sock for sock in socks if sock.family == socket.AF_NETLINK]


class Deaf:
    """From its making to hears()."""

    def __init__(self, pid):
        self.pid = pid
        os.kill(pid, signal.SIGSTOP)
        self.rooms = [(sock, sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)) for sock in netlink_sockets(pid)]
        for sock, _ in self.rooms:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)

    def hears(self):
        for sock, room in self.rooms:
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, room // 2)  # the kernel doubles it
            sock.close()
        os.kill(self.pid, signal.SIGCONT)
