/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selection tables as the kernel would make them.  The configuration of the
 * tools and a selection table are both a struct dray_table, so that no source
 * can know both: here is what they have in common.
 */
#ifndef DRAYADM_SIMULATE_H
#define DRAYADM_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dray_config;
struct dray_emit;
struct dray_table;
struct sim_table;

struct sim_server {
	uint8_t addr[16];
	uint8_t family;
	uint16_t port;
	uint32_t weight;
};

struct sim_moved {
	double rows, needless;		/* percent */
};

/*
 * Return: 0, -ENOSPC if the servers are too many for the rows, or another
 * error; the table is NULL if no server has a weight.
 */
int sim_table_create(struct sim_table **sim, const struct sim_server *servers,
		     size_t n, uint32_t rows, const uint8_t *key);
void sim_table_destroy(struct sim_table *sim);
uint64_t sim_table_fingerprint(const struct sim_table *sim);

/* Percent of the rows that have the server first; 0 without a table. */
double sim_table_share(const struct sim_table *sim,
		       const struct sim_server *server);

/* Return: 0 or -ENOMEM. */
int sim_table_moved(const struct sim_table *from, const struct sim_table *to,
		    struct sim_moved *moved);

/* As the kernel's of the key in force. */
uint64_t sim_key_fingerprint(const uint8_t *key);

bool simulate_in_force(const struct dray_config *config, const uint8_t *key);

/*
 * now and wanted: configurations, sorted.
 * Return: 0, or -1 with error filled in.
 */
int simulate_emit(struct dray_emit *e, const struct dray_table *now,
		  const struct dray_table *wanted, const uint8_t *key,
		  char *error, size_t size);

#endif
