#!/usr/bin/env bash
# Prints the settings with which kubectl, helm and ctr of this shell use the cluster: eval "$(tests/cluster/env.sh)"
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_cluster
printf 'export PATH=%q\n' "$PATH"
if [ "$CLUSTER" = local ]; then
  printf 'export KUBECONFIG=%q KUBECACHEDIR=%q CONTAINERD_ADDRESS=%q CONTAINERD_NAMESPACE=k8s.io\n' "$KUBECONFIG" "$KUBECACHEDIR" "$RUN/containerd.sock"
fi
