# shellcheck shell=bash
# Keys, certificates and kubeconfigs of the test cluster, made anew for each up. Sourced by up.sh after lib.sh.
#
#   make_certs     $STATE/pki with one CA, and a kubeconfig for each client; $STATE/admin.conf is the user's

certificate() { # NAME SUBJECT [SUBJECT_ALT_NAMES]
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$1.crt" \
    -extfile <(echo "subjectAltName=${3:-DNS:$1}") 2>/dev/null
  rm "$1.csr"
}

kubeconfig() { # NAME OUT
  cat >"$2" <<END
apiVersion: v1
kind: Config
current-context: jmx-injector
clusters:
- name: jmx-injector
  cluster: {server: "$API_SERVER", certificate-authority-data: $(base64 -w0 ca.crt)}
contexts:
- name: jmx-injector
  context: {cluster: jmx-injector, user: $1}
users:
- name: $1
  user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}
END
}

make_certs() (
  umask 077
  mkdir -p "$STATE/pki"
  cd "$STATE/pki" || exit
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt -days 365 -subj /CN=jmx-injector-cluster 2>/dev/null
  certificate apiserver /CN=kube-apiserver \
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:$API_SERVICE_IP,IP:$NODE_IP"
  certificate etcd /CN=etcd IP:127.0.0.1
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "DNS:$NODE,IP:$NODE_IP"
  certificate admin /O=system:masters/CN=admin
  certificate controller-manager /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  certificate proxy /CN=system:kube-proxy
  certificate front-proxy /CN=front-proxy-client
  openssl ecparam -name prime256v1 -genkey -noout -out service-account.key
  openssl ec -in service-account.key -pubout -out service-account.pub 2>/dev/null
  local client
  for client in kubelet controller-manager scheduler proxy; do kubeconfig "$client" "$client.conf"; done
  kubeconfig admin "$STATE/admin.conf"
  # Under sudo the caller, not root, is the one who runs kubectl and the tests.
  [ -z "${SUDO_UID:-}" ] || chown "$SUDO_UID" "$STATE/admin.conf"
)
