#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
"""drayvrrpd: how a master's gratuitous ARP and neighbour advertisements look, and when they come.

    a .11 drayvrrpd, master --+-- br --+-- client .50, at times a worse master
                              +        +-- the sniffer of lib/vrrp.py

When exactly is tools/tests/vrrp_burst_test.c's; here bursts are told by how many there were.
"""

from lib import taptest, vrrp
from lib.neigh import BROADCAST, Said
from lib.netlab import VIP, VIP6
from lib.taptest import case, check, same, wait_for
from lib.vrrp import instance

lab = None
ROUTER, SOLICITED, OVERRIDE = 0x80, 0x40, 0x20
DELAY = 2


def setup():
    global lab
    vrrp.need()
    lab = vrrp.VrrpLab(names="a")


class Announced:
    """What a has announced of an address since, with the times."""

    def __init__(self):
        self.seen = {VIP: [], VIP6: []}
        lab.sniffer.forget()

    def look(self):
        for at, address, frame in lab.sniffer.announcements():
            if frame[6:12] == lab.a.space.mac() and address in self.seen:
                self.seen[address].append((at, frame))
        return self.seen

    def count(self):
        return [len(frames) for frames in self.look().values()]

    def reaches(self, count, what):
        """So many of each address, and not more."""
        wait_for(lambda: min(self.count()) >= count, f"{what}: {count} of each address", 20)
        same(self.count(), [count] * 2, what)

    def reaches_one(self, address):
        return wait_for(lambda: self.look()[address], f"{address} is announced", 20)[0][1]

    def later(self, first, second):
        """Between these two there was time, of each address."""
        for address, frames in self.seen.items():
            passed = frames[second][0] - frames[first][0]
            check(passed > DELAY / 2, f"{address}: {passed:.2f} s from announcement {first} to {second}")


def master(more):
    """a, with an address of each family and the announcements that these words ask for."""
    lab.settle()
    announced = Announced()
    lab.a.start(instance(200, more=more),
                instance(200, name="VI_2", vrid=52, vips=("fe80::200/64", VIP6 + "/64"), more=more))
    return announced


def contend():
    """A worse master of both virtual routers says so once."""
    vrrp.say(lab.client, vrrp.version3(priority=50))
    there = {"to": vrrp.GROUP6, "source": vrrp.OTHER6}
    vrrp.say(lab.client, vrrp.version3(vrid=52, priority=50, vips=("fe80::200", VIP6), **there), **there)


def garp(**words):
    return "\n    ".join(f"garp_{name} {value}" for name, value in words.items())


@case("a new master: five now and five later; after a contention three now and three later")
def bursts():
    announced = master(garp(master_delay=DELAY, master_refresh=0, lower_prio_delay=DELAY, lower_prio_repeat=3))
    announced.reaches(5, "at once")
    announced.reaches(10, "later")
    announced.later(0, 5)
    contend()
    announced.reaches(13, "after the contention")
    announced.reaches(16, "some time after the contention")
    announced.later(10, 13)
    same([lab.a.instance(name)["put_back"] for name in ("VI_1", "VI_2")], [0, 0], "addresses put back")


@case("the refresh goes on, also after a contention that is not to be repeated")
def refreshed():
    announced = master(garp(master_delay=0, master_repeat=5, master_refresh=1, master_refresh_repeat=2))
    wait_for(lambda: min(announced.count()) >= 5 + 2 * 2, "two refreshes", 20)
    before = max(announced.count())
    contend()
    wait_for(lambda: min(announced.count()) >= before + 5 + 3 * 2, "the contention's five, and three refreshes", 20)


@case("gratuitous ARP: a request to all, from and for the address itself, with the interface's MAC address")
def request():
    frame = master("").reaches_one(VIP)
    mac = lab.a.space.mac()
    same((frame[:6], frame[21]), (BROADCAST, 1), "destination, operation")
    same((frame[22:28], frame[32:38]), (mac, BROADCAST), "sender's and target's MAC address")


def advertised(forwarding):
    """The flags of an advertisement by a host that forwards or does not."""
    lab.a.space.sysctl(ipv6__conf__all__forwarding=forwarding)
    frame = master("").reaches_one(VIP6)
    same((frame[:6], frame[38:54], frame[21]), (b"\x33\x33\0\0\0\1", b"\xff\2" + bytes(13) + b"\1", 255),
         "to all nodes, with a hop limit of 255")
    same(frame[78:86], b"\2\1" + lab.a.space.mac(), "target's MAC address")
    check(Said(frame).good, "the checksum is wrong")
    return frame[58] & (ROUTER | SOLICITED | OVERRIDE)


@case("neighbour advertisements: override, not solicited, of a router only where IPv6 is forwarded")
def flags():
    same(advertised(0), OVERRIDE, "flags without forwarding")
    same(advertised(1), OVERRIDE | ROUTER, "flags with forwarding")


taptest.main(setup)
