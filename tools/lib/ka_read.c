// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files into lines: takes comments off, keeps or drops @lines, follows includes,
 * repeats ~SEQ and ~LST, puts definitions in, and hands each line to the
 * builder of the tree.  All it reads is bounded: length of a line, depth and
 * number of bytes.
 */
#include "ka_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS " \t\f\v\r"

/* a file that is being read, and who includes it */
struct source {
	struct source *from;
	const char *name, *folder;
	dev_t dev;
	ino_t ino;
	unsigned int depth;
};

struct reader {
	struct ka_parser *p;
	struct ka_builder *builder;
	struct ka_definitions *definitions;
	struct source *source;
	char host[256];
	const char *id;
	size_t bytes, repeated;
	bool too_many;			/* has been said */
};

static void process(struct reader *r, const struct ka_line *line,
		    unsigned int depth);

/* The folder of a path, with its last slash; "" for a bare name. */
static const char *folder_of(struct ka_parser *p, const char *path)
{
	const char *slash = strrchr(path, '/');

	return ka_strndup(p->scratch, path, slash ? slash + 1 - path : 0);
}

static size_t first_word(const char *text, size_t *start)
{
	*start = strspn(text, BLANKS);
	return strcspn(text + *start, BLANKS "\"{}");
}

/*
 * Ends the line where a comment begins: at a '#' or '!' outside of "...", also
 * in the middle of a word, which is hardly ever meant.
 */
static void strip_comment(struct reader *r, struct ka_line *line)
{
	bool quoted = false, script;
	size_t start, len, i, to = 0;
	char c;

	len = first_word(line->text, &start);
	script = ka_is_script_word(line->text + start, len);
	for (i = 0; i < line->len; i++, to++) {
		c = line->text[i];
		if (c == '"')
			quoted = !quoted;
		if (c == '\\' && i + 1 < line->len &&
		    (quoted ? script && line->text[i + 1] == '"' :
			      strchr("#!", line->text[i + 1]) != NULL)) {
			if (quoted)
				line->text[to++] = c;
			line->column[to] = line->column[i + 1];
			c = line->text[++i];
		} else if (!quoted && (c == '#' || c == '!')) {
			if (i && !strchr(BLANKS "{}", line->text[i - 1]))
				ka_say_line(r->p, KA_WARNING, line, i, 1,
					    "put the word in \"...\" to keep all of it",
					    "a comment begins within a word");
			break;
		}
		line->text[to] = c;
		line->column[to] = line->column[i];
	}
	line->text[to] = '\0';
	line->column[to] = line->column[i];
	line->len = to;
}

/* "@ID line" and "@^ID line": blanks its condition out, or the whole line. */
static void apply_condition(struct reader *r, struct ka_line *line)
{
	size_t start, len, from;
	bool not, same;

	len = first_word(line->text, &start);
	if (line->text[start] != '@')
		return;
	not = line->text[start + 1] == '^';
	from = start + 1 + not;
	same = start + len >= from && strlen(r->id) == start + len - from &&
	       !memcmp(line->text + from, r->id, start + len - from);
	memset(line->text, ' ', same != not ? start + len : line->len);
}

static void include_file(struct reader *r, const struct ka_line *line,
			 const char *path);

static bool include_missing(struct reader *r, const struct ka_line *line,
			    size_t at, const char *keyword, const char *pattern)
{
	char kind = keyword[strlen("include")];
	bool wild = strpbrk(pattern, "*?["), brace = strchr(pattern, '{');
	enum ka_severity severity = wild ? KA_NOTE : KA_WARNING;

	if (kind == 'a' || kind == 'm' || (kind == 'r' && !wild) ||
	    (kind == 'w' && wild) || (kind == 'b' && brace))
		severity = KA_ERROR;
	ka_say_line(r->p, severity, line, at, strlen(pattern), NULL,
		    "no file '%s'", pattern);
	return false;
}

/* "include PATTERN"; the letters behind it say when a missing file is an error. */
static bool include_line(struct reader *r, const struct ka_line *line)
{
	static const char *const words[] = {
		"include", "includer", "includem", "includew", "includeb",
		"includea",
	};
	size_t start, len, at, i;
	char keyword[10] = "", *pattern;
	glob_t found;

	len = first_word(line->text, &start);
	if (len >= sizeof(keyword))
		return false;
	memcpy(keyword, line->text + start, len);
	for (i = 0; i < KA_COUNT(words) && strcmp(words[i], keyword); i++)
		;
	if (i == KA_COUNT(words))
		return false;
	at = start + len;
	at += strspn(line->text + at, BLANKS "\"");
	pattern = ka_strdup(r->p->conf->memory, line->text + at);
	for (i = strlen(pattern); i && strchr(BLANKS "\"", pattern[i - 1]); i--)
		pattern[i - 1] = '\0';
	if (!*pattern || r->p->options->no_include) {
		ka_say_line(r->p, KA_ERROR, line, start, len, NULL, *pattern ?
			    "no other file is read here" :
			    "'%s' without a file", keyword);
		return true;
	}
	if (*pattern != '/')
		pattern = ka_printf(r->p->conf->memory, "%s%s",
				    r->source->folder, pattern);
	if (glob(pattern, GLOB_BRACE, NULL, &found) || !found.gl_pathc)
		include_missing(r, line, at, keyword, pattern);
	else
		for (i = 0; i < found.gl_pathc; i++)
			include_file(r, line, found.gl_pathv[i]);
	globfree(&found);
	return true;
}

struct sequence {
	char name[64];
	long start, stop, step;
	bool hex;
	const char *values;		/* of ~LST */
};

static void repeat(struct reader *r, const struct ka_line *rest,
		   const struct sequence *s, const char *value,
		   unsigned int depth)
{
	struct ka_memory *outer = r->p->line;

	r->repeated += rest->len + 1;
	if (r->repeated > KA_MAX_EXPANDED) {
		if (!r->too_many)
			ka_say_line(r->p, KA_ERROR, rest, 0, 1,
				    "the rest is left out",
				    "more than %u bytes of repeated lines",
				    KA_MAX_EXPANDED);
		r->too_many = true;
		return;
	}
	ka_define(r->definitions, s->name, strlen(s->name), value);
	r->p->line = ka_memory_create();
	process(r, rest, depth + 1);
	ka_memory_destroy(r->p->line);
	r->p->line = outer;
}

static void run_sequence(struct reader *r, const struct ka_line *rest,
			 const struct sequence *s, unsigned int depth)
{
	char text[32], *values, *value, *save = NULL;
	long v;

	if (s->values) {
		values = ka_strdup(r->p->line, s->values);
		for (value = strtok_r(values, ", \t", &save); value;
		     value = strtok_r(NULL, ", \t", &save))
			repeat(r, rest, s, value, depth);
		return;
	}
	for (v = s->start; s->step > 0 ? v <= s->stop : v >= s->stop;
	     v += s->step) {
		snprintf(text, sizeof(text), s->hex ? "%lx" : "%ld", v);
		repeat(r, rest, s, text, depth);
		if (r->too_many)
			break;
	}
}

/* (NAME, [START, [STEP,]] STOP) */
static bool parse_sequence(char *args, struct sequence *s)
{
	int base = s->hex ? 16 : 10, n = 0;
	char *save = NULL, *word, *end;
	long v[3];

	word = strtok_r(args, ", \t", &save);
	if (!word || strlen(word) >= sizeof(s->name))
		return false;
	strcpy(s->name, word);
	for (word = strtok_r(NULL, ", \t", &save); word;
	     word = strtok_r(NULL, ", \t", &save)) {
		errno = 0;
		if (n == 3)
			return false;
		v[n++] = strtol(word, &end, base);
		if (*end || errno || labs(v[n - 1]) > INT_MAX)
			return false;
	}
	if (!n)
		return false;
	s->start = n > 1 ? v[0] : 1;
	s->stop = v[n - 1];
	s->step = n == 3 ? v[1] : s->start <= s->stop ? 1 : -1;
	return s->step != 0;
}

static bool parse_list(char *args, struct sequence *s)
{
	char *comma = strchr(args, ',');

	if (!comma || strpbrk(args, "{}"))
		return false;
	*comma = '\0';
	args += strspn(args, " \t");
	args[strcspn(args, " \t")] = '\0';
	if (!*args || strlen(args) >= sizeof(s->name))
		return false;
	strcpy(s->name, args);
	s->values = comma + 1;
	return true;
}

/* "~SEQ(...) line", "~SEQx(...) line" and "~LST(...) line": repeats the rest. */
static bool repeat_line(struct reader *r, const struct ka_line *line,
			unsigned int depth)
{
	struct sequence s = { .hex = false };
	size_t start = strspn(line->text, BLANKS), skip;
	const char *text = line->text + start, *end;
	struct ka_line rest;
	bool list, good;
	char *args;

	list = !strncmp(text, "~LST(", 5);
	s.hex = !strncmp(text, "~SEQx(", 6);
	if (!list && !s.hex && strncmp(text, "~SEQ(", 5))
		return false;
	skip = s.hex ? 6 : 5;
	end = strchr(text, ')');
	args = ka_strndup(r->p->line, text + skip,
			  end ? end - text - skip : 0);
	good = end && depth < KA_MAX_DEPTH &&
	       (list ? parse_list(args, &s) : parse_sequence(args, &s));
	if (!good) {
		ka_say_line(r->p, KA_ERROR, line, start, skip - 1,
			    "this line is left out", "'%.*s' as '%s' is meant",
			    (int)skip - 1, text, list ? "~LST(NAME, A, B ...)" :
			    "~SEQ(NAME, START, STEP, STOP)");
		return true;
	}
	rest = ka_line_part(r->p, line, end + 1 - line->text, line->len);
	run_sequence(r, &rest, &s, depth);
	return true;
}

/* Each line that definitions have made of one. */
static void hand_over(struct reader *r, const struct ka_line *line,
		      unsigned int depth)
{
	size_t from = 0, to, start;
	struct ka_line part;

	while (from <= line->len) {
		to = from + strcspn(line->text + from, "\n");
		part = ka_line_part(r->p, line, from, to);
		from = to + 1;
		apply_condition(r, &part);
		start = strspn(part.text, BLANKS);
		if (!part.text[start] || include_line(r, &part))
			continue;
		if (part.text[start] == '~' && depth < KA_MAX_DEPTH &&
		    repeat_line(r, &part, depth))
			continue;
		ka_builder_line(r->builder, &part);
	}
}

static void process(struct reader *r, const struct ka_line *line,
		    unsigned int depth)
{
	struct ka_line expanded;

	if (repeat_line(r, line, depth))
		return;
	expanded = ka_expand(r->definitions, line, r->source->folder);
	hand_over(r, &expanded, depth);
}

/* Return: a line as it stands in the file, or an empty one, and said. */
static struct ka_line copy_line(struct reader *r, const char *text, size_t len,
				unsigned int number)
{
	struct ka_line line = { .file = r->source->name, .number = number,
				.source = "" };
	struct ka_parser *p = r->p;
	bool fits = len < KA_MAX_LINE;
	size_t i;

	line.len = fits ? len : 0;
	line.text = ka_strndup(p->line, text, line.len);
	line.column = ka_alloc(p->line, (line.len + 1) * sizeof(*line.column));
	for (i = 0; i <= line.len; i++)
		line.column[i] = i + 1;
	for (i = 0; i < line.len; i++)
		if (!line.text[i])
			line.text[i] = ' ';
	if (!fits)
		ka_say_line(p, KA_ERROR, &line, 0, 1, "the line is left out",
			    "a line of more than %d bytes", KA_MAX_LINE);
	i = strspn(line.text, BLANKS);
	if (line.text[i] && !strchr("#!", line.text[i]))
		line.source = ka_strdup(p->conf->memory, line.text);
	return line;
}

static void physical_line(struct reader *r, const char *text, size_t len,
			  unsigned int number)
{
	struct ka_memory *outer = r->p->line;
	struct ka_line line;

	r->p->line = ka_memory_create();
	if (len && text[len - 1] == '\r')
		len--;
	line = copy_line(r, text, len, number);
	strip_comment(r, &line);
	apply_condition(r, &line);
	if (!ka_define_line(r->definitions, &line) &&
	    line.text[strspn(line.text, BLANKS)])
		process(r, &line, 0);
	ka_memory_destroy(r->p->line);
	r->p->line = outer;
}

static void read_text(struct reader *r, const char *text, size_t size)
{
	const char *end = text + size, *nl;
	unsigned int number = 0;

	if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	for (; text < end; text = nl + 1) {
		nl = memchr(text, '\n', end - text);
		if (!nl)
			nl = end;
		physical_line(r, text, nl - text, ++number);
	}
}

/* Return: the whole file, or NULL and why not. */
static char *slurp(struct reader *r, const char *path, struct source *source,
		   size_t *size, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text = NULL;
	ssize_t got = 0;

	*size = 0;
	*why = NULL;
	if (fd < 0 || fstat(fd, &st)) {
		*why = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		*why = "not a file";
	} else if (st.st_size > KA_MAX_BYTES ||
		   r->bytes + st.st_size > KA_MAX_BYTES) {
		*why = "more than 64 MiB in all";
	} else {
		text = ka_alloc(r->p->scratch, st.st_size + 1);
		while (*size < (size_t)st.st_size &&
		       (got = read(fd, text + *size, st.st_size - *size)) > 0)
			*size += got;
		if (got < 0)
			*why = strerror(errno);
		source->dev = st.st_dev;
		source->ino = st.st_ino;
		r->bytes += *size;
	}
	if (fd >= 0)
		close(fd);
	return *why ? NULL : text;
}

static bool is_open(const struct source *s, const struct source *like)
{
	for (; s; s = s->from)
		if (s->ino == like->ino && s->dev == like->dev)
			return true;
	return false;
}

static void include_file(struct reader *r, const struct ka_line *line,
			 const char *path)
{
	struct source source = { .from = r->source, .depth = r->source->depth + 1 };
	size_t at = strspn(line->text, BLANKS), size;
	const char *why;
	char *text;

	text = slurp(r, path, &source, &size, &why);
	if (text && is_open(r->source, &source))
		why = "it is being read already: it includes itself";
	else if (text && source.depth >= KA_MAX_DEPTH)
		why = "includes within includes, too deep";
	if (why) {
		ka_say_line(r->p, KA_ERROR, line, at,
			    strcspn(line->text + at, BLANKS),
			    "the file is left out", "%s: %s", path, why);
		return;
	}
	source.name = ka_strdup(r->p->conf->memory, path);
	source.folder = folder_of(r->p, path);
	r->source = &source;
	read_text(r, text, size);
	r->source = source.from;
}

void ka_read_all(struct ka_parser *p, const char *path, const char *text,
		 size_t size)
{
	struct source source = { .name = p->conf->path };
	struct reader r = { .p = p, .source = &source };
	struct ka_pos nowhere = { .file = p->conf->path };
	const char *why;

	r.id = p->options->config_id;
	if (!r.id && !gethostname(r.host, sizeof(r.host) - 1))
		r.id = r.host;
	source.folder = folder_of(p, path);
	if (!text) {
		text = slurp(&r, path, &source, &size, &why);
		if (!text) {
			p->conf->unreadable = true;
			ka_message_add(p->conf, KA_ERROR, &nowhere,
				       ka_strdup(p->conf->memory, why), NULL);
			return;
		}
	}
	r.definitions = ka_definitions_create(p);
	r.builder = ka_builder_create(p);
	read_text(&r, text, size);
	ka_builder_end(r.builder);
}
