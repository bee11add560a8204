// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who runs a command, whether that user may, and whether the file is safe to be
 * run by root: by the owner and mode of every folder on the way and of the file.
 * Access lists and security modules are not asked.
 */
#include "ka_parse.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_USER "keepalived_script"
#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define MAX_GROUPS 64

struct who {
	uid_t uid;
	gid_t gid;
	gid_t groups[MAX_GROUPS];
	int n_groups;
	char name[64];
};

static bool find_user(const char *name, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw = getpwnam(name);
	long number;

	if (pw) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
		return true;
	}
	if (!dray_number_parse(name, 0, INT_MAX, &number))
		return false;
	*uid = number;
	*gid = number;
	return true;
}

int ka_command_owner(const struct ka_conf *conf, const struct ka_command *cmd,
		     uid_t *uid, gid_t *gid, char *why, size_t len)
{
	const char *user = cmd->user, *group = cmd->group;
	const struct group *gr;

	if (!user) {
		user = conf->globals.script_user;
		group = conf->globals.script_group;
	}
	*uid = 0;
	*gid = 0;
	if (user ? !find_user(user, uid, gid) :
		   (find_user(DEFAULT_USER, uid, gid), false)) {
		snprintf(why, len, "there is no user '%s'", user);
		return -1;
	}
	gr = group ? getgrnam(group) : NULL;
	if (group && !gr) {
		snprintf(why, len, "there is no group '%s'", group);
		return -1;
	}
	if (gr)
		*gid = gr->gr_gid;
	return 0;
}

static void fill_groups(struct who *who)
{
	const struct passwd *pw = getpwuid(who->uid);

	snprintf(who->name, sizeof(who->name), "%s", pw ? pw->pw_name : "");
	if (!pw)
		snprintf(who->name, sizeof(who->name), "%u",
			 (unsigned int)who->uid);
	who->n_groups = MAX_GROUPS;
	if (!pw || getgrouplist(pw->pw_name, who->gid, who->groups,
				&who->n_groups) < 0)
		who->n_groups = 0;
}

static bool in_group(const struct who *who, gid_t gid)
{
	int i;

	for (i = 0; i < who->n_groups; i++)
		if (who->groups[i] == gid)
			return true;
	return who->gid == gid;
}

/* The bits of the mode that decide for this user: 'u', 'g' or 'o'. */
static char class_of(const struct who *who, const struct stat *st)
{
	return st->st_uid == who->uid ? 'u' :
	       in_group(who, st->st_gid) ? 'g' : 'o';
}

static bool may_execute(const struct who *who, const struct stat *st)
{
	mode_t bit;

	if (!who->uid)
		return S_ISDIR(st->st_mode) ||
		       st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH);
	switch (class_of(who, st)) {
	case 'u':
		bit = S_IXUSR;
		break;
	case 'g':
		bit = S_IXGRP;
		break;
	default:
		bit = S_IXOTH;
	}
	return st->st_mode & bit;
}

/* Which change of the mode makes it one that only root can write.  In a sticky
 * folder nobody can replace what is root's. */
static const char *unsafe(const struct stat *st)
{
	if (st->st_uid)
		return "chown root";
	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
		return NULL;
	if (st->st_mode & S_IWOTH)
		return "chmod o-w";
	if (st->st_mode & S_IWGRP && st->st_gid)
		return "chmod g-w";
	return NULL;
}

static void describe(const char *path, const struct stat *st, char *text,
		     size_t len)
{
	const struct passwd *pw = getpwuid(st->st_uid);
	char owner[64];

	if (pw)
		snprintf(owner, sizeof(owner), "%s", pw->pw_name);
	else
		snprintf(owner, sizeof(owner), "%u", (unsigned int)st->st_uid);
	snprintf(text, len, "%s has mode %04o and belongs to %s", path,
		 (unsigned int)(st->st_mode & 07777), owner);
}

/* One step on the way, @path, to a file.  Return: as ka_command_check(). */
static int check_step(const struct who *who, const char *path, bool last,
		      char *why, size_t len)
{
	char what[PATH_MAX + 128];
	struct stat st;

	if (stat(path, &st)) {
		if (errno == EACCES)	/* who asks may not look there */
			return 0;
		snprintf(why, len, "%s: %s", path, strerror(errno));
		return -EACCES;
	}
	describe(path, &st, what, sizeof(what));
	if (last && !S_ISREG(st.st_mode)) {
		snprintf(why, len, "%s is not a file", path);
		return -EACCES;
	}
	if (!may_execute(who, &st)) {
		snprintf(why, len,
			 "user %s may not %s: %s; chmod %c+x %s", who->name,
			 last ? "run it" : "go there", what,
			 who->uid ? class_of(who, &st) : 'u', path);
		return -EACCES;
	}
	if (!who->uid && unsafe(&st)) {
		snprintf(why, len,
			 "root runs it, and others can change it: %s; %s %s",
			 what, unsafe(&st), path);
		return -EPERM;
	}
	return 0;
}

/* From the root down; an EACCES counts more than an EPERM on the way. */
static int check_path(const struct who *who, const char *path, char *why,
		      size_t len)
{
	char step[PATH_MAX], kept[PATH_MAX + 256] = "";
	const char *slash = path;
	int rc, worst = 0;
	bool last;

	do {
		slash = strchr(slash + 1, '/');
		last = !slash;
		snprintf(step, sizeof(step), "%.*s",
			 last ? (int)strlen(path) : (int)(slash - path), path);
		rc = check_step(who, step, last, why, len);
		if (rc == -EACCES)
			return rc;
		if (rc && !worst) {
			worst = rc;
			snprintf(kept, sizeof(kept), "%s", why);
		}
	} while (!last);
	if (worst)
		snprintf(why, len, "%s", kept);
	return worst;
}

static bool search_path(const char *name, char *found, size_t len)
{
	const char *path = getenv("PATH") ?: USUAL_PATH, *end;

	for (; *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		if (snprintf(found, len, "%.*s/%s", (int)(end - path), path,
			     name) < (int)len &&
		    end > path && !access(found, X_OK))
			return true;
	}
	return false;
}

/* A shell's command: its first word, if that is a path. */
static const char *program_of(const struct ka_command *cmd, char *buf, size_t len)
{
	size_t word = strcspn(cmd->text, " \t&|;<>*?$`'\"()");

	if (!cmd->shell)
		return cmd->argv[0];
	if (cmd->text[0] != '/' || word >= len)
		return "/bin/sh";
	memcpy(buf, cmd->text, word);
	buf[word] = '\0';
	return buf;
}

int ka_command_check(const struct ka_conf *conf, const struct ka_command *cmd,
		     char *why, size_t len)
{
	char word[PATH_MAX], found[PATH_MAX], real[PATH_MAX];
	const char *program = program_of(cmd, word, sizeof(word));
	struct who who;

	if (ka_command_owner(conf, cmd, &who.uid, &who.gid, why, len))
		return -EACCES;
	fill_groups(&who);
	if (!strchr(program, '/')) {
		if (!search_path(program, found, sizeof(found))) {
			snprintf(why, len, "'%s' is in no folder of PATH",
				 program);
			return -EACCES;
		}
		program = found;
	}
	if (*program != '/') {
		snprintf(why, len, "'%s' is not an absolute path", program);
		return -EACCES;
	}
	return check_path(&who, realpath(program, real) ? real : program, why,
			  len);
}
