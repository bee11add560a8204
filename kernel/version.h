/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DRAY_VERSION_H
#define _DRAY_VERSION_H

#define DRAY_VERSION		"0.1.0"		/* of all modules */

#endif
