# SPDX-License-Identifier: GPL-2.0-or-later
"""What failovers are measured with: two directors of a kind, a ping, a question by ARP.

Times are the kernel's: of adverts as they pass the bridge, of replies as the
client's kernel gets them. This file judges nothing.
"""

import fcntl
import json
import os
import random
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from lib import neigh, netlab, vrrp
from lib.netlab import VIP

# On this machine's own kernel: there is no dray.ko.
NATIVE = "NATIVE" in os.environ
PINGER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "vrrp_ping")
PING_EVERY = 0.005
ARP_EVERY = 0.02
PASS = "authentication {\n        auth_type PASS\n        auth_pass 1111\n    }"
FORMS = {"v2 1 s": {"version": 2, "advert": 1, "more": PASS}, "v3 1 s": {"advert": 1}, "v3 100 ms": {"advert": 0.1},
         "v3 30 ms": {"advert": 0.03}, "v3 10 ms": {"advert": 0.01}}
BETTER, WORSE = 200, 100


def down_time(form):
    """The RFC's: how long the worse one waits after an advert."""
    skew = (256 - WORSE) / 256
    return 3 * form["advert"] + skew * (1 if form.get("version") == 2 else form["advert"])


class Ping:
    """A ping every 5 ms from its start to its end."""

    def __init__(self, client):
        # A file: a pipe that nobody reads would hold it up.
        self.out = tempfile.TemporaryFile("w+", encoding="ascii")  # pylint: disable=consider-using-with
        self.proc = client.start([PINGER, VIP, str(PING_EVERY)], stdout=self.out)
        # Before, it may know of no SIGINT.
        netlab.wait_for(lambda: os.fstat(self.out.fileno()).st_size, "the pinger begins", 60)

    def end(self):
        """Times of the replies, and how many were lost."""
        self.proc.send_signal(signal.SIGINT)
        self.proc.wait()
        self.out.seek(0)
        said = json.load(self.out)
        self.out.close()
        # One that was on its way when it ended is not lost.
        return said["replies"], max(0, said["sent"] - len(said["replies"]) - 1)


class ArpAsker:
    """Asks who has the address, again and again; when which MAC address has answered."""

    def __init__(self, client):
        self.sock = client.packet_socket(protocol=0x0806)
        self.sock.setsockopt(socket.SOL_SOCKET, 35, 1)
        self.sock.settimeout(ARP_EVERY)
        self.question = neigh.arp(neigh.REQUEST, client.mac(), netlab.CLIENT, VIP)
        self.ended, self.answers = False, []
        self.thread = threading.Thread(target=self._loop, daemon=True)
        self.thread.start()

    def _loop(self):
        while not self.ended:
            self.sock.send(self.question)
            until = time.monotonic() + ARP_EVERY
            while time.monotonic() < until:
                self._hear()

    def _hear(self):
        try:
            raw, ancillary, _, where = self.sock.recvmsg(2000, 256)
        except TimeoutError:
            return
        said = neigh.Said(raw)
        if where[2] != 4 and said.kind == "reply" and said.address == VIP:
            seconds, nanos = struct.unpack("qq", ancillary[0][2])
            self.answers.append((seconds + nanos / 1e9, raw[6:12]))

    def end(self):
        self.ended = True
        self.thread.join()
        self.sock.close()
        return self.answers


class Pair:
    """Two directors of one kind, a better than b."""

    def __init__(self, kind):
        self.kind = kind
        self.lab = vrrp.VrrpLab(others={} if kind == "dray" else dict.fromkeys("ab", vrrp.Keepalived))
        self.a, self.b, self.client = self.lab.a, self.lab.b, self.lab.client

    def start(self, form, **kw):
        self.lab.settle()
        self.lab.bridge.ip(*(f"link set {director.port} up" for director in (self.a, self.b)))
        for director, priority in (self.a, BETTER), (self.b, WORSE):
            director.start(vrrp.instance(priority, **form, **kw))
        self.ready()

    def ready(self):
        """a is master alone, b waits, and each knows of the other."""
        self.a.becomes("MASTER", 60)
        self.b.becomes("BACKUP", 60)
        netlab.wait_for(lambda: self.lab.owners() == ["a"], f"owners: {self.lab.owners()}", 60)
        if self.kind == "dray" and not NATIVE:
            netlab.wait_for(lambda: self.a.instance()["lease_ms"], "a lease", 60)
        netlab.reach(self.client, VIP)

    def everyone(self, number):
        """What sends a signal to all processes of a, with nothing to be found out or started any more."""
        pids = [pid for found in self.a.pids().values() for pid in found]
        return lambda: vrrp.signal_all(pids, number)

    def cut(self):
        """What takes a from the network in one system call, and then ends it."""
        sock, stop = self.lab.bridge.socket(socket.AF_INET, socket.SOCK_DGRAM), self.everyone(signal.SIGSTOP)
        down = struct.pack("16sh14x", self.a.port.encode(), 0)
        # SIOCSIFFLAGS
        return lambda: (fcntl.ioctl(sock, 0x8914, down), stop(), self.a.kill())

    def power_on(self):
        self.a.power_on()
        self.lab.bridge.ip(f"link set {self.a.port} up")
        self.a.start()

    def worker(self):
        """The process that sends adverts."""
        if self.kind == "dray":
            return self.a.worker()
        with open(self.a.folder + "/vrrp.pid", encoding="ascii") as file:
            return int(file.read())

    def watch(self, advert, act, wait):
        """Do it at some moment of an interval; adverts, pings and answers by ARP around it."""
        self.lab.sniffer.forget()
        ping, asker = Ping(self.client), ArpAsker(self.client)
        time.sleep(0.5 + random.random() * advert)
        at = time.time()
        act()
        wait()
        time.sleep(0.5)
        replies, lost = ping.end()
        return Seen(at, self.lab.sniffer.adverts(), replies, lost, asker.end(),
                    {self.a.space.mac(): "a", self.b.space.mac(): "b"})

    def cpu(self):
        """CPU seconds of all processes of a and of b so far."""
        return [sum(cpu_of(pid) for pids in director.pids().values() for pid in pids) for director in (self.a, self.b)]


def cpu_of(pid):
    """In nanoseconds of the scheduler, not in ticks."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0]) / 1e9
    return total


class Seen:
    """What was seen around something that happened, with times since it did."""

    def __init__(self, at, adverts, replies, lost, answers, names):
        self.at, self.replies, self.lost = at, replies, lost
        self.adverts = [(when - at, source, priority) for when, source, _, priority, _ in adverts]
        self.answers = [(when - at, names.get(mac, "?")) for when, mac in answers]

    def first(self, *sources):
        """The first advert of one of these from then on; no resignation."""
        return next((when for when, source, priority in self.adverts if when > 0 and source in sources and priority), None)

    def last_before(self, source, moment):
        return max((when for when, who, _ in self.adverts if who == source and when < moment), default=None)

    def gap(self):
        """The longest time without a reply that ends after it."""
        times = [when - self.at for when in self.replies]
        return max((b - a for a, b in zip(times, times[1:]) if b > 0), default=None)

    def both(self):
        """How long two directors have answered by ARP: from b's first answer to a's last."""
        times = {name: [when for when, who in self.answers if who == name and when > 0] for name in "ab"}
        if not all(times.values()):
            return 0.0
        return max(0.0, max(times["a"]) - min(times["b"]))


def gaps(adverts, source):
    """The longest time between two adverts of one source, and how many of others there were."""
    own = [when for when, who, *_ in adverts if who == source]
    return max((b - a for a, b in zip(own, own[1:])), default=0), sum(who != source for _, who, *_ in adverts)


def hogs(count):
    """So many busy loops."""
    return [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
