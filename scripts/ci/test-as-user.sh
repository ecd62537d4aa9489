#!/bin/sh
# Runs `npm test` as an ordinary user: in a copy of this folder that belongs to one, who has no right beyond it. As root.
set -eu
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/repository" "$place/home"
tar -c --exclude=./node_modules/.cache --exclude=./dist . | tar -x -C "$place/repository"
chown -R nobody:nogroup "$place/repository" "$place/home"
chmod 755 "$place"
cd "$place/repository"
setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all --bounding-set=-all \
  env "HOME=$place/home" "TMPDIR=$place/home" npm test
