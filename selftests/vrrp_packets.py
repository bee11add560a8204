#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""drayvrrpd and adverts made by hand: what is discarded changes its counter and nothing else.

    a .11 drayvrrpd, master --+-- br --+-- client .50, which sends them as .66

Every advert has a priority that would make a give way, were it believed.
"""

from lib import packet, taptest, vrrp
from lib.netlab import VIP
from lib.taptest import add_case, case, same, wait_for
from lib.vrrp import GROUP, instance, summed, version3

lab = None
PASS = "authentication {\n        auth_type PASS\n        auth_pass 1111\n    }"
WITH_PASSWORD = {"version": 2, "advert": 1, "more": PASS}


def setup():
    global lab
    vrrp.need()
    lab = vrrp.VrrpLab(names="a")
    # Else the kernel takes its own address as a source for a martian.
    lab.a.space.sysctl(ipv4__conf__all__accept_local=1)


def version2(auth=1, interval=1, password=b"1111\0\0\0\0", off=0):
    head = bytes([0x21, 51, 250, 1, auth, interval])
    # RFC 2338: the authentication data are in the sum.
    return summed(head, packet.addr(VIP) + password, off=off)


def send(data, to=GROUP, **how):
    vrrp.say(lab.client, data, to=to, mac=None if to == GROUP else lab.a.space.mac(), **how)


def counts():
    """What is counted of what was received, zeros left out."""
    found = lab.a.instance()
    received = {"received": found["counters"]["received"], **found["rejected"]}
    return {name: count for name, count in received.items() if count}


def master(**form):
    """a is master in that form; started only if it is not."""
    if not lab.a.proc or lab.a.form != form:
        lab.settle()
        lab.a.form = form
        lab.a.start(instance(200, **form))
    lab.a.becomes("MASTER")


def discarded(form, reason, data, **kw):
    master(**form)
    before = counts()
    send(data, **kw)
    wanted = {**before, reason: before.get(reason, 0) + 1}
    wait_for(lambda: counts() != before, f"it is counted as {reason}")
    same(counts(), wanted, "counters")
    same((lab.a.state(), lab.a.has()), ("MASTER", True), "state, and whether it has the address")


BAD3 = [
    ("a TTL of 254", "ttl", {}, {"ttl": 254}),
    ("a checksum that is off by one", "checksum", {"off": 1}, {}),
    ("version 2", "version", {"first": 0x21}, {}),
    ("version 4", "version", {"first": 0x41}, {}),
    ("a type that is not 1", "type", {"first": 0x32}, {}),
    ("an interval of zero", "interval", {"interval": 0}, {}),
    ("no address", "count", {"vips": ()}, {}),
    ("more addresses said than there are", "length", {"count": 2}, {}),
    ("this host's own address as its source", "own-source", {"source": "10.9.0.11"}, {"source": "10.9.0.11"}),
    ("sent to this host alone", "destination", {"to": "10.9.0.11"}, {"to": "10.9.0.11"}),
]
BAD2 = [
    ("another password", "auth", {"password": b"2222\0\0\0\0"}),
    ("no authentication", "auth-type", {"auth": 0}),
    ("IP AH", "auth-type", {"auth": 2}),
    ("another interval", "interval", {"interval": 2}),
    ("a checksum that is off by one", "checksum", {"off": 1}),
]


for _title, _reason, _made, _sent in BAD3:
    add_case(f"version 3, {_title}: {_reason} is counted, and that is all",
             lambda r=_reason, m=_made, s=_sent: discarded({}, r, version3(**m), **s))


@case("version 3, cut short: truncated is counted, and that is all")
def truncated():
    discarded({}, "truncated", version3()[:6])


@case("a virtual router that nobody has: counted, and that is all")
def unknown():
    master()
    before, was = counts(), lab.a.status()["unknown_vrids"]
    send(version3(vrid=52))
    wait_for(lambda: lab.a.status()["unknown_vrids"] == was + 1, "it is counted")
    same((counts(), lab.a.state()), (before, "MASTER"), "counters and state")


@case("from the wrong interface: for the virtual router of that one it is of one that nobody has, and that is all")
def wrong_interface():
    lab.settle()
    # Both ends are of this host: what goes out of far1 comes in by eth1.
    lab.a.space.ip("link add eth1 type veth peer name far1", "link set far1 up", "link set eth1 up", "addr add 10.8.0.11/16 dev eth1")
    lab.a.form = None
    try:
        lab.a.start(instance(200), instance(200, name="VI_2", vrid=52, vips=("10.8.0.200/16",)).replace("eth0", "eth1"))
        lab.a.becomes("MASTER")
        lab.a.becomes("MASTER", name="VI_2")
        before, was = counts(), lab.a.status()["unknown_vrids"]
        vrrp.say(lab.a.space, version3(), device="far1")
        wait_for(lambda: lab.a.status()["unknown_vrids"] == was + 1, "it is counted")
        same((counts(), lab.a.state(), lab.a.state("VI_2")), (before, "MASTER", "MASTER"), "counters and states")
        vrrp.say(lab.a.space, version3(vrid=52, source="10.8.0.12"), device="far1", source="10.8.0.12")
        lab.a.becomes("BACKUP", name="VI_2")
        same(lab.a.state(), "MASTER", "the other one")
    finally:
        lab.a.stop()
        lab.a.space.ip("link del eth1")


def believed(what, data, form=None, **kw):
    """The sender is master; when it says no more, a is again."""
    master(**(form or {}))
    before = lab.a.instance()["counters"][what]
    send(data, **kw)
    lab.a.becomes("BACKUP")
    same(lab.a.instance()["counters"][what], before + 1, what)


add_case("version 3, a checksum with a pseudo-header is believed, and counted",
         lambda: believed("checksum-pseudo-header", version3()))
add_case("version 3, a checksum without a pseudo-header is believed, and counted",
         lambda: believed("checksum-plain", version3(plain=True)))
add_case("version 3, what Ethernet fills up with is no part of the advert",
         lambda: believed("received", version3(), padding=12))
add_case("version 3, other addresses: believed, and counted",
         lambda: believed("addresses-differ", version3(vips=("10.9.0.201",))))
add_case("version 3, another interval: believed, and counted",
         lambda: believed("interval-differs", version3(interval=20)))


@case("unicast, from somebody who is no unicast_peer: peer is counted, and that is all")
def no_peer():
    form = {"more": "check_unicast_src\n    unicast_src_ip 10.9.0.11\n    unicast_peer {\n        10.9.0.12\n    }"}
    discarded(form, "peer", version3(to="10.9.0.11"), to="10.9.0.11")


for _title, _reason, _made in BAD2:
    add_case(f"version 2, {_title}: {_reason} is counted, and that is all",
             lambda r=_reason, m=_made: discarded(WITH_PASSWORD, r, version2(**m)))
add_case("version 2, the right password: believed", lambda: believed("received", version2(), WITH_PASSWORD))


taptest.main(setup)
