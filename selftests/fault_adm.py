#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that has no memory to answer drayadm with: it says what it could not read.

A namespace with one dummy device; nothing is sent.
"""

import os
import subprocess

from lib import dray, fault, netlab, taptest
from lib.dray import Dray, nest, server, tcp
from lib.netlab import VIP, Namespace, rip
from lib.taptest import add_case, case, check, same

SVC = f"-t {VIP}:80"
FLOWS = 1000
CONF = f"/tmp/fault-adm-{os.getpid()}"
space = None
# What is said where all dumps fail at once: the kernel's errno is ENOBUFS then.
READS = [
    ("show", "cannot read the configuration"),
    (f"apply {CONF}", f"{CONF}: cannot read the configuration"),
    (f"simulate {CONF}", "cannot read the configuration"),
    ("balance", "cannot read the servers"),
    (f"balance {SVC}", "cannot read the servers"),
    ("config", "cannot read the settings"),
    ("vip", "cannot read the virtual addresses"),
    ("reasons", "cannot read the counters"),
    ("flows -n", "cannot read the entries"),
    (f"flows del {SVC}", "cannot read the entries"),
    ("persist -n", "cannot read the entries"),
    ("persist del --client 10.9.60.1", "cannot read the entries"),
]


def setup():
    global space
    fault.setup()
    netlab.module_setup()
    netlab.need_dray()
    space = Namespace("adm")
    taptest.cleanup(space.delete)
    space.ip("link set lo up", "link add d0 type dummy", "addr add 10.9.0.254/16 dev d0", "link set d0 up")
    with space:
        stock(Dray())
    with open(CONF, "w", encoding="ascii") as file:
        file.write(f"-A {SVC} -s rr\n")
    taptest.cleanup(lambda: os.unlink(CONF))


def stock(sock):
    """A service with so many flows that a listing is of many pieces."""
    sock.do("new_service", tcp(VIP, 80, scheduler="rr"))
    sock.do("new_server", tcp(VIP, 80), server(rip(1), port=80, weight=1))
    state = dray.CONSTANTS["DRAY_FLOW_STATE_ESTABLISHED"]
    for n in range(FLOWS):
        sock.do("set_flow", tcp(VIP, 80), server(rip(1), port=80), nest(
            "flow", protocol=6, client=dray.ip("10.9.60.1"), client_port=1 + n, vip=dray.ip(VIP), vip_port=80,
            state=state, flags=1, expires=600000))


def adm(words, without):
    """(output, complaints, exit code) of drayadm while a function of the kernel finds no memory."""
    with space, fault.share(100, fault.function(without), waiting=True):
        done = subprocess.run(["drayadm", *words.split()], text=True, check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    return done.stdout, done.stderr, done.returncode


def no_answer(words, what):
    out, said, code = adm(words, "netlink_dump")
    same((said, code), (f"{what}: No buffer space available\n", 255), f"{words} ({out})")


for command, text in READS:
    add_case(f"no answer to drayadm {command}: {text}".replace(CONF, "FILE"),
             lambda words=command, what=text: no_answer(words, what))


@case("nobody can be listened to: monitor says so")
def _():
    same(adm("monitor", "netlink_realloc_groups"), ("", "cannot listen: Memory allocation problem\n", 255), "monitor")


@case("no answer to -Ln and save: ipvsadm's way to say it")
def _():
    for words in "-Ln", "save":
        same(adm(words, "netlink_dump"), ("", "No buffer space available\n", 1), words)


@case("an answer that ends half way: what came is shown, and that it is not all")
def _():
    out, said, code = adm("flows -n", "netlink_recvmsg")
    same((said, code), ("cannot read the entries: Memory allocation problem\n", 255), "complaint and exit code")
    check(0 < out.count("ESTABLISHED") < FLOWS, f"{out.count('ESTABLISHED')} flows are shown")


@case("nothing is deleted if half of what matches was read")
def _():
    same(adm(f"flows del {SVC}", "netlink_recvmsg"),
         ("", "cannot read the entries: Memory allocation problem\n", 255), "flows del")


@case("after all that everything is read")
def _():
    with space:
        out = netlab.run("drayadm flows -n")
    same(out.count("ESTABLISHED"), FLOWS, "flows")
    fault.watched()


if __name__ == "__main__":
    taptest.main(setup)
