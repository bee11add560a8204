#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1800
"""drayvrrpd, keepalived 2.2.7 and FRR 8.4.4 as directors of one virtual address.

    a .11 drayvrrpd  --+-- br --+-- client .50
    b .12 keepalived --+        +-- the sniffer of lib/vrrp.py
    c .13 FRR        --+

Of two either is the better one; each way the better one stops, dies and comes back.
VOLUME=full: every version with everybody in both orders, else what differs most.
"""

from lib import frr, netlab, packet, taptest, vrrp
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
NAMES = {"a": "drayvrrpd", "b": "keepalived", "c": "FRR"}
ORDERS = (("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"))
# Of FRR's and of what is tried besides, by the form's title and the order.
SOME = {("version 2", "ac"), ("version 3", "ac"), ("version 3", "ca"), ("version 3, IPv6", "ca")}
SOME_PARTED = {("version 2", "ba"), ("version 3", "ab"), ("version 3", "ca")}
# The better one hears that there were two, whoever spoke first; neither a second burst nor a refresh is taken for what follows.
HEARD = {"more": "garp_master_delay 0\n    garp_master_refresh 0\n    higher_prio_send_advert"}
LINKS = ("loss 50%", "loss 10%", "loss 30%", "delay 300ms 100ms") if taptest.FULL else ("loss 50%",)


def setup():
    global lab
    vrrp.need(vrrp.DAEMON, vrrp.KEEPALIVED, frr.LIBEXEC + "/vrrpd")
    if taptest.FLAVOUR:
        netlab.module_setup()
    lab = vrrp.VrrpLab(names="abc", others={"b": vrrp.Keepalived, "c": frr.Frr})


def alone(director, vip):
    director.becomes("MASTER")
    wait_for(lambda: lab.owners(vip) == [director.name], f"only {director.name} has the address: {lab.owners(vip)}")


def both_directions(better, worse, form, vip):
    """Election, stop, return, power off, return."""
    lab.settle()
    better, worse = lab.directors[better], lab.directors[worse]
    better.start(better.words(200, **form))
    worse.start(worse.words(100, **form))
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
    for _better, _worse in ORDERS:
        # FRR knows no password.
        if "c" not in _better + _worse or (_title, _better + _worse) in SOME or \
                taptest.FULL and _form.get("more") != PASS:
            add_case(f"{_title}, {NAMES[_better]} better than {NAMES[_worse]}: "
                     "elected, stopped, back, without power, back",
                     lambda b=_better, w=_worse, f=_form, v=_vip: both_directions(b, w, f, v))


@case("one of each: masters end one after the other, the last one is alone; all back, the best one has it")
def three():
    lab.settle()
    order = [lab.b, lab.a, lab.c]
    for director, priority in zip(order, (200, 150, 100)):
        director.start(director.words(priority))
    for director in order[:2]:
        alone(director, VIP)
        director.power_off()
        director.power_on()
    alone(lab.c, VIP)
    for director in order[:2]:
        director.start()
    alone(lab.b, VIP)


def join(director, winner):
    """Back on the bridge, where two are masters now: the winner announces itself again, if it is no FRR."""
    lab.sniffer.forget()
    lab.bridge.ip(f"link set {director.port} master br0")
    alone(winner, VIP)
    if winner is not lab.c:
        mac = winner.space.mac()
        wait_for(lambda: [a for a in lab.sniffer.announcements() if a[1] == VIP and a[2][6:12] == mac],
                 f"{winner.name} announces the address again")


def parted(better, worse, form):
    """A bridge that falls into two halves, and is one again."""
    lab.settle()
    for director, priority in (better, 200), (worse, 100):
        director.start(director.words(priority, **form, **({} if director is lab.c else HEARD)))
    alone(better, VIP)
    lab.bridge.ip(f"link set {better.port} nomaster")
    worse.becomes("MASTER")
    same(better.state(), "MASTER", "state of the better one, which hears nobody")
    join(better, better)
    worse.becomes("BACKUP")
    holds(lambda: lab.owners() == [better.name], "one owner from then on")
    if better is lab.a:
        said(f"Received advert from {worse.address} with lower priority 100, ours 200")
    if worse is lab.a:
        said(f"Master received advert from {better.address} with higher priority 200, ours 100")


def said(text):
    """a names the other master."""
    wait_for(lambda: text in lab.a.said(), f"a says {text!r}")


for _title, _form in ("version 2", {"version": 2, "advert": 1}), ("version 3", {}):
    for _better, _worse in ORDERS:
        if taptest.FULL or (_title, _better + _worse) in SOME_PARTED:
            add_case(f"{_title}, {NAMES[_better]} better than {NAMES[_worse]}: both masters of their half, then one",
                     lambda b=_better, w=_worse, f=_form: parted(lab.directors[b], lab.directors[w], f))


def stays(first, second):
    """With nopreempt the one that is there stays, though the other is better."""
    lab.settle()
    # The others have no real-time priority: on a busy machine their adverts come late.
    second.start(second.words(100, advert=0.5))
    alone(second, VIP)
    first.start(first.words(200, advert=0.5, more="nopreempt"))
    first.becomes("BACKUP")
    holds(lambda: lab.owners() == [second.name], "nothing moves", seconds=3)
    second.power_off()
    alone_of(first)


def alone_of(director):
    director.becomes("MASTER")
    check(director.has(), f"{director.name} has not the address")


for _other in "bc":
    add_case(f"nopreempt: drayvrrpd does not take the address from {NAMES[_other]}, and it not from drayvrrpd",
             lambda o=_other: (stays(lab.a, lab.directors[o]), stays(lab.directors[o], lab.a)))


@case("use_vmac: the virtual MAC is the master's, keepalived's or ours, and one answers")
def virtual_mac():
    lab.settle()
    lab.a.start(instance(200, more="use_vmac"))
    lab.b.start(instance(100, more="use_vmac"))
    for director in lab.a, lab.b:
        director.becomes("MASTER")
        wait_for(lambda: {frame[6:12].hex() for *_, frame in lab.sniffer.adverts()} == {"00005e000133"},
                 "adverts with the virtual MAC and no others", every=0.5)
        wait_for(lambda: vrrp.arp_answers(lab.client) == {"00:00:5e:00:01:33"}, "the virtual MAC answers, alone")
        if director is lab.a:
            lab.a.stop()


@case("FRR is master, drayvrrpd waits: FRR's virtual MAC answers, alone; and the reverse")
def frr_answers():
    lab.settle()
    lab.c.start(lab.c.words(200))
    lab.a.start(instance(100, more="use_vmac"))
    alone(lab.c, VIP)
    wait_for(lambda: vrrp.arp_answers(lab.client) == {"00:00:5e:00:01:33"}, "the virtual MAC answers, alone")
    lab.c.stop()
    alone(lab.a, VIP)
    wait_for(lambda: vrrp.arp_answers(lab.client) == {"00:00:5e:00:01:33"}, "the virtual MAC answers, alone")


def unicast(me, peer):
    return f"unicast_src_ip {me.address}\n    unicast_peer {{\n        {peer.address}\n    }}"


def unicast_both(form):
    for better, worse in (lab.a, lab.b), (lab.b, lab.a):
        lab.settle()
        better.start(instance(200, more=unicast(better, worse), **form))
        worse.start(instance(100, more=unicast(worse, better), **form))
        alone(better, VIP)
        worse.becomes("BACKUP")
        better.power_off()
        worse.becomes("MASTER")
        better.power_on()
        better.start()
        alone(better, VIP)


for _title, _form in ("version 2", {"version": 2, "advert": 1}), ("version 3", {}):
    add_case(f"{_title}, unicast with keepalived, either the better one: elected, without power, back",
             lambda f=_form: unicast_both(f))


@case("drayvrrpd counts which checksum of version 3 the others send")
def dialects():
    lab.settle()
    lab.a.start(instance(100))
    lab.a.becomes("MASTER")
    for other in lab.b, lab.c:
        other.start(other.words(200))
        other.becomes("MASTER")
        peer = wait_for(lambda o=other: [p for p in lab.a.instance()["peers"] if p["address"] == o.address],
                        f"{NAMES[other.name]} is heard")
        taptest.note(f"{NAMES[other.name]}: {peer[0]['checksum']}")
        other.power_off()
        other.power_on()
        lab.a.becomes("MASTER")


def lossy(what):
    """Whatever is lost and late meanwhile: when the link is good again there is one master."""
    lab.settle()
    lab.b.start(instance(200))
    lab.a.start(instance(100))
    alone(lab.b, VIP)
    done = lab.bridge.run(f"tc qdisc add dev {lab.a.port} root netem {what}", check_status=False)
    if done.strip():
        raise Skip(f"no netem: {done}")
    before = lab.a.instance()["counters"]["received"]
    wait_for(lambda: lab.a.instance()["counters"]["received"] > before + 20, "20 adverts are received", 60)
    lab.bridge.run(f"tc qdisc del dev {lab.a.port} root")
    alone(lab.b, VIP)
    taptest.note(f"became master {lab.a.instance()['counters']['became-master']} times")


for _what in LINKS:
    add_case(f"keepalived is heard with {_what}: one master when it is over", lambda w=_what: lossy(w))


@case("equal priorities, both masters of their half: joined, the higher address keeps it")
def equal():
    lab.settle()
    lab.bridge.ip(f"link set {lab.a.port} nomaster")
    for director in lab.a, lab.b:
        director.start(instance(100, **HEARD))
        director.becomes("MASTER")
    join(lab.a, lab.b)
    lab.a.becomes("BACKUP")
    said(f"Master received advert from {lab.b.address} with same priority 100 but higher IP address than ours")


def advert_of(director, form):
    director.start(instance(200, **form))
    return wait_for(lambda: [a for a in lab.sniffer.adverts() if a[3] == 200], "an advert")[0][4]


def announcement_of(director, form):
    """The first gratuitous ARP or unsolicited NA for the VIP."""
    director.start(instance(200, **form))

    def find():
        return [frame for _, frame in lab.sniffer.frames() if frame[6:12] == director.space.mac() and (
            (frame[12:14] == b"\x08\x06" and frame[28:32] == packet.addr(VIP)) or
            (frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136 and frame[62:78] == packet.addr(VIP6)))]
    return wait_for(find, "an announcement", 30)[0]


def alike(frame, director):
    """Without what has to differ: who it is from, sums of that, IP's identification and flow label."""
    frame = bytearray(frame.replace(director.space.mac(), bytes(6)))
    kind = frame[12:14]
    if kind == b"\x08\x00":
        # In version 2 the message's sum is not of IP's addresses.
        zeros = (18, 20), (24, 30), *([(40, 42)] if frame[34] >> 4 == 3 else [])
    elif kind == b"\x86\xdd":
        zeros = (16, 18), (22, 38), (60, 62) if frame[20] == 112 else (56, 58)
        frame[15] &= 0xf0   # the flow label is the kernel's
    else:
        zeros = ()
    for start, end in zeros:
        frame[start:end] = bytes(end - start)
    return bytes(frame).hex(" ")


LINK_LOCAL = ("fe80::200/64", VIP6 + "/64")
BYTES = {"version 2 with a password": (advert_of, {"version": 2, "advert": 1, "more": PASS}),
         "version 3": (advert_of, {"advert": 1}), "version 3, IPv6": (advert_of, {"advert": 1, "vips": LINK_LOCAL}),
         "gratuitous ARP": (announcement_of, {"advert": 1}), "unsolicited NA": (announcement_of, {"advert": 1, "vips": LINK_LOCAL})}


def same_bytes(what):
    of, form = BYTES[what]
    frames = []
    for director in lab.a, lab.b:
        lab.settle()
        frames.append(alike(of(director, form), director))
    same(*frames, "frames")


for _what in BYTES:
    add_case(f"the bytes of both are the same: {_what}", lambda w=_what: same_bytes(w))


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
