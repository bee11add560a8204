#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""drayadm beyond ipvsadm: apply and its way back, monitor, listings, entries, refusals.

A namespace with one dummy device in the network of the servers; no traffic.
"""

import contextlib
import ctypes
import json
import os
import pwd
import shlex
import signal
import socket
import subprocess
import threading
import time

from lib import dray, netlab, taptest
from lib.dray import Dray, nest, server, tcp
from lib.netlab import Namespace
from lib.taptest import add_case, case, check, same, wait_for

space = sock = folder = None
SVC = "-t 10.9.9.9:80"
RS = "192.168.10.1"
SHOWN = "TCP  10.9.9.9:80"
ONE = f"""-A {SVC} -s rr -p 5
-a {SVC} -r 192.168.10.1:80 -g -w 3
-a {SVC} -r 192.168.10.2:80 -g -w 1
vip add 10.9.9.9 --peer 52:54:00:00:00:01
"""
TWO = f"""-A {SVC} -s rr -p 5
-a {SVC} -r 192.168.10.1:80 -g -w 7
vip add 10.9.9.9 --peer 52:54:00:00:00:01
"""
FILES = {"one": ONE, "two": TWO, "far": "-A -f 1\n-a -f 1 -r 8.8.8.8\n", "bad": "-A -f 1\n-a -f 1 -r 192.168.10.3 -y 5\n"}


def setup():
    global space, sock, folder
    netlab.module_setup()
    netlab.need_dray()
    # What apply --confirm leaves behind is ours to wait for.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    space = Namespace("adm")
    taptest.cleanup(space.delete)
    space.ip("link set lo up", "link add d0 type dummy", "addr add 192.168.10.254/24 dev d0", "link set d0 up")
    with space:
        sock = Dray()
    folder = f"/tmp/adm-{os.getpid()}"
    os.mkdir(folder)
    for name, text in FILES.items():
        write(name, text)


def write(name, text):
    with open(f"{folder}/{name}", "w", encoding="ascii") as file:
        file.write(text)


def adm(words, stdin="", **kw):
    """(output of both kinds, exit code)"""
    with space:
        done = subprocess.run(["drayadm", *shlex.split(words)], input=stdin, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, **kw)
    return done.stdout, done.returncode


def good(words, out=None, stdin=""):
    got = adm(words, stdin)
    same(got[1], 0, f"{words}: {got[0]}: exit code")
    if out is not None:
        same(got[0], out, words)
    return got[0]


def refused(words, out, code=255, **kw):
    same(adm(words, **kw), (out, code), words)


def fresh(text=ONE):
    sock.fresh()
    write("fresh", text)
    good(f"apply {folder}/fresh")


def as_nobody():
    os.setgid(65534)
    os.setuid(pwd.getpwnam("nobody").pw_uid)


@case("apply: a dry run shows the difference and changes nothing; then the configuration is the file's")
def _():
    sock.fresh()
    good(f"apply {folder}/one --dry-run", "".join(f"+ {line}\n" for line in ONE.splitlines()))
    good("-Sn", "")
    good(f"apply {folder}/one", "")
    good("-Sn", ONE)
    shown = good(f"apply {folder}/two --dry-run")
    check(f"-a {SVC} -r 192.168.10.1:80 -g -w 7" in shown and "192.168.10.2" in shown, shown)


@case("apply: what is the same is not written, and what save writes is the same")
def _():
    fresh()
    was = sock.generation()
    good(f"apply {folder}/one", "nothing to do\n")
    write("saved", good("save"))
    good(f"apply {folder}/saved", "nothing to do\n")
    good("apply -", "nothing to do\n", stdin=good("save"))
    same(sock.generation(), was, "generation")


@case("apply and restore --atomic: a refused line is named, and nothing has changed")
def _():
    fresh()
    path = f"{folder}/bad"
    refused(f"apply {path}", f"{path}:2: Numerical result out of range\n"
            f"{path}:2: Lower threshold is above the upper one (server.l-threshold)\n")
    good("-Sn", ONE)
    refused("-R --atomic", "line 2: Service already exists\n", stdin="-A -f 3\n-A -f 3\n")
    good("-Sn", ONE)


@case("--strict refuses a server that is not on-link, and undoes what was done")
def _():
    fresh()
    why = "refused: real server 8.8.8.8 is not on-link: there is no route to it\n"
    refused(f"apply --strict {folder}/far", f"{folder}/far:2: {why}")
    good("-Sn", ONE)
    refused(f"-a {SVC} -r 8.8.8.8 --strict", why)
    good("-Sn", ONE)


@case("apply: what a file cannot say is refused with its line and column, before the kernel is asked")
def _():
    for text, what in (("vip add 10.9.9.9\nvip add 10.9.9.9\n", "virtual address already has a role"),
                       ("vip del 10.9.9.9\n", 'only "vip add" says what there is'),
                       (f"-A {SVC} -p\n-A {SVC} -p\n", "Service already exists, from line 1"),
                       (f"-a {SVC} -r {RS}\n", "Service not defined"),
                       (f"-A {SVC}\n-a {SVC} -r {RS}\n-a {SVC} -r {RS}\n", "Destination already exists, from line 2"),
                       ("config --timeout-udp 5\nconfig --timeout-udp 6\n", "a second config line"),
                       (f"-A {SVC}\n-C\n", "-C behind services"),
                       (f"-D {SVC}\n", "the 'delete-service' command does not say what there is to be")):
        write("wrong", text)
        out, code = adm(f"apply {folder}/wrong")
        number = text.count("\n")
        check(code and out.startswith(f"{folder}/wrong:{number}:") and what in out, f"{text!r}: {code}: {out}")
    out, code = adm("apply")
    check(code and "one file is needed" in out, out)
    out, code = adm(f"apply {folder}/none-such")
    check(code and "No such file or directory" in out, out)


def pending(seconds):
    return f'applied; rolled back in {seconds} s unless "drayadm confirm" is called\n'


@case("apply --confirm: rolls back by itself, also without the shell that called it; a second apply waits")
def _():
    fresh()
    syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    syslog.bind("/dev/log")
    taptest.cleanup(lambda: os.path.exists("/dev/log") and os.unlink("/dev/log"))
    same(adm(f"apply {folder}/two --confirm 30", start_new_session=True), (pending(30), 0), "apply")
    good("-Sn", TWO)
    out, code = adm(f"apply {folder}/one")
    check(code == 255 and 'the last apply is not confirmed: "drayadm confirm" keeps it, or it is rolled back in' in out,
          f"a second apply: {code}: {out}")
    wait_for(lambda: good("-Sn") == ONE, "rolled back", 90)
    refused("confirm", "nothing waits for a confirmation\n")
    syslog.settimeout(60)
    said = syslog.recv(1000).decode()
    check("drayadm[" in said and said.endswith("]: apply was not confirmed: rolled back"), f"the log says {said}")
    os.unlink("/dev/log")


@case("apply --confirm: confirmed it stays, and the process that waits is gone; killed it is no obstacle")
def _():
    fresh()
    good(f"apply {folder}/two --confirm 600", pending(600))
    path, = (f"/run/dray/{name}" for name in os.listdir("/run/dray") if name.startswith("unconfirmed-"))
    with open(path, encoding="ascii") as file:
        pid = int(file.readline().split()[1])
    good("confirm", "")
    wait_for(lambda: os.waitpid(pid, os.WNOHANG)[0] == pid, "the process has ended")
    good("-Sn", TWO)
    good(f"apply {folder}/one --confirm 600", pending(600))
    with open(path, encoding="ascii") as file:
        pid = int(file.readline().split()[1])
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    good(f"apply {folder}/two", "")
    refused("confirm", "nothing waits for a confirmation\n")


@case("apply --confirm that is refused leaves nothing that waits")
def _():
    fresh()
    same(adm(f"apply {folder}/bad --confirm 600")[1], 255, "exit code")
    good("-Sn", ONE)
    refused("confirm", "nothing waits for a confirmation\n")
    os.rename("/run/dray", "/run/dray-away")
    with open("/run/dray", "w", encoding="ascii"):
        pass
    try:
        out, code = adm(f"apply {folder}/two --confirm 5")
        check(code == 255 and out.startswith(f"{folder}/two: cannot use /run/dray: "), f"{code}: {out}")
        good("-Sn", ONE)
    finally:
        os.unlink("/run/dray")
        os.rename("/run/dray-away", "/run/dray")


@case("drain, up and down: an edit leaves the state alone, and the state the weight")
def _():
    fresh()
    good(f"drain {SVC} -r {RS}", "")
    good(f"-e {SVC} -r {RS} -w 2", "")
    check(f"-r {RS}:80 -g -w 2 --state drain\n" in good("-Sn"), "not drained")
    good(f"down {SVC} -r {RS}", "")
    check(f"-r {RS}:80 -g -w 2 --state down\n" in good("-Sn"), "not down")
    good(f"up {SVC} -r {RS}", "")
    check(f"-r {RS}:80 -g -w 2\n" in good("-Sn"), "not up")
    out, code = adm(f"drain {SVC}")
    check(code and "a service and a real server (-r) are needed" in out, out)


CHANGES = (
    (f"-A {SVC} -s rr", [f"service -A {SVC} -s rr"], ["service"]),
    (f"-a {SVC} -r {RS} -w 3", [f"server {SHOWN} -> {RS}:80 weight 3 up ok"], ["server"]),
    (f"down {SVC} -r {RS}", [f"server {SHOWN} -> {RS}:80 weight 3 down ok"], ["server"]),
    ("vip add 10.9.9.9", ["vip 10.9.9.9 standby"], ["vip"]),
    ("vip set 10.9.9.9 --role active", ["vip 10.9.9.9 active"], ["vip"]),
    ("vip set 10.9.9.9 --no-accept", ["vip 10.9.9.9 active, not accepted"], ["vip"]),
    ("vip del 10.9.9.9", ["vip-del 10.9.9.9"], ["vip-del"]),
    ("config --timeout-udp 299", ["config config "], ["config"]),
    (f"-d {SVC} -r {RS}", [f"server-del {SHOWN} -> {RS}:80"], ["server-del"]),
    (f"-a {SVC} -r {RS}", [f"server {SHOWN} -> {RS}:80 weight 1 up ok"], ["server"]),
    ("-C", [f"service-del {SHOWN}", f"server-del {SHOWN} -> {RS}:80"], ["service-del", "server-del"]),
)


class Monitor:
    """drayadm monitor while the block runs; it listens when the block begins."""

    def __init__(self, options=""):
        self.lines = []
        self.process = space.start("drayadm monitor " + options, stdout=subprocess.PIPE, text=True)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.rest = ""

    def __enter__(self):
        def hears():
            sock.do("set_config", nest("config", timeout_udp=300))
            return self.read()
        wait_for(hears, "monitor listens")
        time.sleep(0.5)
        self.read()
        self.lines.clear()
        return self

    def __exit__(self, *_):
        self.process.terminate()

    def read(self):
        try:
            self.rest += os.read(self.process.stdout.fileno(), 1 << 16).decode()
        except BlockingIOError:
            pass
        *lines, self.rest = self.rest.split("\n")
        self.lines += lines
        return self.lines

    def next(self, count):
        wait_for(lambda: len(self.read()) >= count, f"{count} lines")
        found, self.lines = self.lines[:count], self.lines[count:]
        return found


@case("monitor: a line for each change of services, servers, VIPs and settings, with the generation")
def _():
    sock.fresh()
    with Monitor() as monitor:
        for words, wanted, _ in CHANGES:
            good(words)
            for line, want in zip(monitor.next(len(wanted)), wanted):
                number, _, text = line.partition(" ")
                same(int(number), sock.generation(), f"{words}: generation")
                check(text.startswith(want), f"{words}: {text!r}, not {want!r}")
    same(monitor.read(), [], "more lines")


@case("monitor --json: one document on one line for each change")
def _():
    sock.fresh()
    with Monitor("--json") as monitor:
        for words, _, wanted in CHANGES:
            good(words)
            found = [json.loads(line) for line in monitor.next(len(wanted))]
            same([(d["schema"], d["kind"], d["data"]["event"]) for d in found], [(1, "event", name) for name in wanted],
                 words)


@case("every listing has one JSON document with schema and kind")
def _():
    fresh()
    good("-A -u 10.9.9.9:53 -s dray")
    for words, kind in (("list", "services"), ("services", "services"), ("-L", "services"), (f"list {SVC}", "services"),
                        ("-L --stats", "services"), ("show", "show"), ("balance", "balance"), ("reasons", "reasons"),
                        ("config", "config"), ("-L --timeout", "timeouts"), ("flows", "flows"),
                        ("persist", "persists"), ("-Lc", "connections"), ("vip", "vips")):
        document = json.loads(good(words + " --json"))
        same((document["schema"], document["kind"], "data" in document), (1, kind, True), words)


FLOW = {"protocol": 6, "client": dray.ip("10.9.1.1"), "client_port": 1, "vip": dray.ip("10.9.9.9"), "vip_port": 80,
        "state": dray.CONSTANTS["DRAY_FLOW_STATE_ESTABLISHED"],
        "flags": dray.CONSTANTS["DRAY_FLOW_FLAGS_ASSURED"], "expires": 600000}


def with_entries():
    fresh(ONE.replace(" -p 5", " -p 600"))
    for client, port in (("10.9.1.1", 1), ("10.9.1.1", 2), ("10.9.1.2", 1)):
        where = "192.168.10.2" if client == "10.9.1.2" else RS
        sock.do("set_flow", tcp("10.9.9.9"), server(where, port=80),
                nest("flow", **{**FLOW, "client": dray.ip(client), "client_port": port}))
    for client, where in (("10.9.1.1", RS), ("10.9.1.2", "192.168.10.2")):
        sock.do("set_persist", tcp("10.9.9.9"), server(where, port=80),
                nest("persist", client=dray.ip(client), flags=dray.CONSTANTS["DRAY_FLOW_FLAGS_ASSURED"],
                     expires=600000))


def listed(words):
    return sorted(f'{r["client"]}:{r.get("client_port", "")}' for r in json.loads(good(words + " --json"))["data"])


@case("flows and persistent clients: listed by filters, one deleted, many only with --all")
def _():
    with_entries()
    both = ["10.9.1.1:1", "10.9.1.1:2"]
    for words, wanted in (("flows", [*both, "10.9.1.2:1"]), ("flows --client 10.9.1.1", both),
                          ("flows --client 10.9.1.1:2", both[1:]), (f"flows {SVC} -r {RS}", both),
                          ("flows --vip 10.9.9.9", [*both, "10.9.1.2:1"]), ("flows --vip 10.9.9.8", []),
                          ("persist", ["10.9.1.1:", "10.9.1.2:"]), ("persist --client 10.9.1.2", ["10.9.1.2:"]),
                          (f"persist {SVC} -r {RS}", ["10.9.1.1:"])):
        same(listed(words), wanted, words)
    refused("flows del --client 10.9.1.1", "2 entries match; --all deletes them all\n")
    refused("persist del --client 10.9.1.9", "no entry matches\n")
    refused("flows del --client 10.9.1.1:3", "no entry matches\n")
    for words in "flows del", "persist del":
        out, code = adm(words)
        check(code and "say what to delete, or --all" in out, f"{words}: {code}: {out}")
    same(listed("flows"), [*both, "10.9.1.2:1"], "after what was refused")
    good("flows del --client 10.9.1.1:2", "1 deleted\n")
    same(listed("flows"), ["10.9.1.1:1", "10.9.1.2:1"], "flows left")
    good("persist del --client 10.9.1.2", "1 deleted\n")
    same(listed("persist"), ["10.9.1.1:"], "clients left")
    for words in "flows", "persist", f"flows del -r {RS}":
        refused(f"{words} -t 10.9.9.9:99", "cannot read the entries: No such service\n")
    refused("flows del --all -t 10.9.9.9:99", "nothing deleted: No such service\n")
    good("flows del --all", "2 deleted\n")
    refused("flows del --all --client 10.9.1.1", "no entry matches\n")


CANNOT = "Can't initialize dray: Permission denied (you must be root)\nReading the configuration needs CAP_NET_ADMIN, too.\n"
for _words in ("-Ln", "-A -f 9", "-C", "-Sn", "list", "show", "balance", "reasons", "config", "flows", "persist", "vip",
               "save", "monitor", "vip add 10.9.9.8", f"drain {SVC} -r {RS}", "config --timeout-udp 5",
               "explain 10.9.1.1 10.9.9.9:80"):
    add_case(f"nobody is refused: {_words}",
             lambda words=_words: refused(words, CANNOT, 2, preexec_fn=as_nobody))


@case("-h, -v and mistakes need neither root nor the kernel")
def _():
    for words in "-h", "--help", "help", "-v", "--version", "help --options":
        same(adm(words, preexec_fn=as_nobody), adm(words), words)
        same(adm(words)[1], 0, f"{words}: exit code")
    for words in "-A", "--bogus", "vip add", "apply", "flows what", "config --hook nowhere":
        got = adm(words, preexec_fn=as_nobody)
        check(got == adm(words) and got[1] and "Can't initialize" not in got[0], f"{words}: {got}")


def nonsense(listening):
    """Answer one question with what is no answer."""
    with listening.accept()[0] as asked:
        asked.recv(1 << 16)
        asked.sendall(b"what?\n")


def goes(listening):
    """Hear nobody out."""
    with contextlib.suppress(OSError):
        while True:
            listening.accept()[0].close()


@case("draycheckd goes while it is asked: that is said, and drayadm does not die of it")
def _():
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(f"{folder}/goes")
        other.listen()
        threading.Thread(target=goes, args=(other,), daemon=True).start()

        def gone_before():
            out, code = adm(f"health --socket {folder}/goes")
            check(code == 255 and out.startswith(("cannot ask draycheckd at ", "draycheckd's answer cannot be read: ")),
                  f"{code}: {out}")
            return "Broken pipe" in out
        wait_for(gone_before, "once it has gone before it was asked", 120)
        other.shutdown(socket.SHUT_RDWR)


@case("what is refused or doubtful is said: --hook early, far servers, absent daemons, keys that are none")
def _():
    fresh()
    check("pass by the INPUT and mangle rules of this host" in good("config --hook early"), "no warning")
    good("config --hook auto", "")
    check("warning: real server 8.8.8.8 is not on-link: there is no route to it" in good(f"-a {SVC} -r 8.8.8.8"),
          "no warning")
    for words in "health", f"lift {SVC}":
        refused(f"{words} --socket {folder}/none", f"cannot ask draycheckd at {folder}/none: No such file or directory\n"
                "Is it running?  Try: systemctl status draycheckd\n")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(f"{folder}/other")
        other.listen()
        threading.Thread(target=nonsense, args=(other,), daemon=True).start()
        out, code = adm(f"health --socket {folder}/other")
    check(code == 255 and out.startswith("draycheckd's answer cannot be read: "), f"{code}: {out}")
    refused("config --unassured-limit 200000000",
            "settings not changed: Limit of unassured entries is not 64 to flow-limit (config.unassured-limit)\n")
    out, code = adm(f"vrrp {folder}/none")
    check(code and f"drayvrrpd does not answer at {folder}/none: " in out, f"{code}: {out}")
    write("key", "00" * 16)
    os.chmod(f"{folder}/key", 0o600)
    os.symlink(f"{folder}/key", f"{folder}/link")
    out, code = adm(f"config --table-key-file {folder}/link")
    check(code and "a symbolic link, which is not followed; name the file itself" in out, out)
    write("key", "00" * 300)
    out, code = adm(f"config --table-key-file {folder}/key")
    check(code and "the key is longer than 32 hexadecimal digits" in out, out)
    good("-R", stdin="-A -f 5 -s dray --rows 4096\n" + "".join(
        f"-a -f 5 -r 192.168.10.{n} -w 1\n" for n in range(3, 19)))
    check("warning: 17 servers with a weight have 4096 rows, so that shares are coarse; set --rows 8192" in
          good("-a -f 5 -r 192.168.10.19 -w 1"), "no warning of coarse shares")


def keep_changing(stop):
    """Change the weight of a server, again and again."""
    with space, Dray() as own:
        while not stop.is_set():
            for weight in 1, 2:
                own.do("set_server", tcp("10.9.9.9"), server(RS, port=80, weight=weight))


@case("a list that changes during each reading is not shown, and that is said; it is once nobody changes it")
def _():
    many = "".join(f"-a {SVC} -r 192.168.{20 + n // 250}.{1 + n % 250}:80 -g -w 1\n" for n in range(400))
    fresh(f"-A {SVC} -s rr\n-a {SVC} -r {RS}:80 -g -w 1\n{many}")
    why = "the list changed during each of 10 readings\n"
    stop = threading.Event()
    thread = threading.Thread(target=keep_changing, args=(stop,), daemon=True)
    thread.start()
    try:
        for words, wanted, code in (
                ("save", f"Resource temporarily unavailable\n{why}", 1),
                ("-Ln", f"Resource temporarily unavailable\n{why}", 1),
                # Without --dry-run one that is lucky leaves nothing that would take long to read.
                (f"apply --dry-run {folder}/one", f"{folder}/one: cannot read the configuration: {why}", 255),
                ("balance", f"cannot read the servers: {why}", 255)):
            got = adm(words)
            for _ in range(30):     # who is lucky reads it between two changes
                if got != (wanted, code):
                    got = adm(words)
            same(got, (wanted, code), words)
    finally:
        stop.set()
        thread.join()
    same(good("-Sn").count("-a "), 401, "servers that are listed")
    sock.fresh()


if __name__ == "__main__":
    taptest.main(setup)
