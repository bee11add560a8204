/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words and numbers as people and scripts see them. */
#ifndef DRAY_TEXT_H
#define DRAY_TEXT_H

#include "model.h"

#define DRAY_LINELEN 768

const char *dray_state_name(uint8_t state);
bool dray_state_parse(const char *text, uint8_t *state);
const char *dray_role_name(uint8_t role);
bool dray_role_parse(const char *text, uint8_t *role);
const char *dray_hook_name(uint8_t mode);
bool dray_hook_parse(const char *text, uint8_t *mode);
const char *dray_reach_name(uint8_t reach);
const char *dray_reach_why(uint8_t reach);
bool dray_reach_is_usable(uint8_t reach);
const char *dray_flow_state_name(const struct dray_flow *flow);
const char *dray_device_name(uint32_t ifindex, char *buf, size_t len);

const char *dray_fingerprint_text(uint64_t fingerprint, char *buf, size_t len);
const char *dray_table_key_text(const struct dray_config *c, char *buf,
				size_t len);
const char *dray_table_key_note(const struct dray_config *c);
const char *dray_number_text(uint64_t n, bool exact, char *buf, size_t len);
const char *dray_sched_flags_text(const struct dray_service *svc, char *buf,
				  size_t len);
const char *dray_key_text(const struct dray_key *key, bool numeric, char *buf,
			  size_t len);
const char *dray_key_option(const struct dray_key *key, bool numeric, char *buf,
			    size_t len);
const char *dray_service_line(const struct dray_service *svc, bool numeric,
			      char *buf, size_t len);
const char *dray_server_line(const struct dray_key *key,
			     const struct dray_server *srv, bool numeric,
			     char *buf, size_t len);
const char *dray_vip_line(const struct dray_vip *vip, char *buf, size_t len);
const char *dray_config_line(const struct dray_config *config, char *buf,
			     size_t len);

#endif
