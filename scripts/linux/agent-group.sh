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
