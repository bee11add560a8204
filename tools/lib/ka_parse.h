/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sources of the parser share; nobody else includes it.  Reading goes
 * in four steps: ka_read.c makes lines of files (comments, @conditions,
 * $definitions, includes), ka_tree.c statements and blocks of lines, the
 * keyword tables objects of statements, and ka_resolve*.c resolves references,
 * inheritance and defaults between objects.
 */
#ifndef DRAY_KA_PARSE_H
#define DRAY_KA_PARSE_H

#include <limits.h>

#include "ka_lvs.h"
#include "ka_vrrp.h"

#define KA_MAX_LINE 65536
#define KA_MAX_DEPTH 16			/* of blocks, includes, definitions */
#define KA_MAX_BYTES (64u << 20)	/* of all files */
#define KA_MAX_EXPANDED (8u << 20)	/* of all that definitions become */
#define KA_MAX_MESSAGES 1000
#define KA_MAX_KEYS 4096		/* of one virtual_server_group */

#define KA_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct ka_word {
	const char *text;
	unsigned int column, width;
	bool quoted;
};

/* a statement, and the block that belongs to it */
struct ka_node {
	struct ka_pos pos;		/* of the first word */
	struct ka_word *words;
	size_t n_words;
	bool block;
	struct ka_node *parent, *children, *last, *next;
};

struct ka_parser;
struct ka_raw;

enum ka_type {
	KA_BOOL,	/* [on|off|true|false|yes|no]; alone: on */
	KA_OFF,		/* the same, the other way round */
	KA_INT,		/* from min to max */
	KA_TIME,	/* seconds with up to six decimals, kept as us; min, max: us */
	KA_STRING,
	KA_ADDR,
	KA_COMMAND,	/* COMMAND [USER [GROUP]] */
	KA_LINE,	/* fn: the words of the statement */
	KA_BLOCK,	/* fn: the statement and its block */
	KA_IGNORED,	/* say: why */
};

/* One keyword of a block.  Of aliases each has a line, with the same offset. */
struct ka_keyword {
	const char *name;
	uint8_t tier;
	uint8_t type;
	uint8_t size;		/* of the member */
	uint8_t severity;	/* KA_IGNORED: of the message */
	bool many;		/* may be said again */
	unsigned int offset;
	int64_t min, max;	/* KA_LINE: number of words after the keyword */
	const char *say;
	void (*fn)(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw);
};

struct ka_table {
	const char *name;	/* of the block */
	const struct ka_keyword *keywords;
	size_t n;
};

/* an object while it is made: which of its keywords was said, and where */
struct ka_raw {
	struct ka_node *node;
	void *object;
	const struct ka_table *table;
	struct ka_node **said;		/* by index in the table; the last one */
	struct ka_raw *parent, *children, *last, *next;
};

struct ka_raws {
	struct ka_raw *first, *last;
};

/* what real and virtual servers say for their checks */
struct ka_check_common {
	uint64_t connect_timeout_us, delay_loop_us, delay_before_retry_us;
	uint64_t warmup_us;
	unsigned int retry;
	bool alpha, probe;
	const char *virtualhost;
};

/* what global_defs says: its own, and what is only others' default */
struct ka_defaults {
	struct ka_globals globals;
	struct ka_instance instance;
	struct dray_addr mcast_group4, mcast_group6;
	uint8_t version;
	bool min_garp;
	bool smtp_alert, smtp_alert_vrrp, smtp_alert_checker;
	bool no_checker_emails;
};

struct ka_parser {
	struct ka_conf *conf;
	struct ka_memory *scratch;	/* freed when the result stands */
	struct ka_memory *line;		/* freed when a line of a file is done */
	const struct ka_options *options;
	struct ka_node root;
	struct ka_raw *globals;		/* its object is def */
	struct ka_defaults def;
	struct ka_raws instances, sync_groups, virtual_servers;
	uint32_t n_rules;		/* without a priority of their own */
};

/* ka_memory.c: all of a ka_memory is freed at once */
struct ka_memory *ka_memory_create(void);
void ka_memory_destroy(struct ka_memory *memory);
void *ka_alloc(struct ka_memory *memory, size_t size);
char *ka_strndup(struct ka_memory *memory, const char *text, size_t len);
char *ka_strdup(struct ka_memory *memory, const char *text);
char *ka_printf(struct ka_memory *memory, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Room for one more in an array of @n; like dray_grow(). */
void *ka_grow(struct ka_memory *memory, void *array, size_t n, size_t size);

/* ka_message.c */
void ka_message_add(struct ka_conf *conf, enum ka_severity severity,
		    const struct ka_pos *pos, char *text, const char *done);
/* At word @index of the node; its first if there is none. */
void ka_say(struct ka_parser *p, enum ka_severity severity,
	    const struct ka_node *node, size_t index, const char *done,
	    const char *format, ...) __attribute__((format(printf, 6, 7)));
struct ka_pos ka_word_pos(const struct ka_node *node, size_t index);

/* ka_near.c: NULL if none is near */
const char *ka_near(const char *word, const char *const *words, size_t n);

/* A line of a file without its comment, or what a definition made of it. */
struct ka_line {
	char *text;			/* ends with NUL */
	unsigned int *column;		/* in the file, of each byte and the end */
	size_t len;
	const char *file, *source;
	unsigned int number;
};

/* ka_read.c: @text is NULL, or stands for the file */
void ka_read_all(struct ka_parser *p, const char *path, const char *text,
		 size_t size);

/* ka_define.c: $NAME=text, ${NAME} */
struct ka_definitions;
struct ka_definitions *ka_definitions_create(struct ka_parser *p);
/* Takes a line that defines something, or goes on with it. */
bool ka_define_line(struct ka_definitions *d, const struct ka_line *line);
void ka_define(struct ka_definitions *d, const char *name, size_t name_len,
	       const char *value);
/* What the line becomes; '\n' in it ends a line. */
struct ka_line ka_expand(struct ka_definitions *d, const struct ka_line *line,
			 const char *folder);
struct ka_line ka_line_part(struct ka_parser *p, const struct ka_line *line,
			    size_t from, size_t to);

/* ka_tree.c: statements and blocks below p->root */
struct ka_builder;
struct ka_builder *ka_builder_create(struct ka_parser *p);
void ka_builder_line(struct ka_builder *b, const struct ka_line *line);
void ka_builder_end(struct ka_builder *b);
bool ka_is_script_word(const char *word, size_t len);
void ka_say_line(struct ka_parser *p, enum ka_severity severity,
		 const struct ka_line *line, size_t at, size_t width,
		 const char *done, const char *format, ...)
	__attribute__((format(printf, 7, 8)));

/* ka_keyword.c */
struct ka_raw *ka_raw_create(struct ka_parser *p, struct ka_node *node,
			     const struct ka_table *table, void *object);
void ka_raw_add(struct ka_raws *list, struct ka_raw *raw);
void ka_raw_adopt(struct ka_raw *parent, struct ka_raw *raw);
void ka_block(struct ka_parser *p, struct ka_raw *raw);
struct ka_node *ka_said(const struct ka_raw *raw, size_t offset);
const char *ka_name_near(const char *word, const struct ka_table *table);
extern const struct ka_table *const ka_tables[];
extern const size_t ka_n_tables;

/* ka_value.c: each says itself what is wrong */
bool ka_get_number(struct ka_parser *p, const struct ka_node *node, size_t *at,
		   int64_t min, int64_t max, int64_t *value);
bool ka_get_time(struct ka_parser *p, const struct ka_node *node, size_t at,
		 int64_t min, int64_t max, uint64_t *us);
bool ka_bool_word(const char *word, bool *value);
bool ka_addr_word(const char *word, struct dray_addr *addr);
bool ka_prefix_word(const char *word, struct dray_addr *addr, uint8_t *prefix);
bool ka_get_addr(struct ka_parser *p, const struct ka_node *node, size_t at,
		 struct dray_addr *addr);
/* ADDR [PORT], ADDR:PORT, [ADDR]:PORT from word @at on. */
bool ka_get_addrport(struct ka_parser *p, const struct ka_node *node, size_t at,
		     struct dray_addr *addr, uint16_t *port);
void ka_no_more(struct ka_parser *p, const struct ka_node *node, size_t at);

/* ka_command.c: from word @at on; the command is one word, then user, group */
struct ka_command *ka_get_command(struct ka_parser *p,
				  const struct ka_node *node, size_t at);
/* The same of all the words that are left. */
struct ka_command *ka_get_whole_command(struct ka_parser *p,
					const struct ka_node *node, size_t at);
/* One word, quoted like a command's. */
const char *ka_get_escaped(struct ka_parser *p, const struct ka_node *node,
			   size_t at);

/* one per noun: ka_globals.c, ka_script.c, ka_track.c, ka_address.c,
 * ka_route.c, ka_instance.c, ka_group.c, ka_virtual.c, ka_real.c,
 * ka_checker.c */
extern const struct ka_table ka_root_table, ka_global_table, ka_script_table,
	ka_process_table, ka_file_table, ka_instance_table, ka_auth_table,
	ka_group_table, ka_virtual_table, ka_real_table, ka_url_table,
	ka_smtp_host_table, ka_tcp_table, ka_http_table, ka_ssl_table,
	ka_udp_table, ka_dns_table, ka_ping_table, ka_smtp_table,
	ka_misc_table, ka_file_check_table;
void ka_globals_init(struct ka_parser *p);
void ka_global_defs(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw);
void ka_vrrp_script(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw);
void ka_track_file(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw);
void ka_track_process(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw);
void ka_vrrp_instance(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw);
void ka_sync_group(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw);
void ka_static_addresses(struct ka_parser *p, struct ka_node *node,
			 struct ka_raw *raw);
void ka_static_routes(struct ka_parser *p, struct ka_node *node,
		      struct ka_raw *raw);
void ka_static_rules(struct ka_parser *p, struct ka_node *node,
		     struct ka_raw *raw);
void ka_vs_group(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw);
void ka_virtual_server(struct ka_parser *p, struct ka_node *node,
		       struct ka_raw *raw);
void ka_real_server(struct ka_parser *p, struct ka_node *node,
		    struct ka_raw *raw);
void ka_checker(struct ka_parser *p, struct ka_node *node, struct ka_raw *raw);

bool ka_scope_word(const char *word, uint8_t *scope);	/* RT_SCOPE_* */
void ka_addresses_read(struct ka_parser *p, const struct ka_node *node,
		       struct ka_address **list, size_t *n);
void ka_routes_read(struct ka_parser *p, const struct ka_node *node,
		    struct ka_route **list, size_t *n);
void ka_rules_read(struct ka_parser *p, const struct ka_node *node,
		   struct ka_rule **list, size_t *n);
void ka_tracks_read(struct ka_parser *p, const struct ka_node *node,
		    enum ka_track_kind kind, struct ka_track **list, size_t *n);
/* What a named block is called; NULL, and said, if it is not. */
const char *ka_name(struct ka_parser *p, const struct ka_node *node);
void ka_say_twice(struct ka_parser *p, const struct ka_node *node,
		  const struct ka_pos *first);
/* "user U [G]"; nothing if there is no such line. */
void ka_set_user(struct ka_command *cmd, const struct ka_node *node);
/* N [reverse|noreverse] from word *at on. */
bool ka_weight_read(struct ka_parser *p, const struct ka_node *node, size_t *at,
		    int most, int *weight, bool *reverse);

void ka_resolve_vrrp(struct ka_parser *p);
void ka_resolve_lvs(struct ka_parser *p);
void ka_resolve_tracks(struct ka_parser *p, struct ka_track *tracks, size_t *n);

#endif
