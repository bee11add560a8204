/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nouns in JSON, the same in every listing; nothing of this is text. */
#ifndef DRAY_EMIT_NOUN_H
#define DRAY_EMIT_NOUN_H

#include "emit.h"
#include "model.h"

void dray_emit_key(struct dray_emit *e, const struct dray_key *key);
void dray_emit_service(struct dray_emit *e, const struct dray_service *svc);
void dray_emit_server(struct dray_emit *e, const struct dray_server *srv);
void dray_emit_server_name(struct dray_emit *e, const struct dray_server *srv);
void dray_emit_rates(struct dray_emit *e, const struct dray_rates *rates);
void dray_emit_vip(struct dray_emit *e, const struct dray_vip *vip);
void dray_emit_config(struct dray_emit *e, const struct dray_config *config);
void dray_emit_entry_flags(struct dray_emit *e, uint32_t flags);
void dray_emit_addr(struct dray_emit *e, const char *key,
		    const struct dray_addr *addr);

#endif
