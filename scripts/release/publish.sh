#!/bin/sh
# Publishes everything that SHA256SUMS in dist/ names, and that file, as the release of a tag: publish.sh TAG NOTES
# `gh` is GitHub's command line; with GH=echo it prints what would be done.
set -eu
tag=$1 notes=$2
cd "$(dirname "$0")/../../dist"
# shellcheck disable=SC2046 # no name of ours has a blank
${GH:-gh} release create "$tag" --title "contain-host ${tag#v}" --notes-file "$OLDPWD/$notes" --verify-tag \
  SHA256SUMS $(sed 's/^[0-9a-f]*  //' SHA256SUMS)
