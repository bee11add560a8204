# SPDX-License-Identifier: GPL-2.0-or-later
"""One boot of the guest: QEMU's command line, its life, what it says.

The guest speaks over a virtio port that is one end of a socket pair; the console
goes to a file and is read only to show why a guest died. Whether KVM can be used
is found out by booting with it once per kernel and machine; otherwise TCG.
"""

import hashlib
import os
import pathlib
import select
import shutil
import socket
import subprocess
import time

QEMU = pathlib.Path(__file__).resolve().parent
TOP = QEMU.parent.parent
TOOLS = ("drayadm", "drayvrrpd", "draycheckd")
SEED = TOP.parent / "shared/seed"
BOOT_LIMIT = {"6.1": 90, "6.12": 90, "debug": 300}
# Empty ones, to write on and to swap to; a test finds them by these names (lib/stress.py).
DISKS, DISK_SIZE = ("scratch", "swap"), 512 << 20
MEMORY = {"6.1": 1024, "6.12": 1024, "debug": 3072}
# All CPUs in one thread: what stale_breakpoint() tells of cannot happen.
ONE_THREAD = "tcg,thread=single"
CMDLINE = ("console=ttyS0 loglevel=5 panic=-1 oops=panic panic_on_warn=1 nowatchdog "
           "tsc=nowatchdog rcupdate.rcu_cpu_stall_timeout={} "
           "sysctl.kernel.panic_on_rcu_stall=1 log_buf_len=4M net.ifnames=0")
# Where ksoftirqd runs, 6.1 leaves all packets to it: a sender that is measured is thousands
# ahead by then.  Only the first network namespace has the setting.
COUNTED = " sysctl.net.core.netdev_max_backlog=100000"
# Seconds after which a CPU that stands still says where and ends the guest: less than a test has.
STALL = {"6.1": 100, "6.12": 100, "debug": 300}


def command_line(kernel, args):
    line = CMDLINE.format(STALL[kernel.flavour]) + (COUNTED if args.icount else "")
    return f"{line} {args.parameters}"


def cache():
    return pathlib.Path(os.environ.get("DRAY_CACHE") or
                        (os.environ.get("XDG_CACHE_HOME") or os.environ["HOME"] + "/.cache") + "/dray")


def made_by(script, *args):
    """What one of the neighbouring scripts prints: the folder it made sure of."""
    return pathlib.Path(subprocess.run([QEMU / script, *args], stdin=subprocess.DEVNULL, check=True,
                                       stdout=subprocess.PIPE, text=True).stdout.strip())


def prepare(work, mode, kernel, job, args, seconds=0):
    """What the guest reads: the job, its mode and what tests may want to know."""
    modules = args.modules or TOP / "build" / kernel.flavour / "modules"
    (work / "job").write_text(job)
    (work / "environment").write_text(
        f"MODE={mode} LIMIT={seconds}\nexport KERNEL_FLAVOUR={kernel.flavour}\n")
    if (work / "modules").exists():
        return
    # Copies, since somebody may build again while the guest runs.
    shutil.copytree(modules, work / "modules")
    (work / "bin").mkdir()
    for tool in TOOLS:
        if (TOP / "tools" / tool / tool).exists():
            shutil.copy(TOP / "tools" / tool / tool, work / "bin")
    # The files that the project started from, where they lie beside the checkout.
    if SEED.is_dir():
        shutil.copytree(SEED, work / "seed")


class Kernel:
    """The files that make a flavour of kernel bootable."""

    def __init__(self, flavour):
        self.flavour = flavour
        if flavour == "debug":
            folder = made_by("debug-kernel")
            self.image = folder / "arch/x86/boot/bzImage"
            self.modules = next((folder / "root/lib/modules").iterdir())
        else:
            folder = made_by("kernels", flavour)
            self.image = folder / "vmlinuz"
            self.modules = folder / "root/lib/modules" / (folder / "release").read_text().strip()
        self.initramfs = made_by("initramfs", self.modules)


class Machine:
    """A booted guest. Lines of the verdict port come out of lines(). more: of QEMU's options."""

    def __init__(self, kernel, work, args, accel, more=()):
        self.work = work
        ours, theirs = socket.socketpair()
        command = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35", "-accel", accel, "-cpu", "host" if accel == "kvm" else "max,la57=off",
            "-m", str(args.mem or MEMORY[kernel.flavour]), "-smp", "1" if args.icount else str(args.cpus),
            "-kernel", kernel.image, "-initrd", kernel.initramfs, "-append", command_line(kernel, args),
            "-serial", "mon:stdio" if args.shell else f"file:{work}/console",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=verdict,fd={theirs.fileno()}",
            "-device", "virtserialport,chardev=verdict,name=dray.verdict",
        ]
        if args.icount:
            command += ["-icount", "shift=0,sleep=off"]
        command += more
        for name in DISKS:
            with open(work / name, "wb") as file:
                file.truncate(DISK_SIZE)
            command += ["-drive", f"if=none,id={name},file={work / name},format=raw,discard=unmap",
                        "-device", f"virtio-blk-pci,drive={name},serial={name}"]
        for tag, path, mode in (("root", made_by("rootfs"), ",readonly=on"), ("modules", kernel.modules, ",readonly=on"),
                                ("dray", TOP, ",readonly=on"), ("results", work, "")):
            command += ["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,multidevs=remap{mode}"]
        self.process = subprocess.Popen(command, stdin=None if args.shell else subprocess.DEVNULL,
                                        stderr=None if args.shell else open(work / "qemu.log", "w"),
                                        pass_fds=[theirs.fileno()])
        theirs.close()
        self.port = ours
        self.port.setblocking(False)
        self.rest = b""

    def lines(self, seconds):
        """Lines said within so many seconds; ends early when the guest is gone."""
        deadline = time.monotonic() + seconds
        while True:
            *whole, self.rest = self.rest.split(b"\n")
            yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.port], [], [], left)[0]:
                return
            try:
                data = self.port.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                return
            self.rest += data

    def gone(self):
        """Whether it ended by itself; its port is closed a moment earlier."""
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self):
        """End it at once: whatever counts has been said or written by then."""
        self.port.close()
        self.process.kill()
        self.process.wait()

    def console(self):
        try:
            return (self.work / "console").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return []


def stale_breakpoint(console):
    """Whether a guest died of an int3 that is not in its code, or meets it for ever.

    QEMU before 8.1 may run a translation that is older than what another CPU
    wrote there (https://bugzilla.redhat.com/show_bug.cgi?id=2216496): the kernel
    meets a breakpoint that its text patching has taken out before. Either it
    dies of that, or it sees that there is none, goes on at the same place and
    meets it again, and stands still. A real one still stands at the marked byte
    or in front of it.
    """
    at = next((i for i, line in enumerate(console) if " int3: 0000 " in line or "asm_exc_int3" in line), None)
    code = [line for line in console[at or 0:] if "] Code: " in line]
    return at is not None and bool(code) and "cc <" not in code[0] and "<cc>" not in code[0]


def boot(kernel, work, args, accel, more=()):
    """A guest that has said hello, or None."""
    machine = Machine(kernel, work, args, accel, more)
    for line in machine.lines(BOOT_LIMIT[kernel.flavour]):
        if line.startswith("hello "):
            return machine
    machine.stop()
    return None


def probe_mark(kernel):
    """Where it is remembered whether this machine boots this kernel with KVM."""
    cpu = next((line for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    ident = cpu + os.uname().release + kernel.modules.name + str(kernel.image.stat().st_mtime)
    return cache() / ("kvm-" + hashlib.sha256(ident.encode()).hexdigest()[:12])


def accel_for(kernel, work, args):
    """kvm if a guest of this kernel has been seen to boot with it, else tcg."""
    if args.icount or not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    mark = probe_mark(kernel)
    if not mark.exists():
        args = type(args)(**{**vars(args), "shell": False})
        (work / "job").write_text("")
        (work / "environment").write_text("MODE=probe\n")
        machine = Machine(kernel, work, args, "kvm")
        booted = any(line.startswith("hello ") for line in machine.lines(30))
        machine.stop()
        mark.write_text("kvm" if booted else "tcg")
    return mark.read_text()


def work_folder(flavour):
    """A folder for one run's files below build/; those of ended runs go."""
    build = TOP / "build" / flavour
    build.mkdir(parents=True, exist_ok=True)
    for old in build.glob("run-*"):
        if not pathlib.Path("/proc/" + old.name[4:]).exists():
            shutil.rmtree(old, ignore_errors=True)
    work = build / f"run-{os.getpid()}"
    work.mkdir()
    return work
