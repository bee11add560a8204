#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
"""drayvrrpd and keepalived 2.2.7 as two directors of one virtual address.

    a .11 drayvrrpd  --+-- br --+-- client .50
    b .12 keepalived --+        +-- the sniffer of lib/vrrp.py

Either is the better one; each way the better one stops, dies and comes back.
"""

import os
import subprocess

from lib import netlab, taptest, vrrp
from lib.netlab import VIP, VIP6
from lib.taptest import Skip, add_case, case, check, holds, same, wait_for
from lib.vrrp import instance

lab = None
PASS = "authentication {\n        auth_type PASS\n        auth_pass 1111\n    }"
FORMS = (
    ("version 2 with a password", {"version": 2, "advert": 1, "more": PASS}, VIP),
    ("version 2", {"version": 2, "advert": 1}, VIP),
    ("version 3", {"version": 3}, VIP),
    ("version 3, IPv6", {"version": 3, "vips": ("fe80::200/64", VIP6 + "/64")}, VIP6),
)


def setup():
    global lab
    if os.geteuid():
        raise Skip("needs root")
    for program in vrrp.DAEMON, vrrp.KEEPALIVED:
        if subprocess.run(["sh", "-c", f"command -v {program}"], stdout=subprocess.DEVNULL, check=False).returncode:
            raise Skip(f"no {program}")
    if taptest.FLAVOUR:
        netlab.module_setup()
    lab = vrrp.VrrpLab(others={"b": vrrp.Keepalived})


def alone(director, vip):
    director.becomes("MASTER")
    wait_for(lambda: lab.owners(vip) == [director.name], f"only {director.name} has the address: {lab.owners(vip)}")


def both_directions(better, worse, form, vip):
    """Election, stop, return, power off, return."""
    lab.settle()
    better, worse = lab.directors[better], lab.directors[worse]
    better.start(instance(200, **form))
    worse.start(instance(100, **form))
    alone(better, vip)
    worse.becomes("BACKUP")
    holds(lambda: lab.owners(vip) == [better.name], "nothing moves", seconds=3 * form.get("advert", vrrp.ADVERT))
    better.stop()
    alone(worse, vip)
    better.start()
    alone(better, vip)
    better.power_off()
    worse.becomes("MASTER")
    better.power_on()
    better.start()
    alone(better, vip)


for _title, _form, _vip in FORMS:
    for _better, _worse, _who in ("a", "b", "drayvrrpd"), ("b", "a", "keepalived"):
        add_case(f"{_title}, {_who} is the better one: elected, stopped, back, without power, back",
                 lambda b=_better, w=_worse, f=_form, v=_vip: both_directions(b, w, f, v))


@case("equal priorities, both masters of their half: joined, the higher address keeps it")
def equal():
    lab.settle()
    lab.bridge.ip(f"link set {lab.a.port} nomaster")
    lab.a.start(instance(100))
    lab.b.start(instance(100))
    lab.a.becomes("MASTER")
    lab.b.becomes("MASTER")
    lab.bridge.ip(f"link set {lab.a.port} master br0")
    alone(lab.b, VIP)
    lab.a.becomes("BACKUP")


@case("the bytes of both are the same, but for IP's identification")
def same_bytes():
    frames = {}
    form = {"version": 2, "advert": 1, "more": PASS}
    for director in lab.a, lab.b:
        lab.settle()
        director.start(instance(200, **form))
        adverts = wait_for(lambda: [a for a in lab.sniffer.adverts() if a[3] == 200], "an advert")
        frame = bytearray(adverts[0][4])
        # from behind, so that places do not move: IP's sum, its id, the source MAC
        for start, end in (24, 26), (18, 20), (6, 12):
            del frame[start:end]
        frames[director.name] = frame
    same(len(frames["a"]), len(frames["b"]), "length")
    for at in range(len(frames["a"])):
        if at not in SOURCE:
            same(frames["a"][at], frames["b"][at], f"byte {at} of the shortened frame")


# the last byte of the source address, in a frame without source MAC, id and sum
SOURCE = (19,)


# keepalived falls silent: what it ignores restarts its timer.
@case("a wrong password: keepalived's is ignored, and ours goes on to advertise")
def wrong_password():
    lab.settle()
    form = {"version": 2, "advert": 1}
    lab.a.start(instance(100, **form, more=PASS))
    lab.a.becomes("MASTER")
    lab.b.start(instance(200, **form, more=PASS.replace("1111", "2222")))
    wait_for(lambda: "eceived an invalid passwd" in lab.b.said(), "keepalived says so")
    sent = lab.a.instance()["counters"]["sent"]
    wait_for(lambda: lab.a.instance()["counters"]["sent"] > sent + 3, "a advertises")
    same((lab.a.state(), lab.a.has()), ("MASTER", True), "state of a, and its address")


@case("another list of addresses: said, and one master")
def other_addresses():
    lab.settle()
    lab.b.start(instance(200))
    lab.b.becomes("MASTER")
    lab.a.start(instance(100, vips=(VIP + "/16", "10.9.0.201/16")))
    lab.a.becomes("BACKUP")
    wait_for(lambda: "list of virtual addresses" in lab.a.said(), "a says so")
    check(lab.owners() == ["b"], f"owners: {lab.owners()}")


taptest.main(setup)
