#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""The netlink family from outside: who may ask, and what is refused and how.

No topology: sockets of the family in the test's own namespace, and raw bytes.
What each refusal says is in netlink_refuse.py; transactions, dumps and
notifications are in netlink_txn.py.
"""

import errno
import os
import random
import struct
import subprocess

from lib import dray, genl, taptest
from lib.dray import COMMANDS, Dray, mark, nest, server, tcp, udp, vip
from lib.genl import ACK, DUMP, REQUEST, Refused, as_nobody
from lib.taptest import Skip, case, check, note, same

VIP6 = "2001:db8:9::200"
sock = None
before = {}


def output(command):
    done = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False)
    return done.stdout


def hooks(family=""):
    """Netfilter hooks; nothing where the kernel does not list them, as Debian's 6.1."""
    return output(f"nft list hooks {family}") if "nfnetlink_hook" in modules() else ""


def surroundings():
    """What loading a module could change, but for the module itself."""
    return {"settings": output("cd /proc/sys/net && grep -rs . ."),
            "hooks": hooks(),
            "addresses": output("ip addr; ip -6 route; ip route; ip rule")}


def modules():
    with open("/proc/modules", encoding="ascii") as file:
        return {line.split()[0] for line in file}


def setup():
    global sock, before
    if os.geteuid():
        raise Skip("needs root")
    if "dray" in modules() and subprocess.run(["rmmod", "dray"], check=False).returncode:
        raise Skip("dray is loaded and in use")
    output("modprobe nfnetlink_hook")
    before = surroundings()


def fresh():
    """The socket, with an empty configuration."""
    global sock
    if not sock:
        sock = Dray()
    return sock.fresh()


def stocked():
    fresh()
    return sock.stocked()


@case("asking for the family by its name loads the module")
def autoload():
    check("dray" not in modules(), "dray was loaded before")
    fresh()
    check("dray" in modules(), "dray is not loaded")


@case("loading alone registers no hook and changes nothing")
def loading():
    after = surroundings()
    for what, text in before.items():
        old, new = set(text.splitlines()), set(after[what].splitlines())
        # Settings of what comes along: the kernel's own defragmentation, and IPVS for ip_vs_dray.
        same([line for line in sorted(old ^ new) if "nf_conntrack_frag6" not in line and "/ipv4/vs/" not in line],
             [], what)
    check("dray" not in hooks(), "a hook is registered")
    check("hook" not in sock.one("get_config")["config"], "a hook is said to be in force")


@case("hooks come with the first service of a family and go with the last")
def hooks_come_and_go():
    fresh()
    if not hooks():
        raise Skip("this kernel does not list its hooks")
    sock.do("new_service", tcp())
    check("dray" in hooks("ip"), "no hook for IPv4")
    check("dray" not in hooks("ip6"), "a hook for IPv6")
    sock.do("del_service", tcp())
    check("dray" not in hooks(), "a hook is left")


# A valid request of every operation, given the service .200:80 and its server.
VALID = {
    "get_config": (), "set_config": (nest("config", timeout_tcp=900),), "begin": (), "commit": (), "abort": (),
    "new_service": (tcp(port=81),), "set_service": (tcp(scheduler="rr"),), "del_service": (tcp(),),
    "get_service": (tcp(),), "new_server": (tcp(), server("10.9.0.122")), "flush": (), "zero": (tcp(),),
    "set_server": (tcp(), server(weight=2)), "del_server": (tcp(), server()), "get_server": (tcp(), server()),
    "new_vip": (vip("10.9.0.201"),), "set_vip": (vip(role=1),), "del_vip": (vip(),), "get_vip": (vip(),),
    "get_flow": (), "del_flow": (tcp(),), "get_persist": (), "del_persist": (tcp(),), "get_reason": (),
    "explain": (dray.packet(), nest("explain", ifindex=1)),
    "set_flow": (tcp(), server(), nest("flow", protocol=6)), "sync_done": ((dray.NUMBERS["top"]["wait"], bytes(4)),),
    "set_persist": (tcp(), server(), nest("persist", client=bytes(4))),
    "set_told": (tcp(), server(told_active=5)), "new_probe": (dray.probe(),), "del_probe": (nest("probe", mark=0x70),), "get_probe": (),
}


def flags_of(cmd):
    return REQUEST | (DUMP if cmd in dray.ONLY_DUMPS else ACK)


def errors_as_nobody(open_socket):
    """{operation: error number} of every operation, dumps too."""
    found = {}
    own = open_socket()
    for cmd, attrs in VALID.items():
        for flags in {flags_of(cmd), REQUEST | DUMP} if cmd in dray.DUMPS else {flags_of(cmd)}:
            request = own.request(cmd, *attrs, flags=flags)
            try:
                if flags & DUMP:
                    list(own.chunks(request))
                else:
                    own.ask(request)
                found[cmd, flags] = 0
            except Refused as error:
                found[cmd, flags] = error.errno
    return found


@case("nobody can do no operation, reading included")
def nobody():
    stocked()
    was = sock.everything()
    same({c for c in COMMANDS if not c.endswith("_ntf")}, set(VALID), "operations tried")
    found = eval(as_nobody(lambda: errors_as_nobody(Dray)))  # pylint: disable=eval-used
    same(len(found), len(VALID) + 4, "requests")
    same({k: e for k, e in found.items() if e != errno.EPERM}, {}, "not refused with EPERM")
    same(sock.everything(), was, "configuration")


@case("nobody can do nothing with a socket that root has opened")
def nobody_inherits():
    stocked()
    with Dray() as roots:
        found = eval(as_nobody(lambda: errors_as_nobody(lambda: roots)))  # pylint: disable=eval-used
    same({k: e for k, e in found.items() if e != errno.EPERM}, {}, "not refused with EPERM")


def join_as_nobody():
    found = {}
    for name, group in Dray.groups.items():
        with genl.Socket() as own:
            try:
                own.join(group)
                found[name] = 0
            except OSError as error:
                found[name] = error.errno
    return found


@case("nobody can join no multicast group")
def nobody_joins():
    fresh()
    same(set(Dray.groups), {"config", "servers", "sync"}, "groups")
    found = eval(as_nobody(join_as_nobody))  # pylint: disable=eval-used
    same(found, dict.fromkeys(Dray.groups, errno.EPERM), "errors")
    for group in Dray.groups.values():
        with genl.Socket() as own:
            own.join(group)


@case("root of a user namespace has its own configuration only")
def user_namespace():
    stocked()
    script = """import errno; from lib.dray import *; d = Dray(); d.do('new_service', tcp(port=99))
for name in ('flow_limit', 'persist_limit'):
    d.do('set_config', nest('config', **{name: 65536}))
    d.refuse('set_config', [nest('config', **{name: 65537})], errno.ERANGE,
             'Limit is above 65536, the most in a user namespace', 'config.' + name)
d.do('set_config', nest('config', table_limit=16 << 20))
d.refuse('set_config', [nest('config', table_limit=(16 << 20) + 1)], errno.ERANGE,
         'Limit is above 16 MB, the most in a user namespace', 'config.table_limit')
print([m['service']['port'] for m in d.dump('get_service')])"""

    def unshared():
        return subprocess.run(["unshare", "-Urn", "/usr/bin/python3", "-Bc", script], text=True, check=False,
                              cwd=os.path.dirname(os.path.abspath(__file__)),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    got = eval(as_nobody(unshared))  # pylint: disable=eval-used
    if "unshare failed" in got:
        raise Skip(got.strip())
    same(got.strip(), "[99]", "services of the other namespace")
    same([m["service"]["port"] for m in sock.dump("get_service")], [80], "services of this one")


NOT_HERE = "Attribute is not for this operation, or for reading only"
TAKES = {
    "set_config": {"config": "timeout_tcp timeout_tcpfin timeout_udp hook_mode flow_limit persist_limit "
                             "unassured_limit table_limit table_key"},
    "new_vip": {"vip": "family address role lease peer flags"},
    "commit": {"generation": ""},
    "get_service-dump": {}, "get_vip-dump": {},
}
_SERVICE_KEY = "family protocol address port fwmark"
_SERVICE = _SERVICE_KEY + " scheduler flags persist_timeout persist_prefix down_hold sched_flags rows load_limit slow_start"
_SERVER_KEY = "family address port"
_SERVER = _SERVER_KEY + " weight u_threshold l_threshold state"
TAKES.update(dict.fromkeys(("new_service", "set_service"), {"service": _SERVICE}))
TAKES.update(dict.fromkeys(("del_service", "get_service", "zero", "get_server-dump"), {"service": _SERVICE_KEY}))
TAKES.update(dict.fromkeys(("new_server", "set_server"), {"service": _SERVICE_KEY, "server": _SERVER}))
TAKES.update(dict.fromkeys(("del_server", "get_server"), {"service": _SERVICE_KEY, "server": _SERVER_KEY}))
TAKES["set_vip"] = TAKES["new_vip"]
TAKES.update(dict.fromkeys(("del_vip", "get_vip"), {"vip": "family address"}))
TAKES.update(dict.fromkeys(("get_flow-dump", "del_flow"), {
    "service": _SERVICE_KEY, "server": _SERVER_KEY, "flow": "protocol client client_port vip vip_port"}))
TAKES.update(dict.fromkeys(("get_persist-dump", "del_persist"), {
    "service": _SERVICE_KEY, "server": _SERVER_KEY, "persist": "client"}))
TAKES["explain"] = {"flow": "protocol client client_port vip vip_port", "explain": "ifindex mark midstream size"}
TAKES["set_flow"] = {"service": _SERVICE_KEY, "server": _SERVER_KEY,
                     "flow": "protocol client client_port vip vip_port state flags expires"}
TAKES["set_persist"] = {"service": _SERVICE_KEY, "server": _SERVER_KEY, "persist": "client flows flags expires"}
TAKES["set_told"] = {"service": _SERVICE_KEY, "server": _SERVER_KEY + " told_active told_inactive"}
TAKES["sync_done"] = {"wait": ""}
TAKES.update(dict.fromkeys(("begin", "abort", "flush", "get_config", "get_config-dump", "get_reason-dump", "get_probe-dump"), {}))
TAKES.update({"new_probe": {"probe": "mark family vip server"}, "del_probe": {"probe": "mark"}})
SAMPLE = {"u8": b"\1", "u16": bytes(2), "u32": b"\1\0\0\0", "u64": bytes(8), "str": b"\0", "flag": b"", "bin": bytes(4),
          "bins": [bytes(6)], "strs": b"\0", "nest": [], "nests": []}
# Where the policy wants more than the type does.
FITTING = {"mark": 1, "rows": 4096, "table_key": bytes(16)}


def not_taken(name, takes):
    """Every known attribute, alone, that the operation does not take."""
    cmd, _, dump = name.partition("-")
    tried = 0
    for kind in ("config", "service", "server", "vip", "flow", "persist", "explain", "probe"):
        for inner, what in dray.TYPES[kind].items():
            if kind in takes and inner in takes[kind].split() or inner == "pad":
                continue
            attr = nest(kind, **{inner: FITTING.get(inner, SAMPLE[what.partition(":")[0]])})
            # What the nest of another operation is refused for is its top.
            others = [VALID_KEY[k] for k in takes if k in VALID_KEY and k != kind]
            sock.refuse(cmd, [*others, attr], errno.EINVAL, NOT_HERE, f"{kind}.{inner}" if kind in takes else kind,
                        dump=bool(dump))
            tried += 1
    if "generation" not in takes:
        sock.refuse(cmd, [(dray.NUMBERS["top"]["generation"], bytes(4))], errno.EINVAL, NOT_HERE, "generation",
                    dump=bool(dump))
    return tried


VALID_KEY = {"service": tcp(), "server": server(), "vip": vip(), "flow": dray.packet(),
             "persist": nest("persist", client=bytes(4))}


@case("every operation refuses every attribute that it does not take", debug=False)
def attributes_not_taken():
    stocked()
    was = sock.everything()
    same({n.partition("-")[0] for n in TAKES}, set(VALID), "operations tried")
    tried = sum(not_taken(name, takes) for name, takes in TAKES.items())
    same(sock.everything(), was, "configuration")
    note(f"{tried} attributes")


@case("an attribute that is given twice is refused")
def twice():
    number, inner = tcp(port=81)
    sock.refuse("new_service", [(number, inner + [(dray.NUMBERS["service"]["port"], bytes(2))])], errno.EINVAL,
                "Attribute is given twice", "service.port")
    sock.refuse("new_service", [(number, inner), (number, inner)], errno.EINVAL, "Attribute is given twice", "service")
    number, inner = nest("config", timeout_udp=10)
    sock.refuse("set_config", [(number, inner * 2)], errno.EINVAL, "Attribute is given twice", "config.timeout_udp")


@case("unknown attributes are refused, at the top and inside")
def unknown():
    sock.refuse("new_service", [tcp(port=81), (60, bytes(4))], errno.EINVAL, "Unknown attribute type", "60")
    sock.refuse("new_service", [tcp(port=81), (0, b"")], errno.EINVAL, "Unknown attribute type", "0")
    for kind in ("config", "service", "server", "vip", "flow", "persist", "explain", "probe"):
        number, inner = nest(kind)
        for extra in (0, max(dray.NUMBERS[kind].values()) + 1, 999):
            sock.refuse("set_config", [(number, inner + [(extra, b"")])], errno.EINVAL, "Unknown attribute type",
                   f"{kind}.{extra}")
    sock.refuse("get_reason", [(dray.NUMBERS["top"]["reason"], [])], errno.EINVAL, "Unsupported attribute", "reason",
                dump=True)
    sock.refuse("set_config", [(dray.NUMBERS["top"]["config"], [(dray.NUMBERS["config"]["pad"], b"")])], errno.EINVAL,
                "Unsupported attribute", "config.pad")


@case("a nest that does not say it is one is refused")
def flat():
    number, inner = tcp(port=81)
    body = b"".join(genl.attribute(*a) for a in inner)
    sock.refuse("new_service", [(number, body)], errno.EINVAL, "NLA_F_NESTED is missing", "service")


@case("every wrong length of every attribute is refused")
def lengths():
    stocked()
    was = sock.everything()
    for kind, names in dray.TYPES.items():
        for inner, what in names.items():
            size = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "flag": 0}.get(what)
            if size is None or kind == "reason" or kind not in dray.NUMBERS["top"]:
                continue
            number = dray.NUMBERS[kind][inner]
            for length in set(range(10)) - {size}:
                sock.refuse("set_config", [(nest(kind)[0], [(number, bytes(length))])], *(
                    (errno.EINVAL, "invalid attribute length") if size else
                    (errno.ERANGE, "Attribute failed policy validation")), f"{kind}.{inner}")
    for length in set(range(12)) - {6}:
        sock.refuse("set_vip", [vip(peer=[bytes([2] * length)])], errno.ERANGE, "binary attribute size out of range",
                    "vip.peer")
    sock.refuse("new_service", [tcp(port=81, scheduler=b"wlc")], errno.EINVAL, None, "service.scheduler")
    sock.refuse("new_service", [tcp(port=81, scheduler=b"")], errno.EINVAL, None, "service.scheduler")
    sock.refuse("new_service", [tcp(port=81, scheduler="sixteen-letters-")], errno.EINVAL, None, "service.scheduler")
    same(sock.everything(), was, "configuration")


@case("numbers out of range are refused, those at the ends of it taken and kept")
def ranges():
    stocked()
    for name in ("timeout_tcp", "timeout_tcpfin", "timeout_udp"):
        for value in (0, 2678401, 0xffffffff):
            sock.refuse("set_config", [nest("config", **{name: value})], errno.ERANGE, None, "config." + name)
        for value in (1, 2678400):
            sock.do("set_config", nest("config", **{name: value}))
            same(sock.one("get_config")["config"][name], value, name)
    for kind, cmd, get, attrs, limits in (
            ("service", "set_service", "get_service", {}, {"persist_timeout": 2678400, "down_hold": 3600000,
                                                           "sched_flags": 7, "load_limit": 10000,
                                                           "slow_start": 3600}),
            ("server", "set_server", "get_server", {}, {"weight": 0x7fffffff, "u_threshold": 0x7fffffff,
                                                        "l_threshold": 0x7fffffff, "state": 2})):
        for name, most in limits.items():
            top = (1 << (8 if name == "state" else 32)) - 1
            for value in (most + 1, top):
                request = [tcp(**attrs, **{name: value})] if kind == "service" else \
                    [tcp(), server(**{name: value})]
                sock.refuse(cmd, request, errno.ERANGE, None, f"{kind}.{name}")
            for value in (most, 0):
                wanted = {name: value}
                if name == "l_threshold":
                    wanted["u_threshold"] = value
                request = [tcp(**wanted)] if kind == "service" else [tcp(), server(**wanted)]
                sock.do(cmd, *request)
                key = [tcp()] if kind == "service" else [tcp(), server()]
                same(sock.one(get, *key)[kind][name], value, name)
            if name == "u_threshold":
                sock.do(cmd, tcp(), server(u_threshold=most))
    for rows in 0, 4095, 262145, 0xffffffff:
        sock.refuse("set_service", [tcp(rows=rows)], errno.ERANGE, None, "service.rows")
    for rows in 4096, 262144, 16384:
        sock.do("set_service", tcp(rows=rows))
        same(sock.one("get_service", tcp())["service"]["rows"], rows, "rows")
    sock.refuse("set_service", [udp(flags=2)], errno.EINVAL, None, "service.flags")
    sock.refuse("set_service", [udp(flags=0xffffffff)], errno.EINVAL, None, "service.flags")
    sock.refuse("set_vip", [vip(role=2)], errno.ERANGE, None, "vip.role")
    sock.refuse("set_vip", [vip(lease=3600001)], errno.ERANGE, None, "vip.lease")
    sock.refuse("set_vip", [vip(flags=2)], errno.EINVAL, None, "vip.flags")
    sock.refuse("set_config", [nest("config", hook_mode=3)], errno.ERANGE, None, "config.hook_mode")
    sock.do("new_service", mark(0xffffffff))
    same(sock.one("get_service", mark(0xffffffff))["service"]["fwmark"], 0xffffffff, "firewall mark")
    sock.do("set_config", nest("config", flow_limit=1 << 28, persist_limit=1 << 28, unassured_limit=1 << 28))
    got = sock.one("get_config")["config"]
    same([got[n + "_limit"] for n in ("flow", "persist", "unassured")], [1 << 28] * 3, "limits")


@case("reserved parts of the header are refused")
def header():
    request = sock.request("get_config")
    for changed in (request[:18] + b"\1\0" + request[20:],
                    request[:6] + struct.pack("=H", REQUEST | ACK | 0x400) + request[8:]):
        try:
            sock.ask(changed)
        except Refused as error:
            same(error.errno, errno.EINVAL, "error")
        else:
            raise taptest.Failed("not refused")


@case("unknown operations are refused, as are dumps of what has none")
def operations():
    for number in (0, max(COMMANDS.values()) + 1, 255) + tuple(n for c, n in COMMANDS.items() if c.endswith("_ntf")):
        for flags in (REQUEST | ACK, REQUEST | DUMP | ACK):
            try:
                sock.ask(genl.message(sock.number, number, flags=flags))
            except Refused as error:
                same(error.errno, errno.EOPNOTSUPP, f"error of operation {number}")
            else:
                raise taptest.Failed(f"operation {number} was not refused")
    for cmd in set(VALID) - set(dray.DUMPS):
        sock.refuse(cmd, (), errno.EOPNOTSUPP, dump=True)
    for cmd in dray.ONLY_DUMPS:
        sock.refuse(cmd, (), errno.EOPNOTSUPP)


# What these still ask for when their end is cut off is another valid request.
SHORTER = {"zero": (20,), "del_flow": (20,), "del_persist": (20,), "explain": (64,)}


@case("every truncation of a valid request of every operation is refused")
def truncated():
    stocked()
    was = sock.everything()
    tried = 0
    for cmd, attrs in VALID.items():
        request = sock.request(cmd, *attrs, flags=flags_of(cmd))
        for length in range(16, len(request)):
            if length in SHORTER.get(cmd, ()):
                continue
            cut = struct.pack("=I", length) + request[4:length]
            try:
                if flags_of(cmd) & DUMP:
                    list(sock.chunks(cut))
                else:
                    sock.ask(cut)
            except Refused as error:
                same(error.errno, errno.EINVAL, f"error of {cmd} cut to {length} bytes")
            else:
                raise taptest.Failed(f"{cmd} cut to {length} of {len(request)} bytes was not refused")
            tried += 1
    same(sock.everything(), was, "configuration")
    note(f"{tried} truncations")


@case("a datagram that is shorter than its message is dropped")
def short():
    stocked()
    was = sock.everything()
    for cmd, attrs in VALID.items():
        request = sock.request(cmd, *attrs, flags=flags_of(cmd))
        for length in range(len(request)):
            if length:
                sock.send(request[:length])
    same(sock.everything(), was, "configuration")


def mutated(request, how):
    """A request with a few bytes changed; the header only where it is ours."""
    data = bytearray(request)
    for _ in range(how.randint(1, 4)):
        at = how.randrange(16, len(data))
        if at in (18, 19):
            continue
        kind = how.randrange(4)
        if kind == 0:
            data[at] ^= 1 << how.randrange(8)
        elif kind == 1:
            data[at] = how.choice((0, 1, 2, 4, 10, 0x7f, 0x80, 0xff))
        elif kind == 2 and len(data) > 24:
            del data[at:at + how.choice((1, 2, 4, 8))]
        else:
            data[at:at] = how.randbytes(how.choice((1, 2, 4, 8)))
        if len(data) <= 20:
            break
    data += bytes(max(0, 20 - len(data)))
    data[:4] = struct.pack("=I", len(data))
    return bytes(data)


def sound():
    """What is configured can be read, and is what a request could have asked for."""
    keys = set()
    for found in sock.dump("get_service"):
        service = found["service"]
        key = tuple(service.get(k) for k in ("family", "protocol", "address", "port", "fwmark"))
        check(key not in keys, f"{key} is there twice")
        keys.add(key)
        check(service["port"] or service["persist_timeout"] if "port" in service else service["fwmark"], key)
        check(1 <= service["persist_prefix"] <= (32 if service["family"] == 2 else 128), key)
    for found in sock.dump("get_server"):
        owner = found["service"]
        key = tuple(owner.get(k) for k in ("family", "protocol", "address", "port", "fwmark"))
        check(key in keys, f"server of {key}, which is not there")
        check(found["server"]["l_threshold"] <= found["server"]["u_threshold"], key)
    config = sock.one("get_config")["config"]
    same(config["services"], len(keys), "number of services")
    check(64 <= config["unassured_limit"] <= config["flow_limit"] <= 1 << 28, "limits")
    sock.dump("get_vip")


@case("random changes of valid requests break nothing")
def fuzz():
    stocked()
    how = random.Random(20)
    count = 2000 if taptest.DEBUG else 8000
    names = sorted(VALID)
    taken = 0
    for n in range(count):
        cmd = how.choice(names)
        dump = cmd in dray.DUMPS and (cmd in dray.ONLY_DUMPS or how.random() < .3)
        flags = REQUEST | (DUMP if dump else ACK)
        request = mutated(sock.request(cmd, *VALID[cmd], flags=flags), how)
        try:
            if dump:
                list(sock.chunks(request))
            else:
                sock.ask(request)
            taken += 1
        except Refused:
            pass
        if n % 500 == 0:
            sound()
            try:
                stocked()
            except Refused:
                sock.do("abort")
                stocked()
    note(f"{count} requests, {taken} of them taken")
    try:
        sock.do("abort")
    except Refused:
        pass
    sound()
    fresh()


@case("every reason has a name of its own, a verdict and a line of text")
def reasons():
    fresh()
    found = [m["reason"] for m in sock.dump("get_reason")]
    check(len(found) > 20, f"{len(found)} reasons")
    same(len({r["name"] for r in found}), len(found), "names")
    for reason in found:
        check(reason["verdict"] in ("forward", "pass", "hold", "drop") and reason["doc"], reason)


if __name__ == "__main__":
    taptest.main(setup)
