#!/usr/bin/env bash
# Lays out the files of the image, for Dockerfile and build.sh alike.
#   layout.sh ROOT PROGRAM AGENT_JAR
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$repository/tests/cluster/lib.sh"
# shellcheck source=tests/cluster/rootfs.sh
. "$repository/tests/cluster/rootfs.sh"

[ $# -eq 3 ] || fail 'expected ROOT PROGRAM AGENT_JAR'
root=$1 program=$2 jar=$3
[ -f "$jar" ] || fail "the agent '$jar' does not exist: build it first by agents/java/build.sh"

rootfs_base "$root"
# Without this file glibc would not read the /etc/hosts that Kubernetes writes.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
rootfs_binary "$root" "$program" /usr/local/bin/jmx-injector
install -D -m 644 "$jar" "$root/usr/share/jmx-injector/jmx-injector-agent.jar"
# The umask of whoever builds must not show in the image; /tmp keeps its sticky bit.
chmod 755 "$root"
find "$root" -mindepth 1 -maxdepth 1 ! -name tmp -exec chmod -R u=rwX,go=rX {} +
