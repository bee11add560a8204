/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing by a table: the first server of a client's row that may have it.
 */
#ifndef _DRAY_CHOICE_H
#define _DRAY_CHOICE_H

#include "service.h"

struct dray_explain;
struct dray_server;

/**
 * dray_choice_first() - the server of a packet that has no entry
 * @conf: configuration of the service, with a table
 * @hash: of the 5-tuple or the client
 * @x: whom to tell of each server that is looked at, or NULL
 *
 * The first of the row that serves, whatever its load: the same for every
 * packet of a client.
 *
 * Context: RCU read side.
 * Return: a server, or NULL if none serves.
 */
struct dray_server *dray_choice_first(const struct dray_service_conf *conf,
				      u64 hash, struct dray_explain *x);

/**
 * dray_choice_tells() - whether the table alone tells of a flow's server
 * @conf: configuration of the service, with a table
 * @hash: of the 5-tuple or the client
 * @server: id of the flow's server
 *
 * It has to be the first choice, and up: without an entry one that drains or
 * is down is passed over, though it keeps the flows that it has.  Load and reach
 * are not asked, which differ from director to director.
 *
 * Context: RCU read side, or @conf not published.
 */
bool dray_choice_tells(const struct dray_service_conf *conf, u64 hash,
		       u32 server);

/**
 * dray_choice_left() - the first choice, if it has ceased to serve lately
 * @conf: configuration of the service, with a table
 * @hash: of the 5-tuple or the client
 *
 * Another director, to which it is up, tells nobody of the flows that it has
 * there; so for down-hold it is where a flow began that has no entry here.
 *
 * Context: RCU read side.
 * Return: the server, or NULL.
 */
struct dray_server *dray_choice_left(const struct dray_service_conf *conf,
				     u64 hash);

/**
 * dray_choice_select() - the server of a new flow
 * @service: service
 * @conf: its configuration
 * @hash: of the 5-tuple or the client
 * @first: NULL; where to put what dray_choice_first() returns, if it is met
 * @x: whom to tell of each server that is looked at, or NULL
 *
 * The first of the row that is usable, not just starting and below the load
 * limit; if there is none the first that is usable, since load limit and slow
 * start give way where a threshold does not.  What differs from
 * dray_choice_first() needs an entry.
 *
 * Context: RCU read side.
 * Return: a server, or NULL if none is usable.
 */
struct dray_server *dray_choice_select(const struct dray_service *service,
				       const struct dray_service_conf *conf,
				       u64 hash, struct dray_server **first,
				       struct dray_explain *x);

#endif
