/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nouns to netlink attributes and back. */
#ifndef DRAY_CODEC_H
#define DRAY_CODEC_H

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "model.h"

int dray_put_key(struct nl_msg *msg, const struct dray_key *key);
int dray_put_service(struct nl_msg *msg, const struct dray_service *svc);
int dray_put_server(struct nl_msg *msg, const struct dray_server *srv);
/* The same for set-told: its key, and what another director has counted. */
int dray_put_told(struct nl_msg *msg, const struct dray_server *srv);
int dray_put_vip(struct nl_msg *msg, const struct dray_vip *vip);
int dray_put_probe(struct nl_msg *msg, const struct dray_probe *probe);
int dray_put_config(struct nl_msg *msg, const struct dray_config *config);
int dray_put_flow(struct nl_msg *msg, const struct dray_flow *flow);
int dray_put_persist(struct nl_msg *msg, const struct dray_persist *persist);

void dray_get_service(struct nlattr *nest, struct dray_service *svc);
void dray_get_server(struct nlattr *nest, struct dray_server *srv);
void dray_get_vip(struct nlattr *nest, struct dray_vip *vip);
void dray_get_flow(struct nlattr *nest, struct dray_flow *flow);
void dray_get_persist(struct nlattr *nest, struct dray_persist *persist);
void dray_get_hooks(struct nlattr *nest, struct dray_config *config);
void dray_get_config(struct nlattr *nest, struct dray_config *config);
void dray_get_reason(struct nlattr *nest, struct dray_reason *reason);

/* Of one attribute that may be missing or too short: zero, or nothing, then. */
uint8_t dray_get_u8(struct nlattr *attr);
uint32_t dray_get_u32(struct nlattr *attr);
uint64_t dray_get_u64(struct nlattr *attr);
void dray_get_addr(struct nlattr *attr, struct dray_addr *addr);
void dray_get_text(struct nlattr *attr, char *buf, size_t size);
uint32_t dray_nest_parse(struct nlattr *nest, struct nlattr **tb, int max);

const char *dray_attr_path(const struct nlmsghdr *request, uint32_t offset,
			   char *buf, size_t len);

#endif
