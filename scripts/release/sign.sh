#!/bin/sh
# Signs what is in dist/ with the certificate in PFX (PKCS#12, base64). Without one it says so, and what is published is unsigned.
set -eu
if [ -z "${PFX:-}" ]; then
  echo 'No certificate is set, so the executable and the installer stay unsigned.'
  exit 0
fi
file=$(mktemp)
trap 'rm -f "$file"' EXIT
printf %s "$PFX" | base64 -d >"$file"
SIGN_PFX=$file npm run --silent sign
