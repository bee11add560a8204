#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""drayvrrpd and Accept_Mode: what a master's host has of what is sent to the address.

    a .11 --+-- br --+-- client .50
            +        +-- the sniffer of lib/vrrp.py
"""

import json
import signal

from lib import netlab, taptest, vrrp
from lib.netlab import VIP
from lib.taptest import Skip, case, check, same, wait_for
from lib.vrrp import instance

lab = None
module = False


def setup():
    global lab, module
    vrrp.need()
    if taptest.FLAVOUR:
        netlab.module_setup()
        module = True
    lab = vrrp.VrrpLab()


def told(command):
    return json.loads(lab.a.space.run([netlab.ADM, command, "--json"]))["data"]


def vip():
    """What the module says of the address."""
    return next((row for row in told("vip") if row["address"] == VIP), {})


def dropped():
    return next(row["packets"] for row in told("reasons") if row["name"] == "no-accept")


def pings():
    return "1 received" in lab.client.run(f"ping -c 1 -W 1 {VIP}", check_status=False)


def started(priority, more):
    lab.settle()
    lab.a.start(instance(priority, more=more))
    lab.a.becomes("MASTER")
    wait_for(lab.a.has, "the address")


@case("44: no_accept: the master drops and counts what is for no service, and answers ARP; a reload takes it back")
def no_accept():
    if not module:
        raise Skip("needs the module")
    started(200, "no_accept")
    wait_for(lambda: (vip().get("role"), vip().get("accept")) == ("active", False), "the module is told")
    before = dropped()
    check(not pings(), "a ping is answered")
    check(dropped() > before, "it is not counted")
    mac = ":".join(f"{byte:02x}" for byte in lab.a.space.mac())
    same(vrrp.arp_answers(lab.client), {mac}, "who answers ARP")
    check("not acted upon" not in lab.a.said(), "it is said not to be acted upon")
    lab.a.configure(instance(200))
    lab.a.signal(signal.SIGHUP)
    wait_for(pings, "answered without no_accept")
    same(vip()["accept"], True, "accept")


@case("no_accept of an owner: RFC 9568 has it accept whatever is configured")
def owner():
    started(255, "no_accept")
    wait_for(pings, "an owner answers")
    if module:
        same(vip()["accept"], True, "accept")
    check("not acted upon" not in lab.a.said(), "it is said not to be acted upon")


@case("no_accept without dray.ko: said once, and the address is taken")
def without_module():
    if module:
        raise Skip("the module is loaded: the other cases have it")
    started(200, "no_accept")
    wait_for(lambda: "no_accept is not acted upon without dray.ko" in lab.a.said(), "it is said")
    check(pings(), "a ping is not answered")
    # It is looked at with each renewal of the lease, several times in these adverts.
    beats = lab.a.instance()["counters"]["sent"]
    wait_for(lambda: lab.a.instance()["counters"]["sent"] > beats + 10, "ten adverts more")
    same(lab.a.said().count("not acted upon"), 1, "how often it is said")


taptest.main(setup)
