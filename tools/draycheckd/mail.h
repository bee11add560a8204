/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mail to those whom the file names, in the background. */
#ifndef DRAYCHECKD_MAIL_H
#define DRAYCHECKD_MAIL_H

#include "ka.h"

void mail_send(const struct ka_conf *conf, const char *subject,
	       const char *body);

#endif
