// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -S and save.  -S writes what ipvsadm would, and roles of virtual addresses
 * if there are any; save writes the settings as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "classic_run.h"
#include "save.h"
#include "text.h"

/* What only the kernel knows, and cannot be restored from here. */
static void write_key(FILE *out, const struct dray_config *c)
{
	bool public = !(c->has & DRAY_BIT(DRAY_A_CONFIG_TABLE_KEY_FINGERPRINT));
	char text[32];

	if (c->has & DRAY_BIT(DRAY_A_CONFIG_TABLES))
		fprintf(out, "# table key: %s%s\n",
			dray_table_key_text(c, text, sizeof(text)),
			public ? "" : ", set by config --table-key-file");
}

static void write_config(FILE *out, const struct dray_config *c)
{
	char line[DRAY_LINELEN];

	fprintf(out, "%s\n", dray_config_line(c, line, sizeof(line)));
	write_key(out, c);
}

/* Return: 0, or -1 if it could not be written. */
int save_write(FILE *out, const struct dray_table *table, bool numeric,
	       bool everything)
{
	char line[DRAY_LINELEN];
	size_t i, j;

	if (everything)
		write_config(out, &table->config);
	for (i = 0; i < table->n_services; i++) {
		const struct dray_service *svc = &table->services[i];

		fprintf(out, "%s\n", dray_service_line(svc, numeric, line,
						       sizeof(line)));
		for (j = 0; j < svc->n_servers; j++)
			fprintf(out, "%s\n",
				dray_server_line(&svc->key, &svc->servers[j],
						 numeric, line, sizeof(line)));
	}
	for (i = 0; i < table->n_vips; i++)
		fprintf(out, "%s\n", dray_vip_line(&table->vips[i], line,
						   sizeof(line)));
	return fflush(out) || ferror(out) ? -1 : 0;
}

int save_run(struct session *s, bool numeric, bool everything)
{
	struct dray_table table;
	int rc = session_connect(s);

	if (rc)
		return rc;
	dray_table_init(&table);
	if (dray_table_read(&s->nl, &table))
		rc = classic_refused(s, CMD_LIST);
	else if (save_write(stdout, &table, numeric, everything))
		rc = RC_LIST_FAILED;
	dray_table_free(&table);
	return rc;
}
