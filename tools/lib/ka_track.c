// SPDX-License-Identifier: GPL-2.0-or-later
/* track_interface, track_script, track_file, track_process: what changes the
 * priority of an instance or a group, and by how much. */
#include "ka_parse.h"

#include <string.h>

#define NO_WEIGHT INT_MIN	/* until references are resolved */

static struct ka_track *add_track(struct ka_parser *p,
				  const struct ka_node *line, size_t at,
				  enum ka_track_kind kind,
				  struct ka_track **list, size_t *n)
{
	struct ka_track *track;
	size_t i;

	for (i = 0; i < *n; i++)
		if ((*list)[i].kind == kind &&
		    !strcmp((*list)[i].name, line->words[at].text))
			ka_say(p, KA_WARNING, line, at, "it counts twice",
			       "'%s' is tracked already",
			       line->words[at].text);
	*list = ka_grow(p->conf->memory, *list, *n, sizeof(*track));
	track = &(*list)[(*n)++];
	memset(track, 0, sizeof(*track));
	track->pos = ka_word_pos(line, at);
	track->kind = kind;
	track->name = line->words[at].text;
	track->weight = NO_WEIGHT;
	return track;
}

/* NAME [weight N [reverse]] ..., several on a line too */
static void read_line(struct ka_parser *p, const struct ka_node *line,
		      enum ka_track_kind kind, struct ka_track **list,
		      size_t *n)
{
	struct ka_track *track = NULL;
	size_t at = 0;

	while (at < line->n_words) {
		if (track && !strcmp(line->words[at].text, "weight")) {
			at++;
			if (!ka_weight_read(p, line, &at,
					    kind == KA_TRACK_FILE ?
					    KA_FILE_WEIGHT_MAX : KA_WEIGHT_MAX,
					    &track->weight, &track->reverse))
				return;
			continue;
		}
		if (track)
			ka_say(p, KA_NOTE, line, at, "taken as another one",
			       "keepalived reads one name on a line");
		track = add_track(p, line, at++, kind, list, n);
	}
}

void ka_tracks_read(struct ka_parser *p, const struct ka_node *node,
		    enum ka_track_kind kind, struct ka_track **list, size_t *n)
{
	const struct ka_node *line;

	for (line = node->children; line; line = line->next)
		read_line(p, line, kind, list, n);
}

#define FIND(list, count) do { \
	for (i = 0; i < (count); i++) { \
		names = ka_grow(p->scratch, names, i, sizeof(*names)); \
		names[i] = (list)[i]->name; \
		if (!strcmp(names[i], track->name)) \
			found = (list)[i]; \
	} \
	n_names = i; \
} while (0)

/* Return: whether what is tracked exists. */
static bool resolve(struct ka_parser *p, struct ka_track *track)
{
	static const char *const kinds[] = {
		"interface", "vrrp_script", "track_file", "vrrp_track_process",
	};
	struct ka_conf *conf = p->conf;
	const char **names = NULL, *near;
	size_t i, n_names = 0;
	void *found = NULL;
	int weight = 0;
	bool reverse = false;

	if (track->kind == KA_TRACK_SCRIPT) {
		FIND(conf->scripts, conf->n_scripts);
		track->script = found;
		weight = found ? track->script->weight : 0;
		reverse = found && track->script->reverse;
	} else if (track->kind == KA_TRACK_FILE) {
		FIND(conf->track_files, conf->n_track_files);
		track->file = found;
		weight = found ? track->file->weight : 0;
		reverse = found && track->file->reverse;
	} else if (track->kind == KA_TRACK_PROCESS) {
		FIND(conf->track_processes, conf->n_track_processes);
		track->process = found;
		weight = found ? track->process->weight : 0;
		reverse = found && track->process->reverse;
	}
	if (!found && track->kind != KA_TRACK_INTERFACE) {
		near = ka_near(track->name, names, n_names);
		ka_message_add(conf, KA_ERROR, &track->pos,
			       near ? ka_printf(conf->memory,
						"no %s '%s'; did you mean '%s'?",
						kinds[track->kind], track->name,
						near) :
				      ka_printf(conf->memory, "no %s '%s'",
						kinds[track->kind], track->name),
			       "it is not tracked");
		return false;
	}
	if (track->weight == NO_WEIGHT) {
		track->weight = weight;
		track->reverse = reverse;
	}
	return true;
}

void ka_resolve_tracks(struct ka_parser *p, struct ka_track *tracks, size_t *n)
{
	size_t i, kept = 0;

	for (i = 0; i < *n; i++)
		if (resolve(p, &tracks[i]))
			tracks[kept++] = tracks[i];
	*n = kept;
}
