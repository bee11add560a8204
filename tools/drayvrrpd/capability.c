// SPDX-License-Identifier: GPL-2.0-or-later
/* By the system call alone: a library for one call would be one more. */
#include "capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int capability_keep(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	uint32_t bit = CAP_TO_MASK(capability);

	data[CAP_TO_INDEX(capability)].effective = bit;
	data[CAP_TO_INDEX(capability)].permitted = bit;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_capset, &header, data))
		return -errno;
	return 0;
}
