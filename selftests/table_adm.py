#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Tables by the admin tool: key files, what is shown and saved, simulate, balance."""

import json
import os
import tempfile

from lib import dray, netlab, state, taptest
from lib.netlab import VIP, Lab, rip
from lib.taptest import Failed, case, check, same

lab = None
SVC = f"-t {VIP}:80"
folder = tempfile.mkdtemp()


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Lab(vip_on_servers=False)


def fresh(options="", weights=(1, 2, 3)):
    lab.batch(["-C", f"-A {SVC} -s dray {options}",
               *(f"-a {SVC} -r {rip(n)} -g -w {w}" for n, w in enumerate(weights, 1))])


def fingerprint():
    return f"{state.service(lab, dray.tcp(VIP, 80))['table_fingerprint']:016x}"


def key_file(text, mode=0o600):
    path = os.path.join(folder, "key")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def refused(command, *words):
    try:
        lab.adm(command)
    except Failed as error:
        out = str(error)
    else:
        raise Failed(f"{command} was not refused")
    for word in words:
        check(word in out, f"{word!r} is not in: {out}")


@case("a key file that others can read, or that holds no key, is refused by name; the key stays")
def _():
    fresh()
    was = fingerprint()
    for mode in 0o644, 0o640, 0o620, 0o602:
        path = key_file("00" * 16, mode)
        refused(f"config --table-key-file {path}", "type: chmod 600 " + path)
    for text in "00" * 15, "00" * 17, "zz" * 16, "":
        path = key_file(text)
        refused(f"config --table-key-file {path}", path)
    refused(f"config --table-key-file {folder}/none-such", "none-such")
    os.symlink(key_file("00" * 16), folder + "/link")
    refused(f"config --table-key-file {folder}/link", "link")
    same(fingerprint(), was, "fingerprint")


@case("a key: another table, shown by its fingerprint only, and none again as before")
def _():
    fresh()
    was = fingerprint()
    lab.adm(f"config --table-key-file {key_file(' 000102030405060708090a0b0c0d0e0f ')}")
    check(fingerprint() != was, "the same table")
    mine = f"{state.config(lab)['table_key_fingerprint']:016x}"
    for command in "config", "save", "config --json", "show", "save --json":
        out = lab.adm(command, check_status=False)
        check("000102030405" not in out, f"{command} shows the key: {out}")
        check(mine in out or "json" in command or command == "show", f"{command} does not name the key: {out}")
    lab.adm("config --table-key-file none")
    same(fingerprint(), was, "fingerprint")


@case("what is saved makes the same table again")
def _():
    fresh("--rows 4096 --load-limit 150 --slow-start 5")
    was = fingerprint()
    saved = lab.adm("-Sn")
    check("--rows 4096 --load-limit 150 --slow-start 5" in saved, saved)
    lab.clear()
    lab.batch(saved.strip().splitlines())
    same(fingerprint(), was, "fingerprint")
    check(was in lab.adm("show"), "not shown")
    found = json.loads(lab.adm("show --json"))
    check(was in json.dumps(found), "not in the JSON")


@case("simulate: nothing moves with what is in force; a server that goes moves its share")
def _():
    fresh(weights=(1, 1, 2))
    path = os.path.join(folder, "conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(lab.adm("save"))
    out = lab.adm(f"simulate {path}")
    check("move" not in out or " 0.00 %" in out, out)
    with open(path, encoding="ascii") as file:
        left = [line for line in file if rip(3) not in line]
    with open(path, "w", encoding="ascii") as file:
        file.writelines(left)
    moved = float(lab.adm(f"simulate {path}").split(" % of the clients move")[0].split()[-1])
    check(49 <= moved <= 51.5, f"{moved} % move")
    was = fingerprint()
    lab.adm(f"apply {path}")
    check(fingerprint() != was, "apply has changed nothing")


@case("balance: expected shares by weight of the servers that serve")
def _():
    fresh(weights=(1, 3, 4))
    out = lab.adm("balance")
    for share in "12.5 %", "37.5 %", "50.0 %":
        check(share in out, f"{share} is not in: {out}")
    lab.adm(f"down {SVC} -r {rip(3)}")
    out = lab.adm("balance")
    for share in "25.0 %", "75.0 %":
        check(share in out, f"{share} is not in: {out}")


if __name__ == "__main__":
    taptest.main(setup)
