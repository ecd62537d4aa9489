#!/bin/sh
# Installs what the packet suite and the Linux packages' tests need. Debian or Ubuntu, as root.
set -eu
tools='nftables iptables iproute2 iputils-ping busybox util-linux systemd libstdc++6 qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross'
# shellcheck disable=SC2086 # a list
dpkg -s $tools >/dev/null 2>&1 && exit 0
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $tools
