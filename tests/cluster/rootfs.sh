# shellcheck shell=bash
# Composes root filesystems for image.sh from files of this machine: no base image, no registry. Source it after lib.sh.
#
#   rootfs_base ROOT               /etc/passwd with root and nonroot (65532), /tmp open to all
#   rootfs_binary ROOT FILE DEST   FILE at DEST, and the shared libraries it needs at their own paths
#   rootfs_jre ROOT                a Java runtime at /opt/java, and the above; of java on PATH or in JAVA_HOME
# Variables
#   JRE_MODULES   what rootfs_jre puts in; a smaller set makes a slim image

JRE_MODULES=${JRE_MODULES:-java.se,jdk.crypto.ec,jdk.httpserver,jdk.jfr,jdk.management,jdk.management.agent,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs}

rootfs_base() {
  mkdir -p "$1/etc" "$1/tmp"
  chmod 1777 "$1/tmp"
  printf '%s\n' root:x:0:0:root:/:/sbin/nologin nonroot:x:65532:65532:nonroot:/:/sbin/nologin >"$1/etc/passwd"
  printf '%s\n' root:x:0: nonroot:x:65532: >"$1/etc/group"
}

# The libraries that ldd finds for these files, each at the path that the loader asks for. "not found" is no error here:
# a Java runtime has libraries for screens and sound that no container loads.
rootfs_libraries() { # ROOT FILE...
  local root=$1 library
  shift
  for library in $(ldd "$@" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3; next } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' | sort -u); do
    # What already lies in ROOT came with its program.
    case $library in "$root"/*) continue ;; esac
    [ -e "$root$library" ] || install -D -m 755 "$(readlink -f "$library")" "$root$library"
  done
}

rootfs_binary() {
  [ -f "$2" ] || fail "the program '$2' does not exist: build it first"
  install -D -m 755 "$2" "$1$3"
  rootfs_libraries "$1" "$2"
}

java_home() {
  local java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  command -v "$java" >/dev/null || fail "there is no 'java' on PATH and JAVA_HOME is not set: install a JDK, version 17 or newer (apt-get install default-jdk-headless)"
  "$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p'
}

# Makes the runtime in the cache, once for each JDK and set of modules, and prints where.
cached_jre() {
  local home version dir work modules
  home=$(java_home)
  [ -x "$home/bin/jlink" ] || fail "$home is a Java runtime without jlink: install a JDK, version 17 or newer (apt-get install default-jdk-headless)"
  version=$("$home/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.vm.version = //p')
  dir=$CACHE/jre-$version-$(printf '%s' "$JRE_MODULES" | sha256sum | cut -c1-8)
  if [ ! -d "$dir" ]; then
    log "making a Java runtime of JDK $version with jlink, once: under half a minute"
    mkdir -p "$CACHE"
    work=$(mktemp -d "$CACHE/jre.XXXXXX")
    # A module that this JDK no longer has (jdk.crypto.ec became empty) is left out.
    modules=$("$home/bin/java" --list-modules | cut -d@ -f1 | grep -Fxf <(tr , '\n' <<<"$JRE_MODULES") | paste -sd,)
    "$home/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages --output "$work/jre" >&2 \
      || { rm -rf "$work"; fail "jlink of $home failed, see its message above"; }
    # Libraries for screens and sound would bring all of X11 along.
    rm -f "$work"/jre/lib/{libawt_xawt,libjawt,libsplashscreen,libjsound}.so "$work/jre/bin/keytool" "$work/jre/bin/rmiregistry"
    # Shared class data halve the time a JVM takes to start. The archive notes the time of lib/modules, and images set it to 0.
    find "$work/jre" -exec touch -h -d @0 {} +
    "$work/jre/bin/java" -Xshare:dump >/dev/null 2>&1 || log "no shared class data for this JDK: JVMs start more slowly"
    find "$work/jre" -exec touch -h -d @0 {} +
    mv -T "$work/jre" "$dir" 2>/dev/null || [ -d "$dir" ] || fail "could not move the Java runtime to $dir"
    rm -rf "$work"
  fi
  echo "$dir"
}

rootfs_jre() {
  local root=$1 jre
  jre=$(cached_jre)
  rootfs_base "$root"
  mkdir -p "$root/opt"
  cp -a "$jre" "$root/opt/java"
  # With libjvm on the path the runtime's libraries find one another; only those of the system are left to copy.
  LD_LIBRARY_PATH=$root/opt/java/lib:$root/opt/java/lib/server \
    rootfs_libraries "$root" "$root/opt/java/bin/java" "$root/opt/java/lib/jspawnhelper" "$root"/opt/java/lib/*.so "$root"/opt/java/lib/server/libjvm.so
}
