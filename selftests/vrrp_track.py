#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""drayvrrpd: what else than its peers decides who is master.

    a .11 (priority 200) --+-- br
    b .12 (priority 100) --+

a tracks a script, a process, a file and a second interface, first with weights,
each of which makes b the better one, then without, which is FAULT.
"""

import os
import shutil

from lib import taptest, vrrp
from lib.taptest import case, check, same, wait_for
from lib.vrrp import instance

lab = fakes = None
PROGRAM = "dray-watched"
ALONE = ("10.9.0.205/16",)

WEIGHTS = {"script": -150, "process": -151, "file": -152, "interface": -153}


def setup():
    global lab, fakes
    vrrp.need()
    lab = vrrp.VrrpLab()
    lab.a.space.ip("link add tr0 type veth peer name tr1", "link set tr0 up", "link set tr1 up")
    fakes = {"script": Script(), "process": Process(), "file": File(), "interface": Interface()}
    taptest.cleanup(fakes["process"].fail)


def in_folder(name):
    return os.path.join(lab.a.folder, name)


class Script:
    """Fails while a file is there."""

    name = "chk"

    def conf(self):
        return (f'vrrp_script chk {{\n    script "/usr/bin/test ! -e {in_folder("down")}"\n    interval 1\n}}\n')

    def fail(self):
        with open(in_folder("down"), "w", encoding="ascii"):
            pass

    def mend(self):
        os.unlink(in_folder("down"))


class Process:
    """A program that runs or does not."""

    name = "prc"
    proc = None

    def __init__(self):
        shutil.copy("/bin/sleep", in_folder(PROGRAM))
        self.mend()

    def conf(self):
        return f"vrrp_track_process prc {{\n    process {PROGRAM}\n}}\n"

    def fail(self):
        self.proc.kill()
        self.proc.wait()

    def mend(self):
        self.proc = lab.a.space.start([in_folder(PROGRAM), "100000"])


class File:
    """The number in it is weighed: 1 times the weight."""

    name = "fil"

    def conf(self):
        return f"vrrp_track_file fil {{\n    file {in_folder('number')}\n}}\n"

    def fail(self):
        with open(in_folder("number"), "w", encoding="ascii") as file:
            file.write("1\n")

    def mend(self):
        with open(in_folder("number"), "w", encoding="ascii") as file:
            file.write("0\n")


class Interface:
    """Another one than that of the adverts."""

    name = "tr0"

    def conf(self):
        return ""

    def fail(self):
        lab.a.space.ip("link set tr0 down")

    def mend(self):
        lab.a.space.ip("link set tr0 up")


def tracking(weights, more=""):
    """a's configuration: all four, with their weights."""
    parts = [f"track_{kind} {{\n        {fake.name} weight {weights.get(kind, 0)}\n    }}"
             for kind, fake in fakes.items()]
    return ["global_defs {\n    script_user root\n}\n", *(fake.conf() for fake in fakes.values()),
            instance(200, more="\n    ".join(parts + [more]))]


def moved(to, by):
    lab.directors[to].becomes("MASTER")
    wait_for(lambda: lab.owners() == [to], f"only {to} has the address after {by}: {lab.owners()}")


def part(kind):
    """What the status says of one that a tracks."""
    return next(t for t in lab.a.instance()["priority"]["tracks"] if t["kind"] == kind)


@case("weights: all that is tracked is up, and adds nothing")
def weights():
    lab.a.start(*tracking(WEIGHTS))
    lab.b.start(instance(100))
    lab.b.becomes("BACKUP")
    moved("a", "the start")
    same(lab.a.instance()["priority"]["effective"], 200, "priority")
    same({t["kind"]: (t["name"], t["weight"], t["adds"]) for t in lab.a.instance()["priority"]["tracks"]},
         {kind: (fakes[kind].name, weight, 0) for kind, weight in WEIGHTS.items()}, "parts")


def weighed(kind):
    fakes[kind].fail()
    moved("b", f"failure of the {kind}")
    same(lab.a.state(), "BACKUP", "state of a")
    same(lab.a.instance()["priority"]["effective"], 200 + WEIGHTS[kind], "priority")
    same(part(kind)["adds"], WEIGHTS[kind], "its part")
    fakes[kind].mend()
    moved("a", f"return of the {kind}")
    same(lab.a.instance()["priority"]["effective"], 200, "priority")


@case("a script that fails lowers the priority, and the other takes over; and back")
def script():
    weighed("script")


@case("a process that ends lowers the priority, and the other takes over; and back")
def process():
    weighed("process")


@case("the number in a file lowers the priority, and the other takes over; and back")
def file_number():
    weighed("file")


@case("another interface that goes down lowers the priority, and the other takes over; and back")
def other_interface():
    weighed("interface")


@case("a file that is not there counts as 0, and what is in another as that many times the weight")
def file_many():
    os.unlink(in_folder("number"))
    wait_for(lambda: not part("file")["value"] and lab.a.instance()["priority"]["effective"] == 200, "the priority")
    lab.a.reload(*tracking({**WEIGHTS, "file": 2}))
    with open(in_folder("number"), "w", encoding="ascii") as file:
        file.write("-33\n")
    wait_for(lambda: lab.a.instance()["priority"]["effective"] == 134, "the priority")
    same((part("file")["value"], part("file")["adds"]), (-33, -66), "value and what it adds")
    fakes["file"].mend()
    wait_for(lambda: lab.a.instance()["priority"]["effective"] == 200, "the priority")


def is_fault(kind):
    fakes[kind].fail()
    lab.a.becomes("FAULT")
    moved("b", f"failure of the {kind}")
    now = lab.a.instance()
    same((now["faults"], now["priority"]["effective"]), (["something tracked with weight 0 has failed"], 200),
         "faults and priority")
    check(part(kind).get("fault"), f"which it is: {part(kind)}")
    fakes[kind].mend()
    moved("a", f"return of the {kind}")
    same(lab.a.instance()["faults"], [], "faults")


@case("a script of weight 0 that fails: FAULT, the other takes over; and back")
def script_fault():
    lab.a.reload(*tracking({}))
    wait_for(lambda: [t["weight"] for t in lab.a.instance()["priority"]["tracks"]] == [0] * 4, "the new weights")
    moved("a", "the reload")
    is_fault("script")


@case("a process of weight 0 that ends: FAULT, the other takes over; and back")
def process_fault():
    is_fault("process")


@case("a number in a file of weight 0: FAULT, the other takes over; and back")
def file_fault():
    is_fault("file")


@case("another interface of weight 0 goes down: FAULT, the other takes over; and back")
def interface_fault():
    is_fault("interface")


@case("one that starts with a script of weight 0 that fails is never master")
def starts_with_fault():
    lab.settle()
    fakes["script"].fail()
    lab.a.start(*tracking({}))
    lab.a.becomes("FAULT")
    fakes["script"].mend()
    lab.a.becomes("MASTER")
    check("MASTER" not in [t["to"] for t in lab.a.instance()["transitions"][:-1]], "it was master before")


@case("dont_track_primary: its own interface that goes down is no fault, and without it is")
def primary():
    lab.settle()
    lab.a.start(instance(200, more="dont_track_primary"),
                instance(200, name="VI_2", vrid=52, vips=ALONE))
    for name in "VI_1", "VI_2":
        lab.a.becomes("MASTER", name=name)
    lab.a.space.ip("link set eth0 down")
    lab.a.becomes("FAULT", name="VI_2")
    same((lab.a.state(), lab.a.instance()["faults"]), ("MASTER", []), "state of the one that does not track it")
    lab.a.space.ip("link set eth0 up")
    lab.a.becomes("MASTER", name="VI_2")
    same([t["to"] for t in lab.a.instance()["transitions"]], ["BACKUP", "MASTER"], "its transitions")


taptest.main(setup)
