# The group that the agent's own active responses belong to; none before an agent is installed.
agent_group() {
  for group in wazuh ossec; do
    if getent group "$group" >/dev/null; then
      echo "$group"
      return
    fi
  done
}

# Only root and the agent may run it. Takes the folder that holds it.
give_to_agent() {
  group=$(agent_group)
  if [ -z "$group" ]; then
    echo 'contain-host: there is no group wazuh or ossec. Install the agent, then install this again.' >&2
    group=root
  fi
  # release-host is a second name of the same file.
  chown "root:$group" "$1/contain-host"
  chmod 0750 "$1/contain-host"
}

# The agent's log reader gives up a file that it does not find, so the one for our answers is there from the beginning, as the
# agent itself would make it. Takes the agent's folder. Whoever owns that folder gets nobody else's file this way: neither the
# shell, told not to overwrite, nor chown follows a link.
make_answer_log() {
  log=$1/logs/active-responses.log
  if [ ! -d "$1/logs" ] || [ -e "$log" ] || [ -L "$log" ]; then return 0; fi
  group=$(agent_group)
  [ -n "$group" ] || return 0
  user=root
  ! getent passwd "$group" >/dev/null || user=$group
  if (umask 0117 && set -C && : >"$log"); then chown -h "$user:$group" "$log"; fi
}
