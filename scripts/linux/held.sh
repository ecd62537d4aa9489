# True while this host is contained, or would be after a restart, or while a containment was begun and not ended.
is_held() {
  state=/var/lib/contain-host
  [ -e "$state/contained.nft" ] || has_open_case "$state/journal.jsonl" ||
    nft list table inet contain_host >/dev/null 2>&1 ||
    nft list table bridge contain_host >/dev/null 2>&1
}

# True when the journal tells of somebody who asked for a containment, and of no end after that.
has_open_case() {
  grep -aoE '"event":"(asked|closed)"' "$1" 2>/dev/null | tail -n 1 | grep -q asked
}

# Ends this script while the host is held. With RELEASE=1 it is released first. Takes the program and how to repeat this.
stop_while_held() {
  is_held || return 0
  if [ "${RELEASE:-}" = 1 ]; then
    "$1" DELETE - - && ! is_held && return 0
    echo "contain-host was not removed: the release did not succeed. Look at the message above, then repeat this." >&2
  else
    cat >&2 <<TEXT
contain-host was not removed, because this host is contained and could not be released without it.
Release it first, from the agent's server or with
  $1 DELETE - -
or release and remove it in one go:
  $2
TEXT
  fi
  exit 1
}
