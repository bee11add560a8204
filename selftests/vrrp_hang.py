#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""A director that hangs, or that has no time: what the others see of it.

    a .11 (priority 200) --+-- br --+-- client .50
    b .12 (priority 100) --+        +-- servers .121, .122
"""

import re
import signal

from lib import neigh, netlab, packet, stress, taptest, vrrp
from lib.netlab import CLIENT, CLIENT6, VIP, VIP6
from lib.packet import TCP, Tap
from lib.talk import Echo, Talks
from lib.taptest import case, check, note, same, wait_for
from lib.vrrp import instance

lab = None
PORT = 80
CONNECTIONS = 1000
# A machine that is emulated beside others is itself held up for some intervals of 100 ms.
ADVERTS, INTERVAL = (600, 0.1) if taptest.FULL else (8, 1)
RST = 4


def setup():
    global lab
    vrrp.need()
    netlab.module_setup()
    lab = vrrp.VrrpLab(servers=2)
    for director in lab.a, lab.b:
        balance(director)
        for n in (1, 2):
            netlab.reach(director.space, netlab.rip(n))


def pair(*parts, **form):
    """a is master with a lease in its kernel, b waits."""
    lab.settle()
    for director, priority in (lab.a, 200), (lab.b, 100):
        director.start(*(instance(priority, **{**form, **part}) for part in parts or ({},)))
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    wait_for(lambda: "lease ends" in vip_list(lab.a), "a lease in a's kernel")


def vip_list(director):
    return director.space.run([netlab.ADM, "vip"])


class Words:
    """Who answers by ARP and by ND, and who forwards what comes to its MAC address, in order."""

    def __init__(self):
        self.asker = neigh.Asker(lab.client, CLIENT, CLIENT6)
        self.taps = [Tap(server, want=lambda seen: seen.proto == TCP and seen.dst == VIP) for server in lab.servers]
        self.said = []
        self.names = {director.space.mac(): director.name for director in (lab.a, lab.b)}
        self.port = 20000

    def questions(self):
        yield from (self.asker.question(VIP), self.asker.question(VIP6))
        self.port += 1
        for mac in self.names:
            segment = packet.tcp(CLIENT, VIP, self.port, PORT)
            yield packet.frame(mac, self.asker.mac, packet.ipv4(CLIENT, VIP, TCP, segment))

    def ask(self):
        for question in self.questions():
            self.asker.sock.send(question)
        self.asker.sock.settimeout(0.05)
        while True:
            try:
                raw, where = self.asker.sock.recvfrom(2000)
            except (TimeoutError, BlockingIOError):
                break
            said = neigh.Said(raw)
            # A gratuitous one is addressed to all.
            if where[2] != 4 and said.kind in KINDS and said.address in (VIP, VIP6) and not raw[0] & 1:
                self.said.append((said.kind, self.names.get(raw[6:12])))
        for tap in self.taps:
            self.said += [("forward", self.names.get(seen.src_mac)) for seen in tap.all()]

    def count(self, kind, name):
        return self.said.count((kind, name))


KINDS = ("reply", "advertise", "forward")


def balance(director):
    for line in "-C", f"-A -t {VIP}:{PORT} -s dray", *(f"-a -t {VIP}:{PORT} -r {netlab.rip(n)} -g" for n in (1, 2)):
        director.space.run(f"{netlab.ADM} {line}")


def one_voice(number, back):
    pair({}, {"name": "VI_2", "vrid": 52, "vips": ("fe80::200/64", VIP6 + "/64")}, advert=1)
    wait_for(lambda: vip_list(lab.a).count("lease ends") >= 2, "leases of both families")
    words = Words()

    def by(name):
        words.ask()
        return all(words.count(kind, name) >= 5 for kind in KINDS)
    wait_for(lambda: by("a"), "a answers")
    check(all(not words.count(kind, "b") for kind in KINDS), f"b answers: {words.said}")
    lab.a.everyone(number)
    wait_for(lambda: by("b"), "b answers", 30)
    for kind in KINDS:
        names = [name for said, name in words.said if said == kind]
        check("a" not in names[names.index("b"):], f"{kind}: a answers after b: {names}")
    back()
    wait_for(lambda: lab.owners() == ["a"], "a has the address again", 30)


@case("SIGSTOP: a has answered by ARP and by ND and has forwarded for the last time before b does for the first")
def stopped():
    one_voice(signal.SIGSTOP, lambda: lab.a.everyone(signal.SIGCONT))


@case("SIGKILL of everything: the same, and started again a is the master")
def killed():
    one_voice(signal.SIGKILL, lab.a.start)


def resigning(number):
    pair(advert=2)
    worker = lab.a.worker()
    lab.sniffer.forget()
    lab.a.signal(number)
    wait_for(lambda: [advert for advert in lab.sniffer.adverts() if advert[3] == 0], "it resigns", every=0.01)
    vrrp.signal_all([worker], signal.SIGSTOP)
    left = re.search(r"lease ends in (\d+) ms", vip_list(lab.a))
    check(not left or int(left[1]) <= 500, f"what is left of 4800 ms: {left}")
    lab.a.everyone(signal.SIGKILL)
    lab.b.becomes("MASTER")
    wait_for(lambda: vrrp.arp_answers(lab.client) == {lab.b.space.mac().hex(":")}, "b alone answers", 30)


@case("killed while it resigns, as its supervisor is gone: its lease is a short one by then")
def orphan():
    resigning(signal.SIGKILL)


@case("killed while it waits for its successor, at a polite stop: its lease is a short one by then")
def drains():
    resigning(signal.SIGTERM)


def resets(tap, director):
    return [seen for seen in tap.all(seconds=0.1) if seen.src_mac == director.space.mac()
            and seen.proto == TCP and seen.payload[13] & RST]


@case("1,000 established connections under SIGSTOP: a resets none of them, b goes on with all")
def no_reset():
    pair()
    Echo(lab.servers, VIP, PORT)
    talks = Talks(lab.client, VIP, PORT, CONNECTIONS, every=2)
    wait_for(lambda: talks.least() > 0, "all have had an answer", 60)
    mine = lab.client.mac()
    to_a = Tap(lab.a.space, want=lambda seen: seen.src_mac == mine and seen.dst == VIP and seen.proto == TCP)
    back = Tap(lab.client, want=lambda seen: seen.src == VIP)
    # Its packets still go to a, whatever the neighbours say.
    lab.client.ip(f"neigh replace {VIP} lladdr {lab.a.space.mac().hex(':')} dev eth0 nud permanent")
    lab.a.everyone(signal.SIGSTOP)
    lab.b.becomes("MASTER")
    wait_for(lambda: "run out" in vip_list(lab.a), "the lease has run out")
    to_a.drop()
    ports = set()

    def all_have_come():
        ports.update(seen.ports()[0] for seen in to_a.all(1, 0.2))
        return len(ports) >= CONNECTIONS
    wait_for(all_have_come, "every connection sends to a", 60)
    same(len(resets(back, lab.a)), 0, "resets by a")
    lab.client.ip(f"neigh del {VIP} dev eth0")
    before = dict(talks.answers)
    wait_for(lambda: not talks.stuck(before), "all go on by way of b", 60)
    same((talks.alive(), talks.broken), (CONNECTIONS, []), "connections, and those that broke")
    talks.end()
    lab.a.everyone(signal.SIGCONT)


@case(f"busy loops, a disk written flat out, swap in use: no state changes, {ADVERTS} adverts of {INTERVAL} s long")
def busy():
    pair(advert=INTERVAL)

    def moves():
        return [[(move["to"], move["reason"]) for move in director.instance()["transitions"]] for director in (lab.a, lab.b)]
    before = moves()
    load = stress.Stress()
    try:
        sent = lab.a.instance()["counters"]["sent"]
        wait_for(lambda: lab.a.instance()["counters"]["sent"] > sent + ADVERTS, "adverts", 120, every=0.5)
        note(f"{stress.swapped()} KB in swap")
        check(load.goes_on(), "all that makes the load still runs")
    finally:
        load.end()
    same(moves(), before, "transitions")
    same((lab.a.state(), lab.b.state(), lab.owners()), ("MASTER", "BACKUP", ["a"]), "states and owners")


taptest.main(setup)
