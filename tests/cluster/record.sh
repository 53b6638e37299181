# shellcheck shell=bash
# What is known about the running cluster, and its removal. Sourced by up.sh and down.sh after lib.sh.
#
#   lock_cluster          one up.sh or down.sh at a time
#   record_node PID       remembers process 1 of the node, by pid, start time and boot
#   node_alive            true while that very process lives
#   recorded              true when a cluster was started and not cleaned up
#   save_sysctls          remembers the kernel settings that a kubelet changes for the whole machine
#   kill_node             ends the node, and with it everything in its namespaces
#   clean_up              the above, then removes cgroups, interface, directories; restores the settings
#   leftovers             prints what a cluster left behind, one a line; nothing when clean
#   kubernetes_leftovers  the part of it that any other Kubernetes would leave as well

MARKER=.jmx-injector-cluster
SYSCTLS=(kernel.keys.root_maxbytes kernel.keys.root_maxkeys kernel.panic kernel.panic_on_oops vm.overcommit_memory vm.panic_on_oom)

lock_cluster() {
  # The directory itself is locked, so that no file is left behind.
  exec 8</run
  flock -n 8 || { log 'another up.sh or down.sh is at work, waiting for it to end'; flock 8; }
}

# A pid alone may have been given to somebody else since.
identity() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name in the second field may contain anything; what follows the last ')' begins with the third.
  read -ra stat <<<"${stat##*) }"
  [ "${stat[0]}" != Z ] || return 1
  echo "$1 ${stat[19]} $(cat /proc/sys/kernel/random/boot_id)"
}

record_node() { identity "$1" >"$RUN/node"; }

node_alive() { [ -s "$RUN/node" ] && [ "$(identity "$(cut -d' ' -f1 "$RUN/node")")" = "$(cat "$RUN/node")" ]; }

recorded() { [ -e "$STATE/$MARKER" ] || [ -e "$RUN/$MARKER" ]; }

save_sysctls() { sysctl "${SYSCTLS[@]}" 2>/dev/null >"$STATE/sysctls" || true; }

kill_node() {
  local pid
  node_alive || return 0
  pid=$(cut -d' ' -f1 "$RUN/node")
  kill -KILL "$pid"
  # The kernel ends every process of the pid namespace before its first is gone.
  wait_for 60 "process $pid to end" eval '! node_alive' || fail "process $pid, the node, does not end after SIGKILL: see 'ps -o stat,wchan -p $pid'"
}

cgroups() { find /sys/fs/cgroup -type d -name 'kubepods*' -not -path '*/kubepods*/*' 2>/dev/null || true; }

remove_cgroups() {
  local top
  for top in $(cgroups); do find "$top" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
  [ -z "$(cgroups)" ]
}

mounts() { awk -v a="$STATE" -v b="$RUN" '$2 == a || index($2, a "/") == 1 || $2 == b || index($2, b "/") == 1 { print $2 }' /proc/mounts; }

clean_up() {
  local made
  kill_node
  # The network namespace is gone with its last process, but the kernel takes it down in the background.
  ! ip link show "$HOST_LINK" >/dev/null 2>&1 || ip link delete "$HOST_LINK" 2>/dev/null || true
  wait_for 30 'the cgroups of the pods to empty' remove_cgroups || true
  mounts | sort -r | xargs -r umount -l
  [ ! -s "$STATE/sysctls" ] || sysctl -q -p "$STATE/sysctls" || log "could not restore the kernel settings in $STATE/sysctls"
  made=$(cat "$STATE/made-dirs" 2>/dev/null || true)
  [ -z "$made" ] || xargs -r rmdir --ignore-fail-on-non-empty <<<"$made" || true
  # Only directories that up.sh made.
  [ ! -e "$STATE/$MARKER" ] || rm -rf --one-file-system "$STATE"
  [ ! -e "$RUN/$MARKER" ] || rm -rf --one-file-system "$RUN"
}

kubernetes_leftovers() {
  local command chains
  cgroups | sed 's/^/cgroup /'
  for command in iptables-save ip6tables-save; do
    chains=$("$command" 2>/dev/null | sed -n 's/^:\(\(KUBE\|CNI\)-[^ ]*\) .*/\1/p' | sort -u | paste -sd' ')
    [ -z "$chains" ] || echo "${command%-save} chains $chains"
  done
}

# A process belongs to the cluster when it works in its directories or names them.
processes() {
  local dir command
  for dir in /proc/[0-9]*; do
    command=$(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null) || continue
    case $command in
      *tests/cluster/* | *up.sh* | *down.sh*) continue ;;
      *"$STATE/"* | *"$RUN/"*) ;;
      *) [ "$(readlink "$dir/cwd" 2>/dev/null)" = "$STATE" ] || continue ;;
    esac
    echo "${dir#/proc/} ${command:0:100}"
  done
}

leftovers() {
  local dir
  processes | sed 's/^/process /'
  mounts | sed 's/^/mount /'
  ip -o link show 2>/dev/null | awk -F'[:@ ]+' -v link="$HOST_LINK" '$2 == link { print "interface " $2 }'
  kubernetes_leftovers
  for dir in "$STATE" "$RUN"; do [ ! -e "$dir" ] || echo "directory $dir"; done
}
