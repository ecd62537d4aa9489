#!/bin/sh
# Takes contain-host away: sh uninstall.sh [FOLDER], by default /var/ossec. As root. The journals of past cases are kept.
set -eu

# include: held.sh

bin=${1:-/var/ossec}/active-response/bin
unit=/etc/systemd/system/contain-host.service

stop_while_held "$bin/contain-host" "RELEASE=1 sh $0${1:+ $1}"
if [ -e "$unit" ]; then
  [ ! -d /run/systemd/system ] || systemctl --quiet disable --now contain-host.service
  rm -f "$unit" "${unit%.service}-names.service"
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
fi
rm -f "$bin/contain-host" "$bin/release-host"
[ "$(readlink /usr/sbin/contain-host)" != "$bin/contain-host" ] || rm -f /usr/sbin/contain-host
rm -f /usr/local/share/man/man8/contain-host.8 /usr/local/share/bash-completion/completions/contain-host
echo "Removed: $bin/contain-host. The journals of past cases stay in /var/lib/contain-host."
