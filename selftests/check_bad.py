#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
"""draycheckd and what it cannot trust: servers, scripts and files that misbehave, a full disk.

    director (draycheckd) --+-- br --+-- rs1: servers that misbehave

Each is reported with its reason, bounded in memory and time, and when it is as it
should be again so is what is said of it.
"""

import os
import tempfile

from lib import bad, checkd, netlab, taptest
from lib.bad import Bad, BadUdp
from lib.checkd import service, wait_state
from lib.netlab import VIP, Lab, rip
from lib.taptest import case, check, same, wait_for

MEMORY = 64 << 10	# KB that it may ever have had
PORT = 8000
TIMERS = " connect_timeout 1\n retry 1\n delay_before_retry 0.2\n"
lab = server = daemon = None


def setup():
    global lab, server
    netlab.module_setup()
    lab = Lab(servers=1)
    server = lab.servers[0]


def start(checks, head="", **kw):
    global daemon
    # these servers have their own address only
    text = head + service([1], " dray_probe off", checks, vip=f"{VIP} {PORT}", port=PORT)
    daemon = checkd.fresh(lab, daemon, text, **kw)


def found():
    return daemon.servers()[rip(1)]


def goes(alive, why=""):
    wait_for(lambda: found()["alive"] == alive, "up" if alive else "down", 60)
    if why:
        wait_for(lambda: why in found()["checks"][0]["why"], f"why: {found()['checks'][0]['why']}, wanted {why}", 30)
    wait_state(lab, rip(1), "up" if alive else "down")


def bounded(proc=None):
    with open(f"/proc/{(proc or daemon.proc).pid}/status", encoding="ascii") as file:
        peak = int(next(line for line in file if line.startswith("VmHWM")).split()[1])
    check(peak < MEMORY, f"{peak} KB of memory")


def http(more=""):
    return f"HTTP_GET {{\n{TIMERS} url {{\n path /\n {more}\n }}\n }}"


DIGEST = "digest d41d8cd98f00b204e9800998ecf8427e"	# of nothing
SMTP = f"SMTP_CHECK {{\n{TIMERS} helo_name director.example\n }}"
# What it sends, by which check, why it is down, and who is as it should be there.
SERVERS = (("gigabytes with a digest", bad.gigabytes, http(DIGEST), "more than 16 MB", bad.http),
           ("gigabytes with a regex", bad.gigabytes, http("regex never"), "more than 16 MB", bad.page("never\n")),
           ("what its regex takes hours for", bad.page("x" * 40 + "\n"), http('regex "^(x+x+)+[yz]"'), "its regex takes more than",
            bad.page("xxy\n")),
           ("one byte a second", bad.drip, http(), "imed out", bad.http),
           ("headers without end", bad.headers, http(), "headers without end", bad.http),
           ("one header without end", bad.header, http(), "/", bad.http),
           ("rubbish", bad.rubbish, http(), "/", bad.http),
           ("rubbish for ever", bad.rubbish_for_ever, http(), "/", bad.http),
           ("nothing at all", bad.nothing, http(), "imed out", bad.http),
           ("an end at once", bad.end, http(), "/", bad.http),
           ("redirects to itself", bad.redirect, http(), "status 302", bad.http),
           ("one byte a second, by SMTP", bad.drip, SMTP, "", bad.smtp),
           ("a greeting without end, by SMTP", bad.greetings, SMTP, "", bad.smtp),
           ("a line without end, by SMTP", bad.line, SMTP, "", bad.smtp),
           ("an answer to NOOP without end, by SMTP", bad.noops, SMTP, "", bad.smtp),
           ("rubbish for ever, by SMTP", bad.rubbish_for_ever, SMTP, "", bad.smtp))


def add_server(what, talk, checks, why, well):
    def function():
        there = Bad(server, rip(1), PORT, talk)
        try:
            start(checks)
            goes(False, why)
            there.talk = well
            goes(True)
            bounded()
        finally:
            there.close()
    taptest.add_case(f"a server that sends {what}: down, and up when it is well", function)


for _arguments in SERVERS:
    add_server(*_arguments)


@case("a server that sends gigabytes where no digest is asked for: the status says enough")
def _():
    there = Bad(server, rip(1), PORT, bad.gigabytes)
    start(http())
    goes(True)
    bounded()
    there.close()


@case("TCP_CHECK: a server that sends gigabytes to whoever connects is up")
def _():
    there = Bad(server, rip(1), PORT, bad.rubbish_for_ever)
    start(f"TCP_CHECK {{\n{TIMERS} }}")
    goes(True)
    bounded()
    there.close()


def refused(query):
    """The answer that says that it will not."""
    return [query[:2] + b"\x81\x05" + query[4:]]


def empty(query):
    """An answer without an error."""
    return [query[:2] + b"\x81\x80" + query[4:]]


NO_ANSWER = {"rubbish": lambda query: [bytes(range(200))], "one byte": lambda query: [b"x"], "nothing": lambda query: [b""],
             "answers of another question": lambda query: [bytes([query[0] ^ 1]) + query[1:2] + b"\x81\x80" + query[4:]],
             "a thousand of them": lambda query: [b"y" * 1400] * 1000, "a refusal": refused,
             "the question": lambda query: [query]}


@case("DNS_CHECK: datagrams that are no answer to what was asked")
def _():
    there = BadUdp(server, rip(1), PORT, empty)
    start(f"DNS_CHECK {{\n{TIMERS} name some.example\n }}")
    for what, talk in NO_ANSWER.items():
        there.talk = empty
        goes(True)
        taptest.note(what)
        there.talk = talk
        goes(False)
    there.talk = empty
    goes(True)
    bounded()
    there.close()


def track(path):
    start("FILE_CHECK {\n track_file f\n weight 2\n }", f"track_file f {{\n file {path}\n}}\n")


@case("FILE_CHECK: files without a number say 0, and nothing waits for a FIFO")
def _():
    folder = tempfile.mkdtemp(prefix="bad-")
    path = folder + "/f"

    def weight(wanted):
        wait_for(lambda: found()["weight"] == wanted, f"weight {wanted}", 30)

    def write(data):
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)
    track(path)
    weight(1)
    for data in (b"", b"\0" * 5000, b"rubbish", b"\xff\xfe7", b"9" * 100000):
        write(b"3")
        weight(7)
        write(data)
        wait_for(lambda: found()["weight"] != 7, f"what {data[:9]} says", 30)
        check(found()["alive"], "alive")
    os.unlink(path)
    os.symlink("/dev/zero", path)
    weight(1)
    os.unlink(path)
    os.mkfifo(path)
    runs = daemon.health()["runs"]
    wait_for(lambda: daemon.health()["runs"] > runs + 3, "it goes on", 30)
    os.unlink(path)
    os.mkdir(path)
    goes(False, "directory")
    os.rmdir(path)
    goes(True)
    bounded()


def script(folder, text):
    path = folder + "/script"
    with open(path, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return f'MISC_CHECK {{\n misc_path "{path}"\n misc_timeout 1\n user root\n retry 0\n }}'


def processes(word):
    """Of this command line, those that are not gone."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                count += word.encode() in file.read().split(b"\0")
        except OSError:
            pass
    return count


@case("MISC_CHECK: a script that ignores SIGTERM, as its children do, is ended each time")
def _():
    folder = tempfile.mkdtemp(prefix="bad-")
    os.chmod(folder, 0o755)
    start(script(folder, f"[ -e {folder}/well ] && exit 0\ntrap '' TERM\nsleep 98765 & sleep 98765\nsleep 98765\n"))
    goes(False, "did not end in 1 s")
    runs = daemon.health()["runs"]
    wait_for(lambda: daemon.health()["runs"] > runs + 3, "it is run again", 60)
    check(processes("98765") <= 3, f"{processes('98765')} processes of it")
    open(folder + "/well", "wb").close()
    goes(True)
    wait_for(lambda: not processes("98765"), "none of it is left", 30)
    bounded()


def full_disk():
    folder = tempfile.mkdtemp(prefix="full-")
    netlab.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder])
    netlab.run(["dd", "if=/dev/zero", f"of={folder}/fill", "bs=4k", "count=8"], check_status=False)
    return folder


@case("a full disk below log, state, pid and tracked file: checks and table go on; with room again it is as before")
def _():
    there = Bad(server, rip(1), PORT, bad.http)
    full = full_disk()
    state = full + "/check.json"
    try:
        start(http(), options=["--state", state, "--pid", full + "/pid"], log=full + "/log")
        for _ in range(3):
            there.talk = bad.end
            goes(False)
            there.talk = bad.http
            goes(True)
        lab.adm(f"drain -t {VIP}:{PORT} -r {rip(1)}")
        wait_for(lambda: "override" in found(), "by hand", 30)
        check(not os.path.exists(state), "no half of a state file")
        os.unlink(full + "/fill")
        lab.adm(f"up -t {VIP}:{PORT} -r {rip(1)}", f"drain -t {VIP}:{PORT} -r {rip(1)}")
        wait_for(lambda: os.path.exists(state), "the state is written", 30)
        wait_for(lambda: "override" in found(), "by hand", 30)
        there.talk = bad.end
        wait_for(lambda: not found()["alive"], "dead", 30)
        wait_for(lambda: "Removing" in daemon.log() or "failed" in daemon.log(), "it logs again", 30)
        daemon.kill()
        daemon.start()
        wait_state(lab, rip(1), "drain")
        check("override" in found(), "by hand, after a restart")
        bounded()
        daemon.kill()
    finally:
        there.close()
        netlab.run(["umount", full])


@case("the module is unloaded underneath ten times while servers come and go: the table is right each time")
def _():
    there = Bad(server, rip(1), PORT, bad.http)
    start(http())
    for turn in range(10):
        checkd.unload()
        wait_for(lambda: not daemon.health()["module"], "it is seen", 30)
        there.talk = bad.http if turn % 2 else bad.end
        wait_for(lambda wanted=bool(turn % 2): found()["alive"] == wanted, "checks go on", 30)
        checkd.load()
        wait_state(lab, rip(1), "up" if turn % 2 else "down")
    same(daemon.log().count("dray.ko was unloaded"), 10, "how often it is said")
    bounded()
    there.close()


if __name__ == "__main__":
    taptest.main(setup)
