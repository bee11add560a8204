/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selection tables: which servers a client gets, best first.
 *
 * A table is a pure function of its servers (family, address, port, weight),
 * key, number of rows and slack: not of the order in which the servers are
 * given, the machine, its endianness or the compiler.  Two directors that are
 * configured alike therefore send every client to the same server without a
 * word between them.  Documentation/table.md says how it is made.
 *
 * No lock, no packet, no global state: whoever holds a table protects it.  It
 * is never changed once it is made.
 */
#ifndef _DRAY_TABLE_H
#define _DRAY_TABLE_H

#include "table_env.h"

#define DRAY_TABLE_ROWS_MIN		4096
#define DRAY_TABLE_ROWS_MAX		262144
#define DRAY_TABLE_ROWS_DEFAULT		16384
#define DRAY_TABLE_ROWS_PER_SERVER	16	/* at least */
#define DRAY_TABLE_SERVERS_MAX		4096
#define DRAY_TABLE_WEIGHT_MAX		0x7fffffff
#define DRAY_TABLE_SLACK_MAX		1000	/* thousandths */
#define DRAY_TABLE_SLACK_DEFAULT	20
#define DRAY_TABLE_KEY_LEN		16

#define DRAY_TABLE_RANKS	4
#define DRAY_TABLE_CHOICES	(4 * DRAY_TABLE_RANKS)	/* before all are asked */
#define DRAY_TABLE_NONE		0xffff		/* there are fewer servers */

/* In force where the administrator gave none: public, so that directors agree
 * without one, and clients can aim.  Never derived from the configuration.
 */
/* To be counted up with every change of what a table, or the hash of a packet
 * (hash.h, and what of it steer.c takes), answers to the same configuration:
 * directors tell each other.
 */
#define DRAY_TABLE_VERSION	1

#define DRAY_TABLE_PUBLIC_KEY	"dray table key 1"

/* What is hashed with two ~0 for a key's fingerprint. */
#define DRAY_KEY_TAG	0x6b65792066707231ULL

/**
 * struct dray_table_server - a server as a table knows it
 * @addr: address; of IPv4 the first word, the others do not count
 * @port: port
 * @family: AF_INET or AF_INET6
 * @zero: does not count
 * @weight: 0 keeps it out of the table
 */
struct dray_table_server {
	__be32 addr[4];
	__be16 port;
	u8 family;
	u8 zero;
	u32 weight;
};

/**
 * struct dray_table_spec - all that makes a table what it is
 * @servers: servers in any order
 * @n: how many
 * @rows: a power of two
 * @slack: what a server may have above its share of rows, in thousandths
 * @key: DRAY_TABLE_KEY_LEN bytes
 * @stop: whether to give up, asked every few hundred microseconds; may be NULL
 * @arg: for @stop
 */
struct dray_table_spec {
	const struct dray_table_server *servers;
	u32 n;
	u32 rows;
	u32 slack;
	const u8 *key;
	bool (*stop)(void *arg);
	void *arg;
};

/**
 * struct dray_table - a selection table
 * @row: the rows, each four positions in @servers of 16 bits, the first choice
 *	lowest; those that there are not are DRAY_TABLE_NONE
 * @rows: how many, a power of two
 * @shift: what is left of a 64-bit hash when it is shifted by this is a row
 * @n: number of servers
 * @fingerprint: of rows and identities: tables that are alike have it alike
 * @servers: those with a weight, sorted by identity
 */
struct dray_table {
	u64 *row;
	u32 rows;
	u32 shift;
	u32 n;
	u64 fingerprint;
	struct dray_table_server servers[];
};

/**
 * dray_table_row() - the row that a hash falls into
 * @table: table
 * @hash: 64 uniform bits
 *
 * Context: any.
 */
static inline u64 dray_table_row(const struct dray_table *table, u64 hash)
{
	return table->row[hash >> table->shift];
}

/**
 * dray_table_rank() - a choice of a row
 * @row: row
 * @rank: 0 for the first choice, to DRAY_TABLE_RANKS - 1
 *
 * Context: any; pure.
 * Return: position in dray_table.servers or DRAY_TABLE_NONE.
 */
static inline u16 dray_table_rank(u64 row, unsigned int rank)
{
	return (u16)(row >> 16 * rank);
}

/**
 * dray_table_choice_hash() - the hash whose row has the n-th choice of a hash
 * @hash: 64 uniform bits
 * @n: 0 for the first, to DRAY_TABLE_CHOICES - 1
 *
 * Rows are found by the golden ratio, so that they lie far apart.
 *
 * Context: any; pure.
 */
static inline u64 dray_table_choice_hash(u64 hash, unsigned int n)
{
	return hash + n / DRAY_TABLE_RANKS * 0x9e3779b97f4a7c15ULL;
}

/**
 * dray_table_choice() - the n-th choice of a hash
 * @table: table
 * @hash: 64 uniform bits
 * @n: 0 for the first, to DRAY_TABLE_CHOICES - 1
 *
 * The choices of its row, then those of other rows.
 *
 * Context: any.
 * Return: position in dray_table.servers or DRAY_TABLE_NONE.
 */
static inline u16 dray_table_choice(const struct dray_table *table, u64 hash,
				    unsigned int n)
{
	u64 row = dray_table_row(table, dray_table_choice_hash(hash, n));

	return dray_table_rank(row, n % DRAY_TABLE_RANKS);
}

/**
 * dray_table_size() - memory that a table takes
 * @rows: number of rows
 * @n: number of servers
 *
 * To be asked before it is made.  To make it takes 16 bytes per row, with its
 * slack, and 90 per server besides.
 *
 * Context: any; pure.
 * Return: bytes.
 */
size_t dray_table_size(u32 rows, u32 n);

/**
 * dray_table_check() - whether a table can be made
 * @spec: what of
 *
 * All that dray_table_create() refuses but for a server that is there twice,
 * without its work.  A service whose servers are all gone or drained gets
 * -ENOENT or -ENODATA: it has no table, which need not be an error.
 *
 * Context: any; pure.
 * Return: 0, or
 * -EINVAL: rows no power of two or out of range,
 * -EDOM: slack out of range,
 * -ENOENT: no servers,
 * -E2BIG: more than DRAY_TABLE_SERVERS_MAX servers,
 * -EAFNOSUPPORT: a family that is neither AF_INET nor AF_INET6,
 * -EOVERFLOW: a weight above DRAY_TABLE_WEIGHT_MAX, so that no sum of weights
 *	can overflow,
 * -ENODATA: no server has a weight,
 * -ENOSPC: too many servers with a weight for so few rows.
 */
int dray_table_check(const struct dray_table_spec *spec);

/**
 * dray_table_create() - make a table
 * @table: where to put it; NULL if it fails
 * @spec: what of
 *
 * Takes milliseconds, up to some seconds for the most rows and servers.
 *
 * Context: process, preemptible.
 * Return: 0, what dray_table_check() returns, or
 * -EEXIST: a server is there twice, with or without a weight,
 * -ENOMEM,
 * -EINTR: @spec->stop said so.
 */
int dray_table_create(struct dray_table **table,
		      const struct dray_table_spec *spec);

/**
 * dray_table_destroy() - free a table
 * @table: table that nobody reads any more, or NULL
 *
 * Context: process; may sleep.
 */
void dray_table_destroy(struct dray_table *table);

#endif
