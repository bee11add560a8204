# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for drayadm.  The test compares the words here with the
# program's own tables ("drayadm help --options").

_drayadm_commands='list services show balance reasons config flows persist drain up down
	health lift vip save apply simulate explain confirm monitor vrrp help'
_drayadm_classic='-A --add-service -E --edit-service -D --delete-service
	-C --clear -R --restore -S --save -a --add-server -e --edit-server
	-d --delete-server -L -l --list -Z --zero --set -h --help -v --version'
_drayadm_service='-t --tcp-service -u --udp-service --sctp-service
	-f --fwmark-service -6 --ipv6'
_drayadm_config='--hook --timeout-tcp --timeout-tcpfin --timeout-udp
	--flow-limit --persist-limit --unassured-limit --table-limit
	--table-key-file'
_drayadm_list='-n --numeric -X --exact --stats --rate --thresholds
	--persistent-conn --nosort --json'

_drayadm_options()
{
	case $1 in
	-A | --add-service | -E | --edit-service)
		echo "$_drayadm_service -s --scheduler -p --persistent
			-M --netmask -o --ops -b --sched-flags --down-hold
			--rows --load-limit --slow-start" ;;
	-a* | --add-server)
		echo "$_drayadm_service -r --real-server -g --gatewaying
			-w --weight -x --u-threshold -y --l-threshold --state
			--strict" ;;
	-e* | --edit-server)
		echo "$_drayadm_service -r --real-server -g --gatewaying
			-w --weight -x --u-threshold -y --l-threshold --state" ;;
	-d* | --delete-server | drain | up | down)
		echo "$_drayadm_service -r --real-server" ;;
	health)
		echo "--socket --json" ;;
	lift)
		echo "$_drayadm_service -r --real-server --socket" ;;
	-D* | --delete-service | -Z | --zero)
		echo "$_drayadm_service" ;;
	-L* | -l* | --list)
		echo "$_drayadm_service $_drayadm_list -c --connection --timeout
			--daemon --tun-info --sort" ;;
	-S | --save)
		echo "-n --numeric" ;;
	-R | --restore)
		echo "--atomic" ;;
	list | services)
		echo "$_drayadm_service $_drayadm_list" ;;
	balance)
		echo "$_drayadm_service -n --numeric --json" ;;
	config)
		echo "$_drayadm_config --json" ;;
	flows)
		echo "list del $_drayadm_service -r --real-server --client --vip
			--all -n --numeric --json" ;;
	persist)
		echo "list del $_drayadm_service -r --real-server --client --all
			-n --numeric --json" ;;
	vip)
		echo "list add set del --role --lease --accept --no-accept
			--peer --json" ;;
	apply)
		echo "--dry-run --strict --confirm" ;;
	simulate)
		echo "--table-key-file --json" ;;
	explain)
		echo "-t --tcp -u --udp --sctp -f --fwmark --ack --size --dev
			--batch --json" ;;
	show | reasons | monitor | vrrp)
		echo "--json" ;;
	help)
		echo "--options" ;;
	esac
}

# Services that exist make the best proposals; silent when not root.
_drayadm_services()
{
	"$1" -Sn 2>/dev/null | awk -v option="$2" \
		'$1 == "-A" && $2 == option { print $3 }'
}

_drayadm()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$_drayadm_commands $_drayadm_classic"
	else
		case $prev in
		-s | --scheduler)
			words='rr wrr lc wlc sed nq fo ovf twos sh mh dray' ;;
		-b | --sched-flags)
			words='flag-1 flag-2 flag-3 sh-fallback sh-port
				mh-fallback mh-port' ;;
		--rows)
			words='4096 8192 16384 32768 65536 131072 262144' ;;
		--batch)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return ;;
		--dev)
			words=$(cd /sys/class/net && echo *) ;;
		--table-key-file)
			mapfile -t COMPREPLY < <(compgen -W none -f -- "$cur")
			return ;;
		--hook)
			words='auto early input' ;;
		--role)
			words='active standby' ;;
		--state)
			words='up drain down' ;;
		-t | --tcp-service)
			words=$(_drayadm_services "$1" -t) ;;
		-u | --udp-service)
			words=$(_drayadm_services "$1" -u) ;;
		*)
			words=$(_drayadm_options "${COMP_WORDS[1]}")
			if [[ ${COMP_WORDS[1]} == @(apply|simulate) && $cur != -* ]]; then
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
				return
			fi ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _drayadm drayadm
