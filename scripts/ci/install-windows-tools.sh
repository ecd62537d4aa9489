#!/bin/sh
# Installs what makes the installer, signs it, and runs it all without Windows. Debian or Ubuntu, as root.
set -eu
tools='wine wine64 wixl msitools faketime osslsigncode openssl gcc-mingw-w64-x86-64-win32 mingw-w64-x86-64-dev'
# shellcheck disable=SC2086 # a list
dpkg -s $tools >/dev/null 2>&1 && exit 0
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $tools
