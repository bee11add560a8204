# SPDX-License-Identifier: GPL-2.0-or-later
#
# dray's top: says who builds and tests what, and does nothing itself. Modules
# are built by the kernel's Kbuild, tools by tools/Makefile, and the laboratory
# that runs the tests is selftests/qemu.

KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
export DESTDIR

all: modules tools			## modules for KDIR and the tools

help:					## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20
	@echo "  KDIR=              folder of kernel headers, now $(KDIR)"
	@echo "  DRAY_CACHE=        where kernels and the guest's root are kept, default ~/.cache/dray"

deps:					## install what building and testing need (apt, as root)
	@scripts/deps

modules:				## the modules, for KDIR
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools:					## the tools
	$(MAKE) -C tools

demo: deps				## see a director at work, in a virtual machine
	@selftests/qemu/run --kernel 6.1 -- bash selftests/demo.sh

check:					## build everything and run every test
	@mkdir -p build/check
	@scripts/host-state >build/check/host-before
	@scripts/deps
	@scripts/check

bench: deps				## measure, in a virtual machine
	@selftests/bench/run

install:				## modules for KDIR and tools, below DESTDIR
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	$(MAKE) -C tools install

clean:					## remove what was built; the cache stays
	$(MAKE) -C tools clean
	rm -rf build
	find . -path ./.git -prune -o \( -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '*.o' \
		-o -name '.*.cmd' -o -name modules.order -o -name Module.symvers \) -type f -exec rm -f {} +

.PHONY: all help deps modules tools demo check bench install clean
