// SPDX-License-Identifier: GPL-2.0-or-later
/* The one table of word commands: dispatch, help and completion read it. */
#include "words.h"

#define SERVICE "tcp-service udp-service sctp-service fwmark-service ipv6"
#define CONFIG "hook timeout-tcp timeout-tcpfin timeout-udp flow-limit " \
	       "persist-limit unassured-limit table-limit table-key-file"
#define FILTER SERVICE " real-server client vip"

const struct command commands[] = {
	{ "list", NULL, "[SERVICE] [--json]", "list services and servers",
	  SERVICE " numeric exact stats rate thresholds persistent-conn "
	  "nosort json", cmd_list },
	{ "services", NULL, "[SERVICE] [--json]", "the same",
	  SERVICE " numeric exact stats rate thresholds persistent-conn "
	  "nosort json", cmd_list },
	{ "show", NULL, "[--json]",
	  "what is in force, what is wrong, and why", "json", cmd_show },
	{ "balance", NULL, "[SERVICE] [--json]",
	  "what each server should have of the flows, and has",
	  SERVICE " numeric json", cmd_balance },
	{ "reasons", NULL, "[--json]",
	  "why packets were forwarded, passed or dropped", "json",
	  cmd_reasons },
	{ "config", NULL,
	  "[--hook auto|early|input] [--timeout-tcp S] [--timeout-tcpfin S]\n"
	  "         [--timeout-udp S] [--flow-limit N] [--persist-limit N]\n"
	  "         [--unassured-limit N] [--table-limit BYTES]\n"
	  "         [--table-key-file FILE|none] [--json]",
	  "show or change settings", CONFIG " json", cmd_config },
	{ "flows", "list del",
	  "[list|del] [SERVICE] [-r SERVER] [--client ADDRESS[:PORT]]\n"
	  "         [--vip ADDRESS] [--all] [--json]",
	  "list or delete flows", FILTER " all numeric json", cmd_flows },
	{ "persist", "list del",
	  "[list|del] [SERVICE] [-r SERVER] [--client ADDRESS] [--all] [--json]",
	  "list or delete persistent clients",
	  SERVICE " real-server client all numeric json", cmd_persist },
	{ "drain", NULL, "SERVICE -r SERVER",
	  "let a server keep its flows but get no new ones",
	  SERVICE " real-server", cmd_state },
	{ "up", NULL, "SERVICE -r SERVER", "give a server flows again",
	  SERVICE " real-server", cmd_state },
	{ "down", NULL, "SERVICE -r SERVER",
	  "take a server out; its flows move", SERVICE " real-server",
	  cmd_state },
	{ "health", NULL, "[--json] [--socket PATH]",
	  "what draycheckd knows of services, servers and their checks",
	  "socket json", cmd_health },
	{ "lift", NULL, "SERVICE [-r SERVER] [--socket PATH]",
	  "leave to draycheckd again what was changed by hand",
	  SERVICE " real-server socket", cmd_lift },
	{ "vip", "list add set del",
	  "[list] [--json] | vip add|set ADDRESS [--role active|standby]\n"
	  "         [--lease MS] [--accept|--no-accept] [--peer MAC]...\n"
	  "         | vip del ADDRESS",
	  "roles of virtual addresses on this director",
	  "role lease accept no-accept peer json", cmd_vip },
	{ "save", NULL, "",
	  "write settings, services and virtual addresses for apply",
	  "numeric", cmd_save },
	{ "apply", NULL, "FILE [--dry-run] [--strict] [--confirm SECONDS]",
	  "make the configuration what a file says, all or nothing",
	  "dry-run strict confirm", cmd_apply },
	{ "simulate", NULL, "FILE [--table-key-file FILE] [--json]",
	  "which share of the clients apply would move",
	  "table-key-file json", cmd_simulate },
	{ "explain", NULL,
	  "[-t|-u|--sctp] [-f MARK] [--ack] [--size BYTES] [--dev DEVICE]\n"
	  "         CLIENT[:PORT] VIP:PORT [--json] | explain --batch FILE",
	  "what would become of a packet, step by step, and why",
	  "tcp udp sctp fwmark ack size dev batch json", cmd_explain },
	{ "confirm", NULL, "", "keep what apply --confirm has done", "",
	  cmd_confirm },
	{ "monitor", NULL, "[--json]", "print changes as they happen",
	  "json", cmd_monitor },
	{ "vrrp", NULL, "[--json] [SOCKET]",
	  "what drayvrrpd does, and why", "json", cmd_vrrp },
	{ "help", NULL, "[--options]", "print the help", "options", cmd_help },
};

const unsigned int n_commands = sizeof(commands) / sizeof(commands[0]);
