/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DRAYVRRPD_FIFO_H
#define DRAYVRRPD_FIFO_H

/* Made if it is not there, and kept open.  Return: -1 and errno. */
int fifo_open(const char *path);
/* One line; said if it is lost. */
void fifo_write(const char *path, const char *line);
/* Whoever reads them finds the end. */
void fifos_close(void);

#endif
