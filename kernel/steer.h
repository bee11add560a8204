/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the table says of an entry, for those that have no packet.
 */
#ifndef _DRAY_STEER_H
#define _DRAY_STEER_H

#include <linux/types.h>

struct dray_flow_tuple;
struct dray_service_conf;
struct dray_service_params;

/**
 * dray_steer_alike() - whether two services go by the same of a packet
 * @a: configuration
 * @b: configuration
 *
 * Context: any; pure.
 */
bool dray_steer_alike(const struct dray_service_params *a,
		      const struct dray_service_params *b);

/**
 * dray_steer_diverges() - whether the table alone does not tell of a server
 * @conf: configuration of the service, published or to be
 * @tuple: key of a flow or persist entry of it
 * @server: id of its server
 *
 * Context: RCU read side.
 * Return: false if there is no table.
 */
bool dray_steer_diverges(const struct dray_service_conf *conf,
			 const struct dray_flow_tuple *tuple, u32 server);

#endif
