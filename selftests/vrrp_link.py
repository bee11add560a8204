#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""drayvrrpd and what happens to its interface; and who is master from the start.

    a .11 (priority 200) --+-- br --+-- client .50
    b .12 (priority 100) --+        +-- the sniffer of lib/vrrp.py
"""

import time

from lib import taptest, vrrp
from lib.netlab import VIP
from lib.taptest import case, check, same, wait_for
from lib.vrrp import instance

lab = None


def setup():
    global lab
    vrrp.need()
    lab = vrrp.VrrpLab()


def start(director, *args, **kw):
    director.start(instance(*args, **kw))


def both(**kw):
    """a is master, b waits."""
    lab.settle()
    start(lab.a, 200, **kw)
    start(lab.b, 100, **kw)
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")


def only(name):
    wait_for(lambda: lab.owners() == [name], f"only {name} has the address: {lab.owners()}")


@case("an interface that gets another name: FAULT, the other takes over; with its name again it is master")
def renamed():
    both()
    lab.a.space.ip("link set eth0 down", "link set eth0 name other", "link set other up")
    lab.a.becomes("FAULT")
    lab.b.becomes("MASTER")
    wait_for(lambda: VIP not in lab.a.space.run("ip addr show dev other"), "a has let go of the address")
    lab.a.space.ip("link set other down", "link set other name eth0", "link set eth0 up")
    lab.a.becomes("MASTER")
    only("a")


@case("an interface without an address at the start: FAULT, until it has one")
def no_address():
    lab.settle()
    lab.a.space.ip(f"addr del {lab.a.address}/16 dev eth0")
    start(lab.a, 200)
    start(lab.b, 100)
    lab.a.becomes("FAULT")
    lab.b.becomes("MASTER")
    lab.a.space.ip(f"addr add {lab.a.address}/16 dev eth0")
    lab.a.becomes("MASTER")
    only("a")


@case("the owner, priority 255, is master at once, and no other is while it lives")
def owner():
    lab.settle()
    # Any other would wait for a minute.
    start(lab.a, 255, advert=20)
    lab.a.becomes("MASTER")
    start(lab.b, 254, advert=20)
    lab.b.becomes("BACKUP")
    lab.a.stop()
    lab.b.becomes("MASTER")
    only("b")


@case("preempt_delay: the better one that returns listens for that long, and is master then")
def preempt_delay():
    delay = 3
    both(more=f"preempt_delay {delay}")
    lab.a.stop()
    lab.b.becomes("MASTER")
    began = time.monotonic()
    lab.a.start()
    lab.a.becomes("BACKUP")
    lab.a.becomes("MASTER", 60)
    check(time.monotonic() - began >= delay, "it was master too early")
    only("a")
    same(lab.b.state(), "BACKUP", "state of b")


taptest.main(setup)
