/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operations of the family, one function each, on the nouns. */
#ifndef DRAY_REQUEST_H
#define DRAY_REQUEST_H

#include "nl.h"

/* what a listing or a deletion of flows and persist entries asks for */
struct dray_filter {
	struct dray_key key;		/* used if has_key */
	struct dray_server server;	/* used if has_server */
	struct dray_flow flow;		/* by its `has` */
	struct dray_persist persist;	/* by its `has` */
	bool has_key, has_server;
};

/* one row of a listing: the service's key, the server, the entry */
struct dray_flow_row {
	struct dray_service svc;
	struct dray_server srv;
	union {
		struct dray_flow flow;
		struct dray_persist persist;
	};
};

typedef void (*dray_row_fn)(const struct dray_flow_row *row, void *arg);
typedef void (*dray_reason_fn)(const struct dray_reason *reason, void *arg);

int dray_service_write(struct dray_nl *nl, uint8_t cmd,
		       const struct dray_service *svc);
int dray_service_key(struct dray_nl *nl, uint8_t cmd, const struct dray_key *key);
int dray_service_read(struct dray_nl *nl, const struct dray_key *key,
		      struct dray_service *svc);
int dray_server_write(struct dray_nl *nl, uint8_t cmd,
		      const struct dray_key *key, const struct dray_server *srv);
int dray_server_read(struct dray_nl *nl, const struct dray_key *key,
		     struct dray_server *srv);
int dray_vip_write(struct dray_nl *nl, uint8_t cmd, const struct dray_vip *vip);
/*
 * A check through the traffic's own path: the server's own address is asked,
 * and gets the packets as if its client had sent them to the VIP.
 *
 *	open a socket of the family and keep it open: it holds the probes
 *	dray_probe_write(nl, DRAY_CMD_NEW_PROBE, &probe)
 *	setsockopt(fd, SOL_SOCKET, SO_MARK, &probe.mark, ...) on the check's
 *	socket, then connect() it to probe.server, at any port, TCP or UDP
 *
 * A server without the VIP leaves the check unanswered, while one without the
 * mark succeeds: that is the diagnosis.  One mark for each pair of VIP and
 * server, of at most 16384; it must be one that no rule of the administrator
 * uses, and stands for the same pair until it is written again or deleted
 * (DRAY_CMD_DEL_PROBE, which looks at the mark only).  The services need not
 * be configured.  Refused: a server of the other family (-EINVAL), a mark of
 * another socket (-EBUSY).  The address that the check goes out from must be
 * none that the server has, such as the VIP.
 */
int dray_probe_write(struct dray_nl *nl, uint8_t cmd,
		     const struct dray_probe *probe);
int dray_config_write(struct dray_nl *nl, const struct dray_config *config);
int dray_config_read(struct dray_nl *nl, struct dray_config *config);
int dray_config_read_all(struct dray_nl *nl, struct dray_config *config);
int dray_flush(struct dray_nl *nl);
int dray_zero(struct dray_nl *nl, const struct dray_key *key);

int dray_services_read(struct dray_nl *nl, struct dray_table *table);
int dray_service_load(struct dray_nl *nl, const struct dray_key *key,
		      struct dray_table *table);
int dray_vips_read(struct dray_nl *nl, struct dray_table *table);
int dray_table_read(struct dray_nl *nl, struct dray_table *table);

int dray_flows_read(struct dray_nl *nl, const struct dray_filter *filter,
		    dray_row_fn row, void *arg);
int dray_persists_read(struct dray_nl *nl, const struct dray_filter *filter,
		       dray_row_fn row, void *arg);
int dray_entries_delete(struct dray_nl *nl, uint8_t cmd,
			const struct dray_filter *filter, uint32_t *deleted);
int dray_reasons_read(struct dray_nl *nl, dray_reason_fn fn, void *arg);

#endif
