#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""drayvrrpd: who is told what: scripts, FIFOs, mail, the log, and drayadm vrrp.

    a .11 (priority 200) --+-- br --+-- client .50, which sends adverts by hand
    b .12                --+

Where keepalived 2.2.7 is there it does the same as b, and its words count.
"""

import json
import os
import re
import socket
import struct
import subprocess
import threading

from lib import netlab, packet, taptest, vrrp
from lib.netlab import CLIENT, VIP
from lib.taptest import Skip, case, check, same, wait_for
from lib.vrrp import instance

lab = None
ROOT = "    script_user root\n"
MAIL_PORT = 2525
# a life with each state: started, elected, the link goes and comes, stopped
LIFE = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP"]
SECOND = {"name": "VI_2", "vrid": 52, "vips": ("10.9.0.202/16",)}
THIRD = {"name": "VI_3", "vrid": 53, "vips": ("10.9.0.203/16",)}
# on an interface that is down from the start
FOURTH = {"name": "VI_4", "vrid": 54, "vips": ("10.44.0.1/24",)}
GROUP = "vrrp_sync_group G {{\n    group {{\n        VI_2\n        VI_3\n    }}\n    {}\n}}\n"


def setup():
    global lab
    vrrp.need()
    lab = vrrp.VrrpLab(others={"b": vrrp.Keepalived})
    for director in lab.directors.values():
        director.space.ip("link add tr0 type veth peer name tr1")


def in_folder(name):
    return os.path.join(lab.a.folder, name)


def lines_of(name):
    try:
        with open(in_folder(name), encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def lives(*parts, name="VI_1"):
    """LIFE but for its end."""
    lab.settle()
    lab.a.start(*parts)
    lab.a.becomes("MASTER", name=name)
    lab.a.space.ip("link set eth0 down")
    lab.a.becomes("FAULT", name=name)
    lab.a.space.ip("link set eth0 up")
    lab.a.becomes("MASTER", name=name)


def stopped_with(fifo):
    """Stops; the lines that a FIFO has had since the start."""
    with open(in_folder(fifo), encoding="ascii", opener=lambda path, _: os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as pipe:
        lab.a.stop()
        return pipe.read().splitlines()


def notifies(program):
    """Every notify word there is, each with arguments of its own but the one that gets them."""
    own = [f'notify_{state} "{program} became {state}"' for state in ("master", "backup", "fault", "stop")]
    return "\n    ".join([f'notify "{program}"', *own])


@case("scripts and FIFO are told every transition, with keepalived's words, in order")
def notified():
    program = lab.a.script("notify", f'echo "$*" >>{in_folder("notified")}')
    lives(f"global_defs {{\n    vrrp_notify_fifo {in_folder('fifo')}\n{ROOT}}}\n", instance(200, more=notifies(program)))
    same(stopped_with("fifo"), [f'INSTANCE "VI_1" {state} 200' for state in LIFE], "lines of the FIFO")
    wanted = []
    for state in LIFE:
        wanted += [f"became {state.lower()}", f"INSTANCE VI_1 {state} 200"]
    same(lines_of("notified"), wanted, "calls of the scripts")


@case("scripts and FIFO are told of a sync group, too, with priority 0")
def notified_group():
    program = lab.a.script("notify", f'echo "$*" >>{in_folder("group")}')
    lives(f"global_defs {{\n    notify_fifo {in_folder('fifo2')}\n{ROOT}}}\n", GROUP.format(notifies(program)),
          instance(200, **SECOND), instance(200, **THIRD), name="VI_2")
    lines = stopped_with("fifo2")
    same([line for line in lines if line.startswith("GROUP")], [f'GROUP "G" {state} 0' for state in LIFE],
         "lines of the FIFO")
    for name in "VI_2", "VI_3":
        same([line for line in lines if name in line], [f'INSTANCE "{name}" {state} 200' for state in LIFE],
             f"lines of {name}")
    wanted = []
    for state in LIFE:
        wanted += [f"became {state.lower()}", f"GROUP G {state} 0"]
    same(lines_of("group"), wanted, "calls of the scripts")


@case("the script of a FIFO reads it, and has the last word too; a virtual router that is gone is told as DELETED")
def fifo_script():
    fifo, log = in_folder("fifo3"), in_folder("fifo-lines")
    program = lab.a.script("fifo-reader", f'exec <"$1"\nwhile read line; do echo "$line" >>{log}; done')
    before = f"global_defs {{\n    vrrp_notify_fifo {fifo}\n    vrrp_notify_fifo_script {program}\n{ROOT}}}\n"
    lab.settle()
    lab.a.start(before, instance(200, more='notify_deleted "/bin/true"', **SECOND), instance(200, **THIRD))
    for name in "VI_2", "VI_3":
        lab.a.becomes("MASTER", name=name)
    lab.a.reload(before, instance(200))
    lab.a.becomes("MASTER")
    lab.a.stop()

    def told(name):
        return [line.split()[2] for line in lines_of("fifo-lines") if f'"{name}"' in line]
    wait_for(lambda: "STOP" in told("VI_1"), "the last word is read")
    same([told(f"VI_{n}") for n in (1, 2, 3)], [["BACKUP", "MASTER", "STOP"], ["BACKUP", "MASTER", "DELETED"],
                                                ["BACKUP", "MASTER", "STOP"]], "states")


class MailServer(threading.Thread):
    """Says yes to everything, and keeps what it was told, a text per mail."""

    def __init__(self, space):
        super().__init__(daemon=True)
        self.mails = []
        self.sock = space.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", MAIL_PORT))
        self.sock.listen()
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            with client, client.makefile("rw", newline="", encoding="utf-8") as stream:
                self.mails.append(self.serve(stream))

    @staticmethod
    def serve(stream):
        def say(text):
            stream.write(text + "\r\n")
            stream.flush()
        said, in_data = "", False
        say("220 here")
        for line in stream:
            said += line
            if in_data and line != ".\r\n":
                continue
            in_data = line.upper().startswith("DATA")
            say("354 go on" if in_data else "250 yes")
            if line.upper().startswith("QUIT"):
                break
        return said

    def subjects(self):
        return [re.search(r"^Subject: (.*)\r$", mail, re.M)[1] for mail in self.mails]


@case("mail of every transition, in order, to those whom the file names; none of faults where it says so")
def mailed():
    def conf(more):
        return ("global_defs {\n    notification_email {\n        one@example.org\n        two@example.org\n    }\n"
                f"    notification_email_from dray@example.org\n    smtp_server 127.0.0.1 {MAIL_PORT}\n"
                f"    router_id LAB\n    {more}\n}}\n")
    server = MailServer(lab.a.space)
    lives(conf(""), instance(200, more="smtp_alert"), instance(200, **SECOND))
    subjects = [f"[LAB] VRRP Instance VI_1 - Entering {state} state" for state in LIFE[:-1]]
    wait_for(lambda: server.subjects()[:5] == subjects, f"mails, but {server.subjects()}")
    for wanted in ("MAIL FROM:<dray@example.org>", "RCPT TO:<one@example.org>", "RCPT TO:<two@example.org>",
                   "\r\n\r\n=> VRRP Instance is now owning VRRP VIPs <=\r\n"):
        check(wanted in server.mails[1], f"not {wanted!r} in {server.mails[1]!r}")
    lab.a.stop()
    server.mails.clear()
    lives(conf("no_email_faults"), instance(200, more="smtp_alert"))
    wait_for(lambda: len(server.subjects()) >= 4, "mails")
    same([subject for subject in server.subjects() if "FAULT" in subject], [], "of faults")
    server.sock.close()


def advert(priority, vip=VIP, vrid=51):
    """The client's, as another master would send it."""
    def build(value):
        return struct.pack("!BBBBHH4s", 0x31, vrid, priority, 1, round(vrrp.ADVERT * 100), value, socket.inet_aton(vip))
    data = build(0)
    return build(packet.checksum(packet.pseudo(packet.addr(CLIENT), packet.addr("224.0.0.18"), 112, data) + data))


class Client:
    """Another director for as long as a case needs it."""

    def __init__(self):
        self.sock = lab.client.socket(socket.AF_INET, socket.SOCK_RAW, 112)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")

    def says(self, priority, director, words):
        """Adverts until the director's log has the words."""
        def has():
            self.sock.sendto(advert(priority), ("224.0.0.18", 0))
            return words in director.said()
        wait_for(has, f"{words!r} in the log of {director.name}:\n{director.said()[-2000:]}", every=vrrp.ADVERT)


# What users' alerts look for.
ALERTS = (r"\(VI_1\) Entering BACKUP STATE \(init\)", r"\(VI_1\) Receive advertisement timeout$",
          r"\(VI_1\) Entering MASTER STATE", r"Sending gratuitous ARP on eth0 for 10\.9\.0\.200$",
          r"Sending gratuitous ARP on eth0 for 10\.9\.0\.202$",
          r"\(VI_1\) Received advert from 10\.9\.0\.50 with lower priority 50, ours 200, forcing new election",
          r"\(VI_1\) Master received advert from 10\.9\.0\.50 with higher priority 250, ours 200$",
          r"\(VI_1\) Backup received priority 0 advertisement$", r"\(VI_1\) Entering BACKUP STATE(?! \(init)",
          r"Script `chk` now returning 1$", r"VRRP_Script\(chk\) failed \(exited with status 1\)$",
          r"\(VI_1\) Changing effective priority from 200 to 190$",
          r"Script `chk` now returning 0$", r"VRRP_Script\(chk\) succeeded$",
          r"\(VI_1\) Changing effective priority from 190 to 200$",
          r"VRRP_Group\(G\) Syncing instances to MASTER state$", r"VRRP_Group\(G\) Syncing instances to FAULT state$",
          r"\(VI_1\) Entering FAULT STATE", r"\(VI_2\) Entering FAULT STATE", r"\(VI_4\) entering FAULT state")


def has_said(director, words):
    wait_for(lambda: words in director.said(), f"{words!r} in the log of {director.name}:\n{director.said()[-2000:]}")


def says_all(director):
    """Everything happens to this director that users want to be told of."""
    lab.settle()
    if os.path.exists(director.log):
        os.unlink(director.log)
    down = os.path.join(director.folder, "down")
    script = f'vrrp_script chk {{\n    script "/usr/bin/test ! -e {down}"\n    interval 1\n    weight -10\n}}\n'
    director.start(f"global_defs {{\n{ROOT}}}\n", script, GROUP.format(""), instance(200, **SECOND), instance(200, **THIRD),
                   instance(200, more="track_script {\n        chk\n    }"),
                   instance(200, **FOURTH).replace("interface eth0", "interface tr0"))
    for name in "VI_1", "VI_2":
        director.becomes("MASTER", name=name)
    other = Client()
    other.says(50, director, "forcing new election")
    other.says(250, director, "(VI_1) Master received")
    other.says(0, director, "(VI_1) Backup received")
    has_said(director, "succeeded")
    with open(down, "w", encoding="ascii"):
        pass
    has_said(director, "priority from 200 to 190")
    os.unlink(down)
    has_said(director, "priority from 190 to 200")
    director.space.ip("link set eth0 down")
    for name in "VI_1", "VI_2":
        director.becomes("FAULT", name=name)
    has_said(director, "Syncing instances to FAULT")
    director.space.ip("link set eth0 up")
    missing = [alert for alert in ALERTS if not re.search(alert, director.said(), re.M)]
    same(missing, [], f"what {director.name} has not said in\n{director.said()[-6000:]}\n")


@case("the log has the lines that users' alerts look for")
def logged():
    says_all(lab.a)


@case("and keepalived writes these same lines")
def logged_by_keepalived():
    if subprocess.run(["sh", "-c", f"command -v {vrrp.KEEPALIVED}"], stdout=subprocess.DEVNULL, check=False).returncode:
        raise Skip(f"no {vrrp.KEEPALIVED}")
    says_all(lab.b)


def shows(*options):
    return lab.a.space.run([netlab.ADM, "vrrp", *options, os.path.join(lab.a.folder, "vrrp.sock")])


@case("drayadm vrrp tells states, priorities with their parts, peers, transitions with reasons, and the state sync")
def shown():
    lab.settle()
    down = in_folder("down")
    script = f'vrrp_script chk {{\n    script "/usr/bin/test ! -e {down}"\n    interval 1\n    weight -10\n}}\n'
    lab.a.start(f"global_defs {{\n{ROOT}}}\n", script, instance(200, more="track_script {\n        chk\n    }"),
                instance(200, **SECOND).replace("interface eth0", "interface not0"))
    lab.a.becomes("MASTER")
    Client().says(50, lab.a, "forcing new election")
    with open(down, "w", encoding="ascii"):
        pass
    wait_for(lambda: lab.a.instance()["priority"]["effective"] == 190, "the priority")
    text = shows()
    for wanted in (r"^VI_1 MASTER, VRID 51 on eth0, IPv4 version 3, adverts every 100 ms$", r"^    addresses 10\.9\.0\.200$",
                   r"^    priority 190: configured 200, script chk down -10$",
                   r"^    director 10\.9\.0\.50( \([0-9a-f:]+\))? priority 50, heard [0-9.]+ s ago$",
                   r"^    INIT -> BACKUP [0-9.]+ s ago: ", r"^    BACKUP -> MASTER [0-9.]+ s ago: no master was heard$",
                   r"^VI_2 FAULT, VRID 52 on not0, ", r"^    faults: the interface is missing or down$",
                   r"^state sync: off$"):
        check(re.search(wanted, text, re.M), f"no {wanted!r} in\n{text}")
    os.unlink(down)


@case("drayadm vrrp --json is the document of the status socket, with these names")
def shown_json():
    document = json.loads(shows("--json"))
    same(sorted(document["data"]), sorted(lab.a.status()), "names at the top")
    first, second = (next(i for i in document["data"]["instances"] if i["name"] == name) for name in ("VI_1", "VI_2"))
    same((first["state"], first["vrid"], first["interface"], first["addresses"]), ("MASTER", 51, "eth0", [VIP]), "instance")
    same([(t["kind"], t["name"], t["weight"]) for t in first["priority"]["tracks"]], [("script", "chk", -10)], "parts")
    same([(p["address"], p["priority"], p["version"]) for p in first["peers"]], [(CLIENT, 50, 3)], "peers")
    same([(t["from"], t["to"], t["reason"]) for t in first["transitions"]][-1], ("BACKUP", "MASTER", "no master was heard"),
         "the last transition")
    same((second["state"], second["faults"]), ("FAULT", ["the interface is missing or down"]), "the other instance")
    same(document["data"]["sync"]["status"], "off", "the state sync")


taptest.main(setup)
