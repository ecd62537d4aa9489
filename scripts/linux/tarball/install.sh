#!/bin/sh
# Puts contain-host into the agent's folder: sh install.sh [FOLDER], by default /var/ossec. As root; again for an upgrade.
set -eu

# include: agent-group.sh

here=$(dirname "$0")
bin=${1:-/var/ossec}/active-response/bin
unit=/etc/systemd/system/contain-host.service

if [ ! -d "$bin" ]; then
  echo "There is no $bin, so nothing was installed. Install the agent first, or name its folder: sh install.sh FOLDER" >&2
  exit 1
fi
# Under a fresh name first: the one in place may be at work.
cp "$here/contain-host" "$bin/.contain-host.new"
mv -f "$bin/.contain-host.new" "$bin/contain-host"
ln -f "$bin/contain-host" "$bin/release-host"
give_to_agent "$bin"
make_answer_log "${1:-/var/ossec}"
# On PATH for people; what stands there and is not ours stays.
[ -e /usr/sbin/contain-host ] && [ ! -L /usr/sbin/contain-host ] || ln -sfn "$bin/contain-host" /usr/sbin/contain-host
mkdir -p /usr/local/share/man/man8 /usr/local/share/bash-completion/completions
cp "$here/contain-host.8" /usr/local/share/man/man8/contain-host.8
cp "$here/contain-host.bash" /usr/local/share/bash-completion/completions/contain-host
echo "Installed: $bin/contain-host"

# Enabled at the first installation only: an administrator who disabled it is not overruled by an upgrade.
if [ -d /run/systemd/system ]; then
  first=$([ -e "$unit" ] || echo yes)
  cp "$here/contain-host.service" "$unit"
  cp "$here/contain-host-names.service" "${unit%.service}-names.service"
  systemctl daemon-reload
  [ -z "$first" ] || systemctl --quiet enable --now contain-host.service
else
  echo 'systemd is not at work here, so a containment will not survive a restart.'
fi
command -v nft >/dev/null || echo 'nft is missing, and nothing can be contained without it. Install the package nftables.' >&2
command -v ip >/dev/null || echo 'ip is missing, so a containment cannot tell whether a VPN leads to the server. Install the package iproute2.' >&2
echo 'Next: restart the agent (systemctl restart wazuh-agent, or ossec), then run: contain-host doctor'
