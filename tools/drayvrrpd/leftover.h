/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes and rules that the file named until a reload.  Addresses are known by
 * their mark and swept; to find these the kernel would have to list all of its
 * tables.
 */
#ifndef DRAYVRRPD_LEFTOVER_H
#define DRAYVRRPD_LEFTOVER_H

struct ka_conf;

/* In the loop, before anything else is given to the errands' thread: the kernel
 * takes out the first that has what it is told of, which might be a new one.
 * What is in both files stays.  Both are kept until the end.
 * @before: NULL: there is nothing left over. */
void leftover_take(const struct ka_conf *before, const struct ka_conf *now);

#endif
