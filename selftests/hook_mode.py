#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Where packets are taken from the stack, and what the admin's rules can do.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2

In auto mode what a rule should have stopped must never get in, from the very
first packet after the rule exists; without rules packets are taken early.
"""

import json

from lib import netlab, packet, state, taptest
from lib.netlab import CLIENT, CLIENT6, VIP, VIP6, Lab
from lib.packet import UDP, Tap
from lib.taptest import case, check, same, wait_for
from lib.traffic import EchoServers, tcp_ask

lab = None
sender = None
taps = []
macs = {}
PORT = 7000
_port = [40000]


def setup():
    global lab, sender
    netlab.module_setup()
    netlab.need_dray()
    lab = Lab(servers=2)
    netlab.warm(lab)
    EchoServers(lab, PORT, udp=False)
    macs.update(director=lab.director.mac(), client=lab.client.mac())
    taps.extend(Tap(server, want=lambda seen: seen.dst in (VIP, VIP6) and seen.proto == UDP) for server in lab.servers)
    sender = lab.client.packet_socket()
    fresh()


def fresh(mode="auto"):
    lab.director.run("nft flush ruleset")
    lab.batch(["-C", *lab.lines(f"-u {VIP}:{PORT}"), *lab.lines(f"-u [{VIP6}]:{PORT}"),
               *lab.lines(f"-t {VIP}:{PORT}")])
    state.set_config(lab, hook_mode={"auto": 0, "early": 1, "input": 2}[mode])


def nft(rules):
    lab.director.run(["nft", rules])


INPUT_DROP = ("add table inet t; add chain inet t in { type filter hook input priority 0; };"
              f"add rule inet t in udp dport {PORT} drop")


def one(six=False, mark=b"packet", sport=None):
    """Send one datagram: how many servers' devices saw it (0 or 1)."""
    source, vip = (CLIENT6, VIP6) if six else (CLIENT, VIP)
    _port[0] += 1
    for tap in taps:
        tap.drop()
    data = packet.udp(source, vip, sport or _port[0], PORT, mark)
    sender.send(packet.frame(macs["director"], macs["client"], packet.ip(source, vip, UDP, data)))
    return sum(map(len, packet.gather(taps, 0.5)))


def passes(what, six=False):
    same(one(six), 1, what)


def stopped(what, six=False):
    same(one(six), 0, what)


def in_force(family="inet", device="eth0"):
    """(mode, why) of a device, as the tool shows it."""
    hooks = json.loads(lab.adm("config --json"))["data"]["hooks"]
    for hook in hooks:
        if (hook["device"], hook["family"]) == (device, family):
            return hook["mode"], hook["why"]
    raise taptest.Failed(f"{device}, {family}: not in {hooks}")


@case("auto, no rules: early is in force and shown")
def _():
    fresh()
    passes("datagram")
    same(in_force()[0], "early", "mode shown")
    passes("IPv6 datagram", True)
    same(in_force("inet6")[0], "early", "mode shown for IPv6")


@case("auto: a rule in the input chain is obeyed, and its removal is too")
def _():
    fresh()
    passes("before the rule")
    nft(INPUT_DROP)
    stopped("while there is the rule")
    stopped("IPv6, while there is the rule", True)
    mode, why = in_force()
    same(mode, "input", "mode shown")
    check(why, "no reason is shown")
    nft("delete table inet t")
    passes("after its removal")
    passes("IPv6, after its removal", True)
    same(in_force()[0], "early", "mode shown at the end")


@case("auto: of the traffic that runs, not one packet gets in once the rule exists")
def _():
    fresh()
    frames = [packet.frame(macs["director"], macs["client"], packet.ipv4(
        CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, 41000 + n, PORT, b"run %d" % n))) for n in range(50)]
    proc = lab.client.start(["python3", "-c", FLOOD])
    try:
        for turn in range(5):
            wait_for(lambda: any(tap.get(0.05) for tap in taps), "traffic runs")
            nft(INPUT_DROP)
            # nft has returned: the rule exists. What is sent from here on is marked.
            for tap in taps:
                tap.drop()
            for frame in frames:
                sender.send(frame)
            late = [s.payload for tap in taps for s in tap.all() if s.payload[8:].startswith(b"run")]
            nft("delete table inet t")
            same(late, [], f"packets that got in, turn {turn}")
    finally:
        proc.kill()
        proc.wait()


FLOOD = f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("{VIP}", {PORT}))
while True:
    try:
        s.send(b"background")
    except OSError:
        pass
    time.sleep(0.0005)
"""


@case("auto: an empty chain at the input hook counts as rules", debug=False)
def _():
    fresh()
    nft("add table ip t; add chain ip t in { type filter hook input priority 0; policy accept; }")
    passes("datagram")
    same(in_force()[0], "input", "mode shown")


@case("auto: an established flow obeys a new rule too")
def _():
    fresh()
    same([one(sport=43210) for _ in range(3)], [1, 1, 1], "before")
    nft(INPUT_DROP)
    same([one(sport=43210) for _ in range(3)], [0, 0, 0], "with the rule")
    nft("delete table inet t")
    same(one(sport=43210), 1, "after it")


@case("auto: a drop rule in mangle PREROUTING is obeyed", debug=False)
def _():
    fresh()
    nft("add table ip m; add chain ip m pre { type filter hook prerouting priority -150; };"
        f"add rule ip m pre udp dport {PORT} drop")
    stopped("with the rule")
    nft("delete table ip m")
    passes("without it")


@case("auto: a drop rule in raw PREROUTING is obeyed in every mode", debug=False)
def _():
    for mode in "auto", "early", "input":
        fresh(mode)
        nft("add table ip r; add chain ip r pre { type filter hook prerouting priority -300; };"
            f"add rule ip r pre udp dport {PORT} drop")
        stopped(mode)
        nft("delete table ip r")
        passes(mode + " without the rule")


@case("auto: iptables -A INPUT -j DROP is obeyed", debug=False)
def _():
    fresh()
    rule = f"INPUT -p udp --dport {PORT} -j DROP"
    lab.director.run(f"iptables -A {rule}")
    try:
        stopped("with the rule")
    finally:
        lab.director.run(f"iptables -D {rule}")
        lab.director.run("nft flush ruleset")
    passes("without it")


@case("auto: connection tracking is an obstacle, and a ct rule works")
def _():
    fresh()
    nft("add table ip c; add chain ip c in { type filter hook input priority 0; };"
        f"add rule ip c in udp dport {PORT} ct state new limit rate over 1/hour burst 1 packets drop;"
        "add rule ip c in ct state invalid drop")
    seen = [one() for _ in range(4)]
    same(sum(seen), 1, f"new flows that got in {seen}")
    same(in_force(), ("input", "hooks at PRE_ROUTING"), "mode shown")
    nft("delete table ip c")
    wait_for(lambda: in_force()[0] == "early", "early again once conntrack is gone")


@case("auto: rp_filter 1 on the device is an obstacle and works", debug=False)
def _():
    fresh()
    lab.director.sysctl(ipv4__conf__eth0__rp_filter=1)
    try:
        passes("an honest source")
        mode, why = in_force()
        same(mode, "input", "mode shown")
        check("rp_filter" in why, f"reason shown: {why}")
        _port[0] += 1
        for tap in taps:
            tap.drop()
        lab.director.ip("link add other type veth peer name other2", "addr add 10.88.0.1/24 dev other",
                        "link set other up", "link set other2 up")
        data = packet.udp("10.88.0.7", VIP, _port[0], PORT)
        sender.send(packet.frame(macs["director"], macs["client"], packet.ipv4("10.88.0.7", VIP, UDP, data)))
        same(sum(map(len, packet.gather(taps, 0.5))), 0, "frames with a source that belongs elsewhere")
    finally:
        lab.director.sysctl(ipv4__conf__eth0__rp_filter=0)
        lab.director.ip("link del other", check_status=False)


@case("auto: IPsec policies are an obstacle, and gone they are none")
def _():
    fresh()
    lab.director.ip("xfrm policy add src 10.99.0.1 dst 10.99.0.2 dir in tmpl proto esp mode tunnel")
    try:
        same(in_force(), ("input", "IPsec policies"), "mode shown")
        passes("with a policy for others")
    finally:
        lab.director.ip("xfrm policy flush")
    wait_for(lambda: in_force()[0] == "early", "early again")


@case("auto: TCP works through an accepting rule set with ct", debug=False)
def _():
    fresh()
    nft("add table ip c; add chain ip c in { type filter hook input priority 0; policy drop; };"
        f"add rule ip c in ip daddr {VIP} tcp dport {PORT} accept; add rule ip c in ct state established accept")
    same({tcp_ask(lab.client, VIP, PORT) for _ in range(4)}, {"rs1", "rs2"}, "servers")


@case("early: rules in the input chain are passed by, and that is said", debug=False)
def _():
    fresh("early")
    nft(INPUT_DROP)
    passes("datagram")
    same(in_force()[0], "early", "mode shown")


@case("input: rules in the input chain are obeyed", debug=False)
def _():
    fresh("input")
    passes("without rules")
    same(in_force()[0], "input", "mode shown")
    nft(INPUT_DROP)
    stopped("with the rule")


@case("the mode is changed under traffic without losing or doubling a packet")
def _():
    fresh()
    for turn in range(12):
        lab.adm("config --hook " + ("auto", "early", "input")[turn % 3])
        same(one(), 1, f"frames after change {turn}")
    proc_frames = [packet.frame(macs["director"], macs["client"], packet.ipv4(
        CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, 42000, PORT, b"%d" % n))) for n in range(600)]
    for tap in taps:
        tap.drop()
    for n, frame in enumerate(proc_frames):
        if n % 50 == 0:
            state.set_config(lab, hook_mode=(1, 2)[n // 50 % 2])
        sender.send(frame)
    got = []
    while len(got) < 600 and (more := packet.gather(taps, 2)) and any(more):
        got += [seen.payload[8:] for some in more for seen in some]
    same((len(got), len(set(got))), (600, 600), "frames, different frames")


def routed(forward):
    lab.director.ip(f"addr del {VIP}/32 dev eth0", f"addr del {VIP6}/128 dev eth0")
    lab.director.sysctl(ipv4__ip_forward=forward, ipv6__conf__all__forwarding=forward)


def local():
    lab.director.sysctl(ipv4__ip_forward=0, ipv6__conf__all__forwarding=0)
    lab.director.ip(f"addr add {VIP}/32 dev eth0", f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0")


def bypassed():
    rows = json.loads(lab.adm("list --json"))["data"]
    return [row["rules_bypassed"] for row in rows if row.get("address") == VIP][0]


@case("VIP not local, forwarding on: a rule in the forward chain is obeyed", debug=False)
def _():
    fresh()
    routed(1)
    try:
        passes("without rules")
        passes("IPv6, without rules", True)
        nft("add table inet t; add chain inet t f { type filter hook forward priority 0; };"
            f"add rule inet t f udp dport {PORT} drop")
        stopped("with the rule")
        stopped("IPv6, with the rule", True)
    finally:
        local()


@case("VIP not local, forwarding off, rules: stays early and says rules-bypassed", debug=False)
def _():
    fresh()
    check(not bypassed(), "said without reason")
    routed(0)
    try:
        passes("without rules")
        check(not bypassed(), "said without rules")
        nft(INPUT_DROP)
        passes("with rules")
        check(bypassed(), "rules_bypassed is not in the JSON listing")
        check("bypass" in lab.adm("show"), "show does not say it")
    finally:
        local()
    fresh()
    check(not bypassed(), "still said")


@case("the peer director's frames and a standby VIP are left alone")
def _():
    fresh()
    # The client's own MAC address stands for the peer's.
    mac = macs["client"].hex(":")
    lab.adm(f"vip add {VIP} --role active --peer {mac}")
    moved = state.Moved(lab)
    stopped("from a peer")
    check(moved.by().get("peer"), f"reasons {moved.by()}")
    lab.adm(f"vip set {VIP} --role standby --peer 02:00:00:00:00:01")
    moved = state.Moved(lab)
    stopped("standby")
    check(moved.by().get("standby"), f"reasons {moved.by()}")
    lab.adm(f"vip set {VIP} --role active --lease {1500 * taptest.SLOWER}")
    passes("active with a lease")
    wait_for(lambda: not one(), "the lease runs out", 10)
    moved = state.Moved(lab)
    stopped("lease over")
    check(moved.by().get("lease"), f"reasons {moved.by()}")
    lab.adm(f"vip del {VIP}")
    passes("without a role")


if __name__ == "__main__":
    taptest.main(setup)
