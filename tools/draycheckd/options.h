/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, keepalived's where it has the same. */
#ifndef DRAYCHECKD_OPTIONS_H
#define DRAYCHECKD_OPTIONS_H

#include "daemon.h"

/* Return: -1 to go on, else the exit status, with everything said. */
int options_parse(int argc, char **argv, struct options *o);

#endif
