// SPDX-License-Identifier: GPL-2.0-or-later
/* The known word that a misspelt one was most likely meant to be. */
#include "ka_parse.h"

#include <ctype.h>
#include <string.h>

#define LONGEST 40

/* Steps of inserting, leaving out, replacing or swapping neighbours, without
 * regard to case: the optimal string alignment distance. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][LONGEST + 1];
	unsigned int *last2 = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned int best;
	int ca, cb;

	if (la > LONGEST || lb > LONGEST)
		return UINT_MAX;
	for (j = 0; j <= lb; j++)
		last[j] = j;
	for (i = 1; i <= la; i++) {
		ca = tolower((unsigned char)a[i - 1]);
		now[0] = i;
		for (j = 1; j <= lb; j++) {
			cb = tolower((unsigned char)b[j - 1]);
			best = last[j - 1] + (ca != cb);
			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && last2[j - 2] + 1 < best &&
			    ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]))
				best = last2[j - 2] + 1;
			now[j] = best;
		}
		spare = last2;
		last2 = last;
		last = now;
		now = spare;
	}
	return last[lb];
}

const char *ka_near(const char *word, const char *const *words, size_t n)
{
	size_t len = strlen(word), other, i;
	unsigned int best = len / 3 + 1, d;
	const char *found = NULL;

	for (i = 0; i < n; i++) {
		other = strlen(words[i]);
		if ((other > len ? other - len : len - other) >= best)
			continue;
		d = distance(word, words[i]);
		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}
