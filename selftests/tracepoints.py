#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tracepoints: one event for each packet, with what the packet is and what became of it.

    client --+-- br --+-- rs1, rs2 (no VIP: only look)
    director +
"""

import contextlib
import os
import re

from lib import netlab, packet, state, taptest
from lib.netlab import CLIENT, CLIENT6, VIP, VIP6, rip
from lib.packet import ACK, SYN, TCP, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import add_case, case, same, wait_for

TRACING = f"/sys/kernel/tracing/instances/dray-{os.getpid()}"
PRE_ROUTING, LOCAL_IN = 0, 1    # as netfilter numbers them
lab = None


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    os.mkdir(TRACING)
    taptest.cleanup(lambda: os.rmdir(TRACING))
    taptest.cleanup(lambda: write("events/dray/enable", "0"))
    lab = Quiet(servers=2)
    lines = [f"-A -t {VIP}:81 -s rr"]
    for service in f"-t {VIP}:{PORT}", f"-u {VIP}:{PORT}", f"-t [{VIP6}]:{PORT}", f"-u [{VIP6}]:{PORT}":
        lines += lab.lines(service)
    lab.batch(lines)


def write(name, text):
    with open(f"{TRACING}/{name}", "w", encoding="ascii") as file:
        file.write(text)


def events():
    """(name, {field: value}) of each event, in their order."""
    with open(f"{TRACING}/trace", encoding="ascii") as file:
        found = re.findall(r": (dray_\w+): (.*)\n", file.read())
    return [(name, dict(re.findall(r"(\w+)=(\S+)", fields))) for name, fields in found]


@contextlib.contextmanager
def traced():
    """Events are recorded within it, from none on."""
    write("trace", "")
    write("events/dray/enable", "1")
    try:
        yield
    finally:
        write("events/dray/enable", "0")


def look(frames):
    """The events of some frames, when each has one, and none comes after them."""
    with traced():
        lab.burst.send(frames)
        wait_for(lambda: len(events()) >= len(frames), f"{len(frames)} events")
        # What comes behind the frames has come when this one has.
        last = lab.port()
        lab.burst.send([lab.frame(CLIENT, sport=last, proto=UDP)])
        wait_for(lambda: events()[-1][1]["sport"] == str(last), "the last event")
    return events()[:-1]


def number(reason):
    """A reason's number is its place in the list of them."""
    return str(list(state.reasons(lab)).index(reason))


def ids():
    """{(address of a service, its protocol, address of a server): the server's id}"""
    rows = state.netlink(lab).dump("get_server")
    return {(state.text(row["service"]["address"]), row["service"]["protocol"], state.text(row["server"]["address"])):
            row["server"]["id"] for row in rows}


def fields(client, vip, sport, proto, hook, dport=PORT):
    return {"hook": str(hook), "protocol": str(proto), "src": client, "sport": str(sport), "dst": vip,
            "dport": str(dport)}


def forwarded(client, proto, mode):
    """One event for each packet of a flow, and the server is that whose MAC address the frame gets."""
    vip = VIP6 if ":" in client else VIP
    lab.adm(f"config --hook {mode}")
    sport = lab.port()
    went = lab.server_of(client, sport=sport, proto=proto)
    frames = [lab.frame(client, sport=sport, proto=proto, flags=flags) for flags in (ACK, ACK, ACK)]
    found = look(frames)
    address = netlab.rip6(went) if ":" in client else rip(went)
    wanted = fields(client, vip, sport, proto, PRE_ROUTING if mode == "early" else LOCAL_IN)
    wanted["server"] = str(ids()[vip, proto, address])
    for name, seen in found:
        same(name, "dray_forward", "event")
        same({key: seen[key] for key in wanted}, wanted, "its fields")
    same(len(found), 3, "events")


for family, client_ in (("IPv4", CLIENT), ("IPv6", CLIENT6)):
    for proto_name, protocol in (("TCP", TCP), ("UDP", UDP)):
        for hook_mode in "early", "input":
            add_case(f"dray_forward: {proto_name} over {family}, hook {hook_mode}",
                     lambda how=(client_, protocol, hook_mode): forwarded(*how))


def judged(reason, data, wanted):
    """A packet that is not forwarded: one event, with its reason and no server."""
    lab.adm("config --hook early")
    moved = state.Moved(lab)
    found = look([packet.frame(*lab.macs, data)])
    same(moved.by(), {reason: 1}, "counters that moved")
    same([name for name, _ in found], ["dray_reason"], "events")
    wanted |= {"server": "0", "reason": number(reason)}
    same({key: found[0][1][key] for key in wanted}, wanted, "its fields")


def tcp4(flags, dport, cut=None):
    return packet.ipv4(CLIENT, VIP, TCP, packet.tcp(CLIENT, VIP, 4321, dport, flags)[:cut])


@case("dray_reason: a packet that is dropped, with all that is known of it")
def _():
    judged("no-server", tcp4(SYN, 81), fields(CLIENT, VIP, 4321, TCP, PRE_ROUTING, 81))


@case("dray_reason: a packet that is left to the local stack")
def _():
    judged("syn-ack", tcp4(SYN | ACK, PORT), fields(CLIENT, VIP, 4321, TCP, PRE_ROUTING))


@case("dray_reason: IPv6")
def _():
    data = packet.ipv6(CLIENT6, VIP6, TCP, packet.tcp(CLIENT6, VIP6, 4321, PORT, SYN | ACK))
    judged("syn-ack", data, fields(CLIENT6, VIP6, 4321, TCP, PRE_ROUTING))


@case("dray_reason: of a packet that cannot be read, what was found out before")
def _():
    judged("malformed", tcp4(SYN, PORT, cut=12), {"dst": VIP, "sport": "0", "dport": "0"})


@case("a packet that is none of ours passes no tracepoint, nor does one that explain makes up")
def _():
    with traced():
        lab.burst.send([lab.frame(CLIENT, dport=4444, proto=UDP)])
        lab.adm(f"explain {CLIENT}:999 {VIP}:{PORT}", f"explain {CLIENT}:999 {VIP}:81")
        last = lab.port()
        lab.burst.send([lab.frame(CLIENT, sport=last, proto=UDP)])
        wait_for(lambda: any(seen["sport"] == str(last) for _, seen in events()), "the last event")
        same(len(events()), 1, f"events ({events()})")


@case("there are two tracepoints, with these fields")
def _():
    for name in "dray_forward", "dray_reason":
        with open(f"{TRACING}/events/dray/{name}/format", encoding="ascii") as file:
            found = re.findall(r"field:.*?(\w+)(?:\[\d+\])?;", file.read())
        same({field for field in found if not field.startswith("common_")},
             {"skb", "server", "sport", "dport", "hook", "protocol", "reason", "saddr", "daddr"}, f"fields of {name}")
    same(sorted(name for name in os.listdir(f"{TRACING}/events/dray") if name.startswith("dray_")),
         ["dray_forward", "dray_reason"], "tracepoints")


if __name__ == "__main__":
    taptest.main(setup)
