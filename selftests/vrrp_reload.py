#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""drayvrrpd: a reload that cannot be done, and one that renames.

    a .11 (priority 200) --+-- br --+-- client .50
    b .12 (priority 100) --+        +-- the sniffer of lib/vrrp.py

What else a reload changes is vrrp.py's; how long it takes is measured by bench/vrrp.
"""

import os
import signal

from lib import ptrace, taptest, vrrp
from lib.netlab import VIP
from lib.taptest import add_case, case, check, same, wait_for
from lib.vrrp import instance

lab = None
GOOD = instance(210)


def setup():
    global lab
    vrrp.need()
    lab = vrrp.VrrpLab()


def pair():
    """a is master, b waits; started only if that is not so already."""
    if (lab.a.state(), lab.b.state(), lab.owners()) == ("MASTER", "BACKUP", ["a"]):
        return
    lab.settle()
    lab.a.start(instance(200))
    lab.b.start(instance(100))
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    wait_for(lambda: lab.owners() == ["a"], "only a has the address")


def nothing_moved():
    same((lab.a.state(), lab.b.state(), lab.owners()), ("MASTER", "BACKUP", ["a"]), "states and owners")
    others = [advert[1:4] for advert in lab.sniffer.adverts() if advert[1] != lab.a.address or not advert[3]]
    same(others, [], "adverts of b, and resignations")


def says(mark, text):
    wait_for(lambda: text in lab.a.said()[mark:], f"{text!r} is said")


def refused(spoil, what):
    """What makes the file no good, and what is said of it, with its place."""
    pair()
    mark, before = len(lab.a.said()), lab.a.worker()
    lab.sniffer.forget()
    spoil()
    lab.a.signal(signal.SIGHUP)
    says(mark, "stays in force")
    check(what.format(conf=lab.a.conf) in lab.a.said()[mark:], f"it is said: {lab.a.said()[mark:]}")
    same((lab.a.worker(), lab.a.instance()["priority"]["effective"]), (before, 200), "worker and priority")
    nothing_moved()


def configure(text):
    return lambda: lab.a.configure(text)


def remove():
    os.unlink(lab.a.conf)


def folder():
    """Not even root can read it."""
    remove()
    os.mkdir(lab.a.conf)


ERRORS = [
    ("a number that is too large", GOOD.replace("router_id 51", "router_id 256"), "{conf}:5:23: 256 is not"),
    ("a keyword without its value", GOOD.replace("priority 210", "priority"), "{conf}:7:5: 'priority' needs a number"),
    ("an unknown keyword", GOOD.replace("priority", "priorty"), "{conf}:7:5: unknown keyword 'priorty'"),
    ("an unknown block", GOOD.replace("vrrp_instance", "vvrp_instance"), "{conf}:2:1: unknown keyword"),
    ("an interface by an unknown keyword", GOOD.replace("interface", "interfce"), "{conf}:4:5: unknown keyword"),
    ("no address", GOOD.replace(VIP, VIP + "0"), "{conf}:11:9: '10.9.0.2000/16' is not an address"),
    ("one VRID twice", GOOD + instance(100, name="VI_2"), "{conf}:15:15: virtual_router_id 51"),
    ("a quote that is not closed", GOOD.replace("state BACKUP", 'notify "/bin/true'),
     "{conf}:3:12: '\"' is never closed"),
    ("a brace that is not closed", GOOD.rstrip().rstrip("}"), "{conf}:2:1: '}}' is missing"),
    ("a brace too many", GOOD + "}\n", "{conf}:14:1: '}}' without"),
]
for _title, _text, _what in ERRORS:
    add_case(f"an error keeps the old plan, and its place is said: {_title}",
             lambda text=_text, what=_what: refused(configure(text), what))


@case("the file is gone: the old plan stays, that is said, and the next reload works")
def gone():
    refused(remove, "{conf}")
    lab.a.reload(instance(200))
    says(0, "reloaded:")
    nothing_moved()


@case("the file cannot be read: the old plan stays, and that is said")
def unreadable():
    refused(folder, "{conf}")
    os.rmdir(lab.a.conf)


@case("an interface that is not there: said with its place, FAULT, the other takes over; and back")
def no_interface():
    pair()
    mark = len(lab.a.said())
    lab.a.reload(instance(200).replace("eth0", "eht0"))
    says(mark, "needs interface eht0")
    lab.b.becomes("MASTER")
    lab.a.becomes("FAULT")
    wait_for(lambda: lab.owners() == ["b"], "only b has the address")
    lab.a.reload(instance(200))
    lab.a.becomes("MASTER")
    wait_for(lambda: lab.owners() == ["a"], "only a has the address")


@case("another name: the same master, told to nobody")
def renamed():
    pair()
    lab.sniffer.forget()
    mark = len(lab.a.said())
    lab.a.reload(instance(200, name="WEB"))
    says(mark, "reloaded:")
    lab.a.becomes("MASTER", name="WEB")
    same([i["name"] for i in lab.a.status()["instances"]], ["WEB"], "instances")
    lab.a.reload(instance(200))
    lab.a.becomes("MASTER")
    nothing_moved()


@case("a new worker that hangs is killed, and said; the old one goes on, and the next reload works")
def hangs():
    pair()
    mark = len(lab.a.said())
    lab.a.configure(instance(210))
    new = ptrace.stopped_child(lab.a.proc.pid, lambda: lab.a.signal(signal.SIGHUP))
    lab.sniffer.forget()
    # while that one hangs, this waits
    lab.a.reload(instance(220))
    wait_for(lambda: "the new worker hangs" in lab.a.said()[mark:], "the new worker is killed", 60)
    check("reloaded:" not in lab.a.said()[:lab.a.said().index("the new worker hangs")][mark:], "another one took over")
    says(mark, "the old configuration stays in force")
    wait_for(lambda: lab.a.instance()["priority"]["effective"] == 220, "the next reload takes effect")
    check(not os.path.exists(f"/proc/{new}"), "the one that hung is still there")
    nothing_moved()


taptest.main(setup)
