# SPDX-License-Identifier: GPL-2.0-or-later
"""What a director's module says of itself, read and set by netlink.

Everything takes the Lab; the socket is opened in its director at first use.
"""

import socket

from lib import dray


def netlink(lab):
    """The Lab's socket of the family."""
    if not getattr(lab, "genl", None):
        with lab.director:
            lab.genl = dray.Dray()
    return lab.genl


def config(lab):
    return netlink(lab).one("get_config")["config"]


def set_config(lab, **settings):
    netlink(lab).do("set_config", dray.nest("config", **settings))


def reasons(lab):
    """{reason's name: packets}"""
    return {row["reason"]["name"]: row["reason"]["packets"] for row in netlink(lab).dump("get_reason")}


class Moved:
    """How far counters of reasons have moved since it was made."""

    def __init__(self, lab):
        self.lab = lab
        self.before = reasons(lab)

    def by(self):
        now = reasons(self.lab)
        return {name: now[name] - self.before[name] for name in now if now[name] != self.before[name]}


def text(address):
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def flows(lab, *filters):
    """[(client, port, vip, port, server's address, state, flags, ms left)]"""
    found = []
    for row in netlink(lab).dump("get_flow", *filters):
        flow, server = row["flow"], row["server"]
        found.append((text(flow["client"]), flow["client_port"], text(flow["vip"]), flow["vip_port"],
                      text(server["address"]), flow["state"], flow.get("flags", 0), flow["expires"]))
    return found


def persists(lab, *filters):
    """{client: (server's address, open flows, ms left)}"""
    found = {}
    for row in netlink(lab).dump("get_persist", *filters):
        entry = row["persist"]
        found[text(entry["client"])] = (text(row["server"]["address"]), entry["flows"], entry["expires"])
    return found


def servers(lab):
    """{server's address: what get-server says of it}, of all services."""
    return {text(row["server"]["address"]): row["server"] for row in netlink(lab).dump("get_server")}


def service(lab, *attrs):
    return netlink(lab).one("get_service", *attrs)["service"]
