// SPDX-License-Identifier: GPL-2.0-or-later
/* vrrp_sync_group, and how instances and groups find each other. */
#include "ka_instance.h"

#include <string.h>

static void set_members(struct ka_parser *p, struct ka_node *node,
			struct ka_raw *raw)
{
	(void)p;
	((struct ka_group_raw *)raw->object)->members = node;
}

#define ADD_TRACKS(kind, name) \
static void add_ ## name(struct ka_parser *p, struct ka_node *node, \
			 struct ka_raw *raw) \
{ \
	struct ka_sync_group *g = raw->object; \
\
	ka_tracks_read(p, node, kind, &g->tracks, &g->n_tracks); \
}
ADD_TRACKS(KA_TRACK_INTERFACE, interfaces)
ADD_TRACKS(KA_TRACK_SCRIPT, scripts)
ADD_TRACKS(KA_TRACK_FILE, files)
ADD_TRACKS(KA_TRACK_PROCESS, processes)

#define R ka_group_raw

static const struct ka_keyword keywords[] = {
	K_BLOCK("group", 2, R, members, set_members),
	K_BLOCKS("track_interface", 2, R, g.tracks, add_interfaces),
	K_BLOCKS("track_script", 2, R, g.tracks, add_scripts),
	K_BLOCKS("track_file", 2, R, g.tracks, add_files),
	K_BLOCKS("track_process", 2, R, g.tracks, add_processes),
	K_COMMAND("notify_master", 2, R, g.notify.master),
	K_COMMAND("notify_backup", 2, R, g.notify.backup),
	K_COMMAND("notify_fault", 2, R, g.notify.fault),
	K_COMMAND("notify_stop", 2, R, g.notify.stop),
	K_COMMAND("notify_deleted", 2, R, g.notify.deleted),
	K_COMMAND("notify", 2, R, g.notify.any),
	K_BOOL("notify_priority_changes", 2, R, g.notify.priority_changes),
	K_BOOL("smtp_alert", 2, R, g.smtp_alert),
	K_BOOL("sync_group_tracking_weight", 2, R, g.tracking_weight),
	K_BOOL("global_tracking", 2, R, g.tracking_weight),
	K_IGNORED("track_bfd", 2, KA_WARNING, "is about BFD, which dray has not"),
};

const struct ka_table ka_group_table = K_TABLE("vrrp_sync_group", keywords);

void ka_sync_group(struct ka_parser *p, struct ka_node *node,
		   struct ka_raw *parent)
{
	struct ka_group_raw *r = ka_alloc(p->conf->memory, sizeof(*r));
	struct ka_raw *raw, *made = ka_raw_create(p, node, &ka_group_table, r);
	struct ka_group_raw *other;

	(void)parent;
	r->g.pos = ka_word_pos(node, 1);
	r->g.name = ka_name(p, node);
	ka_block(p, made);
	for (raw = p->sync_groups.first; raw && r->g.name; raw = raw->next) {
		other = raw->object;
		if (!strcmp(other->g.name, r->g.name)) {
			ka_say_twice(p, node, &other->g.pos);
			return;
		}
	}
	if (r->g.name)
		ka_raw_add(&p->sync_groups, made);
}

static struct ka_instance *instance_named(const struct ka_conf *conf,
					  const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_instances; i++)
		if (!strcmp(conf->instances[i]->name, name))
			return conf->instances[i];
	return NULL;
}

static void say_no_instance(struct ka_parser *p, const struct ka_node *line,
			    size_t at)
{
	const char **names = ka_alloc(p->scratch, (p->conf->n_instances + 1) *
						  sizeof(*names));
	const char *word = line->words[at].text, *near;
	size_t i;

	for (i = 0; i < p->conf->n_instances; i++)
		names[i] = p->conf->instances[i]->name;
	near = ka_near(word, names, i);
	ka_say(p, KA_ERROR, line, at, "it is left out of the group",
	       near ? "no vrrp_instance '%s'; did you mean '%s'?" :
		      "no vrrp_instance '%s'", word, near);
}

static void add_member(struct ka_parser *p, struct ka_sync_group *g,
		       const struct ka_node *line, size_t at)
{
	const char *word = line->words[at].text;
	struct ka_instance *i = instance_named(p->conf, word);

	if (!i) {
		say_no_instance(p, line, at);
		return;
	}
	if (i->group) {
		ka_say(p, KA_ERROR, line, at, "it is left out of this one",
		       "'%s' is in vrrp_sync_group '%s' already", word,
		       i->group->name);
		return;
	}
	i->group = g;
	g->members = ka_grow(p->conf->memory, g->members, g->n_members,
			     sizeof(i));
	g->members[g->n_members++] = i;
}

/* Members go together, so their own priorities must not move: keepalived takes
 * the weights of their trackers as 0, that is FAULT. */
static void level_weights(struct ka_parser *p, struct ka_sync_group *g)
{
	struct ka_track *track;
	size_t m, t;

	for (m = 0; m < g->n_members && !g->tracking_weight; m++) {
		for (t = 0; t < g->members[m]->n_tracks; t++) {
			track = &g->members[m]->tracks[t];
			if (!track->weight)
				continue;
			ka_message_add(p->conf, KA_WARNING, &track->pos,
				ka_printf(p->conf->memory,
					  "weights mean nothing in vrrp_sync_group '%s' without sync_group_tracking_weight",
					  g->name),
				"0 is taken: failure is FAULT");
			track->weight = 0;
		}
	}
}

static void complete_group(struct ka_parser *p, struct ka_raw *raw)
{
	struct ka_group_raw *r = raw->object;
	struct ka_conf *conf = p->conf;
	struct ka_node *line;
	size_t i;

	for (line = r->members ? r->members->children : NULL; line;
	     line = line->next)
		for (i = 0; i < line->n_words; i++)
			add_member(p, &r->g, line, i);
	if (!r->g.n_members) {
		ka_say(p, KA_ERROR, raw->node, 1, "it is left out",
		       "vrrp_sync_group '%s' has no member", r->g.name);
		return;
	}
	if (!ka_said(raw, offsetof(struct ka_group_raw, g.smtp_alert)))
		r->g.smtp_alert = ka_vrrp_alert(p);
	ka_resolve_tracks(p, r->g.tracks, &r->g.n_tracks);
	level_weights(p, &r->g);
	conf->sync_groups = ka_grow(conf->memory, conf->sync_groups,
				    conf->n_sync_groups, sizeof(&r->g));
	conf->sync_groups[conf->n_sync_groups++] = &r->g;
}

/* Whether adverts of both would meet: then each would take the other for a
 * director that contends with it. */
static bool meet(const struct ka_instance *a, const struct ka_instance *b)
{
	if (a->vrid != b->vrid || a->family != b->family ||
	    !a->interface || !b->interface ||
	    strcmp(a->interface, b->interface) || !a->n_peers != !b->n_peers)
		return false;
	return !a->n_peers || !dray_addr_cmp(&a->source, &b->source);
}

static bool is_taken(struct ka_parser *p, const struct ka_raw *raw)
{
	const struct ka_instance *i = raw->object, *other;
	size_t k;

	for (k = 0; k < p->conf->n_instances; k++) {
		other = p->conf->instances[k];
		if (!meet(i, other))
			continue;
		ka_say(p, KA_ERROR, raw->node, 1, "this one is left out",
		       "virtual_router_id %u on %s is vrrp_instance '%s' already, in line %u",
		       i->vrid, i->interface, other->name, other->pos.line);
		return true;
	}
	return false;
}

void ka_resolve_vrrp(struct ka_parser *p)
{
	struct ka_conf *conf = p->conf;
	struct ka_instance_raw *r;
	struct ka_raw *raw;

	for (raw = p->instances.first; raw; raw = raw->next) {
		if (!ka_instance_complete(p, raw) || is_taken(p, raw))
			continue;
		r = raw->object;
		conf->instances = ka_grow(conf->memory, conf->instances,
					  conf->n_instances, sizeof(&r->i));
		conf->instances[conf->n_instances++] = &r->i;
	}
	for (raw = p->sync_groups.first; raw; raw = raw->next)
		complete_group(p, raw);
}
