# SPDX-License-Identifier: GPL-2.0-or-later
"""The family dray for tests: names and types of its attributes, one request a call.

Numbers come from the generated header, types stand here. A nest is written as
nest("service", family=2, …), a reply comes back as a dictionary of dictionaries.
"""

import errno
import os
import re
import socket
import struct

from lib import genl
from lib.taptest import check, Failed, same

HEADER_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../include/uapi/linux/dray.h")

TYPES = {
    "top": dict.fromkeys(("config", "service", "server", "vip", "flow", "persist", "reason", "explain",
                          "probe"), "nest") |
           {"generation": "u32", "deleted": "u32", "wait": "u32"},
    "config": dict.fromkeys(("timeout_tcp", "timeout_tcpfin", "timeout_udp", "flow_limit", "persist_limit",
                             "unassured_limit", "flows", "persists", "unassured", "services"), "u32") |
              {"hook_mode": "u8", "flow_bytes": "u64", "hook": "nests", "version": "str", "pad": "bin",
               "table_limit": "u64", "table_key": "bin", "table_key_fingerprint": "u64", "tables": "u32",
               "table_bytes": "u64", "tables_made": "u32", "table_version": "u32"},
    "hook": {"family": "u8", "ifindex": "u32", "mode": "u8", "why": "str"},
    "service": {"family": "u8", "protocol": "u8", "address": "bin", "port": "u16", "fwmark": "u32",
                "scheduler": "str", "flags": "u32", "persist_timeout": "u32", "persist_prefix": "u8",
                "down_hold": "u32", "sched_flags": "u32", "rows": "u32", "load_limit": "u32",
                "slow_start": "u32", "table_fingerprint": "u64", "pad": "bin", "id": "u32", "servers": "u32", "stats": "nest",
                "vip_local": "flag", "rules_bypassed": "flag"},
    "server": {"family": "u8", "address": "bin", "port": "u16", "weight": "u32", "u_threshold": "u32",
               "l_threshold": "u32", "state": "u8", "id": "u32", "reach": "u8", "active": "u32",
               "inactive": "u32", "persistent": "u32", "overloaded": "flag", "ifindex": "u32", "mtu": "u32",
               "stats": "nest", "told_active": "u32", "told_inactive": "u32"},
    "stats": {"conns": "u64", "packets": "u64", "bytes": "u64", "pad": "bin"},
    "vip": {"family": "u8", "address": "bin", "role": "u8", "lease": "u32", "peer": "bins", "lease_left": "u32",
            "flags": "u32"},
    "flow": {"protocol": "u8", "client": "bin", "client_port": "u16", "vip": "bin", "vip_port": "u16",
             "state": "u8", "flags": "u32", "expires": "u32"},
    "persist": {"client": "bin", "flows": "u32", "flags": "u32", "expires": "u32"},
    "explain": {"ifindex": "u32", "mark": "u32", "midstream": "flag", "size": "u32", "hook_mode": "u8",
                "hook_why": "str", "hook_point": "u8", "entry": "nests:explain_entry", "hash": "u64", "by": "u8",
                "rank": "nests:explain_rank", "first": "nest:server", "pressed": "flag", "makes": "u32", "note": "strs",
                "verdict": "str", "reason": "str", "doc": "str", "route": "nest:explain_route", "pad": "bin"},
    "explain_entry": {"persist": "flag", "why": "u8", "server": "nest", "state": "u8", "flags": "u32", "age": "u32",
                      "idle": "u32", "expires": "u32", "flows": "u32"},
    "explain_rank": {"row": "u32", "rank": "u8", "why": "u8", "server": "nest", "active": "u32", "limit": "u32"},
    "explain_route": {"reach": "u8", "ifindex": "u32", "mtu": "u32", "neighbour": "u8", "mac": "bin",
                      "direct": "flag", "fragment": "flag"},
    "probe": {"mark": "u32", "family": "u8", "vip": "bin", "server": "bin"},
    "reason": {"name": "str", "verdict": "str", "packets": "u64", "doc": "str", "pad": "bin"},
}
FORMAT = {"u8": "=B", "u16": "=H", "u32": "=I", "u64": "=Q"}


def _constants():
    with open(HEADER_FILE, encoding="ascii") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    found = {}
    for body in re.findall(r"enum[^{;]*\{(.*?)\}", text, flags=re.S):
        value = -1
        for entry in filter(None, (e.strip() for e in body.split(","))):
            name, _, number = (part.strip() for part in entry.partition("="))
            value = int(number, 0) if number else value + 1
            found[name] = value
    return found


CONSTANTS = _constants()
COMMANDS = {n[len("DRAY_CMD_"):].lower(): v for n, v in CONSTANTS.items() if n.startswith("DRAY_CMD_")}
NUMBERS = {}
for _kind, _attributes in TYPES.items():
    _prefix = "DRAY_A_" + ("" if _kind == "top" else _kind.upper() + "_")
    NUMBERS[_kind] = {name: CONSTANTS[_prefix + name.upper()] for name in _attributes}
NAMES = {kind: {number: name for name, number in numbers.items()} for kind, numbers in NUMBERS.items()}
DUMPS = ("get_config", "get_service", "get_server", "get_vip", "get_flow", "get_persist", "get_reason", "get_probe")
ONLY_DUMPS = ("get_flow", "get_persist", "get_reason", "get_probe")


def _inner(kind, name):
    """What an attribute is, and of which kind that is inside a nest: "nests:explain_rank" is a list of ranks."""
    what, _, inner = TYPES[kind].get(name, "").partition(":")
    return what, inner or name


def _pack(kind, name, value):
    """As many attributes as the value stands for; bytes are taken as they are."""
    number, (what, inner) = NUMBERS[kind][name], _inner(kind, name)
    if what == "bins":
        return [(number, v) for v in value]
    if what in ("nest", "nests"):
        return [(number, value if isinstance(value, list) else nest(inner, **value)[1])]
    if what == "flag":
        return [(number, b"")]
    if isinstance(value, bytes):
        return [(number, value)]
    if what == "str":
        return [(number, value.encode() + b"\0")]
    return [(number, struct.pack(FORMAT[what], value))]


def nest(kind, **values):
    """A top-level nest."""
    attrs = [a for name, value in values.items() for a in _pack(kind, name, value)]
    return NUMBERS["top"].get(kind, 0), attrs


def unpack(kind, data):
    found = {}
    for _, number, payload in genl.attributes(data):
        name = NAMES[kind][number]
        what, inner = _inner(kind, name)
        if what == "nest":
            found[name] = unpack(inner, payload)
        elif what == "nests":
            found.setdefault(name, []).append(unpack(inner, payload))
        elif what == "bins":
            found.setdefault(name, []).append(payload)
        elif what == "strs":
            found.setdefault(name, []).append(payload.rstrip(b"\0").decode())
        elif what == "flag":
            found[name] = True
        elif what == "str":
            found[name] = payload.rstrip(b"\0").decode()
        elif what == "bin":
            found[name] = payload
        else:
            found[name], = struct.unpack(FORMAT[what], payload)
    return found


def where(data, offset):
    """The attribute that starts at an offset of a request, as service.port."""
    def inside(kind, start, body):
        for at, number, payload in genl.attributes(body):
            name = NAMES[kind].get(number, str(number))
            if start + at == offset:
                return [name]
            what, inner = _inner(kind, name)
            if what in ("nest", "nests") and start + at < offset < start + at + 4 + len(payload):
                return [name] + inside(inner, start + at + 4, payload)
        return ["?"]
    return ".".join(inside("top", genl.HEADER, data[genl.HEADER:]))


def ip(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def af(text):
    return socket.AF_INET6 if ":" in text else socket.AF_INET


def tcp(address="10.9.0.200", port=80, **more):
    return nest("service", family=af(address), protocol=6, address=ip(address), port=port, **more)


def udp(address="10.9.0.200", port=53, **more):
    return nest("service", family=af(address), protocol=17, address=ip(address), port=port, **more)


def mark(number=7, family=socket.AF_INET, **more):
    return nest("service", family=family, fwmark=number, **more)


def server(address="10.9.0.121", **more):
    return nest("server", family=af(address), address=ip(address), **more)


def vip(address="10.9.0.200", **more):
    return nest("vip", family=af(address), address=ip(address), **more)


def packet(client="10.9.0.50", address="10.9.0.200", port=80, client_port=999, protocol=6):
    """What explain is asked for."""
    return nest("flow", protocol=protocol, client=ip(client), client_port=client_port, vip=ip(address), vip_port=port)


def probe(mark=0x70, vip="10.9.0.200", server="10.9.0.121"):  # pylint: disable=redefined-outer-name
    return nest("probe", mark=mark, family=af(vip), vip=ip(vip), server=ip(server))


class Dray(genl.Socket):
    """A socket of the family."""

    number, groups = None, None

    def __init__(self, **kw):
        super().__init__(**kw)
        if Dray.number is None:
            Dray.number, Dray.groups = self.family("dray")

    def request(self, cmd, *attrs, flags=genl.REQUEST | genl.ACK):
        return genl.message(self.number, COMMANDS[cmd], attrs, flags)

    def do(self, cmd, *attrs):
        """A request; its replies unpacked."""
        return [unpack("top", reply[4:]) for reply in self.ask(self.request(cmd, *attrs))]

    def one(self, cmd, *attrs):
        reply, = self.do(cmd, *attrs)
        return reply

    def pieces(self, cmd, *attrs):
        """A dump, chunk by chunk: (whether it was interrupted, its messages)."""
        request = self.request(cmd, *attrs, flags=genl.REQUEST | genl.DUMP)
        for interrupted, payloads in self.chunks(request):
            yield interrupted, [unpack("top", p[4:]) for p in payloads]

    def dump(self, cmd, *attrs):
        return [message for _, messages in self.pieces(cmd, *attrs) for message in messages]

    def raw_dump(self, cmd):
        """A dump's bytes."""
        return [p for _, payloads in self.chunks(self.request(cmd, flags=genl.REQUEST | genl.DUMP))
                for p in payloads]

    def everything(self):
        """The configuration, byte for byte, generation included."""
        return [self.raw_dump(cmd) for cmd in ("get_service", "get_server", "get_vip")] + \
            [self.settings()]

    def settings(self):
        config = self.one("get_config")
        return config["generation"], {k: v for k, v in config["config"].items() if k.startswith(("timeout", "hook_"))
                                      or k.endswith("limit")}

    def generation(self):
        return self.one("get_config")["generation"]

    def told(self):
        """Notifications that have come: (name of the command, contents)."""
        names = {v: n for n, v in COMMANDS.items()}
        return [(names[payload[0]], unpack("top", payload[4:]))
                for kind, _, seq, payload in self.pending() if kind == self.number and not seq]

    def fresh(self):
        """Empty the configuration, the settings apart."""
        self.do("flush")
        for found in self.dump("get_vip"):
            self.do("del_vip", nest("vip", family=found["vip"]["family"], address=found["vip"]["address"]))
        return self

    def stocked(self):
        """A service, a server of it and an address with a role, nothing else."""
        self.fresh()
        self.do("new_service", tcp())
        self.do("new_server", tcp(), server())
        self.do("new_vip", vip(role=0))
        return self

    def refuse(self, cmd, attrs, number, message=None, bad=None, missing=None, dump=False):
        """A request is refused so: error, text, path of the bad or missing attribute."""
        request = self.request(cmd, *attrs, flags=genl.REQUEST | (genl.DUMP if dump else genl.ACK))
        try:
            if dump:
                list(self.chunks(request))
            else:
                self.ask(request)
        except genl.Refused as error:
            same(errno.errorcode.get(error.errno), errno.errorcode[number], f"error of {cmd} ({error.message})")
            if message is not None:
                same(error.message, message, f"message of {cmd}")
            # Of a dump that has begun, 6.1 tells the message only.
            if not (dump and OLD and error.offset is None and error.miss_type is None):
                _named(cmd, request, error, bad, missing)
        else:
            raise Failed(f"{cmd} was not refused")


OLD = tuple(map(int, os.uname().release.split(".")[:2])) < (6, 9)


def _named(cmd, request, error, bad, missing):
    if bad is not None:
        check(error.offset is not None, f"{cmd}: no attribute is named ({error.message})")
        same(where(request, error.offset), bad, f"bad attribute of {cmd}")
    if missing is not None:
        nested = where(request, error.miss_nest) + "." if error.miss_nest else ""
        same(nested + NAMES[nested[:-1] or "top"].get(error.miss_type, "?"), missing, f"missing attribute of {cmd}")
