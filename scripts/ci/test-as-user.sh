#!/bin/sh
# Runs jest, with these arguments, as an ordinary user who may write nothing here. As root; after npm run build.
set -eu
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rmdir "$place/repository"; rm -rf "$place"' EXIT
mkdir "$place/repository" "$place/home"
chown nobody: "$place/home"
chmod 755 "$place"
# Where this folder is may be closed to others.
unshare --mount sh -ec 'place=$0
  mount --bind . "$place/repository"
  cd "$place/repository"
  exec setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all --bounding-set=-all \
    env "HOME=$place/home" "TMPDIR=$place/home" node_modules/.bin/jest "$@"' "$place" "$@"
