/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications of the dray family. */
#ifndef DRAY_LISTEN_H
#define DRAY_LISTEN_H

#include "nl.h"

/* non-zero ends the listening */
typedef int (*dray_event_fn)(uint8_t cmd, struct nlattr **tb, void *arg);

int dray_nl_join(struct dray_nl *nl, const char *group);
int dray_nl_listen(struct dray_nl *nl, dray_event_fn event, void *arg);

#endif
