/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that reads a FIFO: runs as long as it likes, and is started again
 * when it has ended, sooner or later by how long it ran.
 */
#ifndef DRAYCHECKD_READER_H
#define DRAYCHECKD_READER_H

#include "ka.h"

struct reader;

struct reader *reader_start(const struct ka_conf *conf,
			    const struct ka_command *command, const char *path);
void reader_leave(struct reader *reader);

#endif
