#!/bin/sh
# Checks what must be on this machine, and installs what is missing where that is a matter of one command: as root, with apt-get.
# Elsewhere it says what to install. `setup.sh build` is what building needs, `setup.sh java` what Kafka needs; without a word it is both, and
# the consumers in other languages that tests run.
set -eu

debian() { command -v apt-get >/dev/null; }
have() { command -v "$1" >/dev/null 2>&1; }

# RocksDB's and librdkafka's bindings are generated with it. The places are those where the generator looks.
have_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return
    for file in /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* /usr/lib64/libclang*.so* \
        /Library/Developer/CommandLineTools/usr/lib/libclang.dylib \
        /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib/libclang.dylib \
        /opt/homebrew/opt/llvm/lib/libclang.dylib; do
        [ -e "$file" ] && return
    done
    return 1
}

have_openssl() { [ -n "${OPENSSL_DIR:-}" ] || pkg-config --exists openssl 2>/dev/null; }

# `java -version` of a Mac without Java is there, and fails.
have_java() {
    version=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 17 ]
}

# Kafka runs on Java 17 and newer. Not every release of Debian and Ubuntu has each of them.
debian_java() {
    for version in 17 21 25; do
        if apt-cache show "openjdk-$version-jdk-headless" >/dev/null 2>&1; then
            echo "openjdk-$version-jdk-headless"
            return
        fi
    done
    echo openjdk-17-jdk-headless
}

# Debian puts its server where no path leads.
have_postgres() {
    have initdb && return
    for file in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$file" ] && return
    done
    return 1
}

# Vite wants 20.19 or 22.12 and newer.
have_node() {
    version=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    major=${version% *} minor=${version#* }
    case ${major:-0} in
    20) [ "$minor" -ge 19 ] ;;
    *) [ "${major:-0}" -ge 22 ] ;;
    esac && have npm
}

# What is missing, one line each: what apt-get calls it, what a Mac is to be told.
missing_to_build() {
    have cc && have c++ && have make || echo "build-essential|xcode-select --install"
    have clang || echo "clang|xcode-select --install"
    have_libclang || echo "libclang-dev|xcode-select --install"
    have pkg-config || echo "pkg-config|brew install pkgconf"
    have_openssl || echo "libssl-dev|brew install openssl@3"
}

missing_for_web() {
    have_node || echo "nodejs npm|brew install node"
}

missing_for_kafka() {
    have_java || echo "$(debian_java)|brew install openjdk@21, and set JAVA_HOME to \$(brew --prefix openjdk@21)"
    have mvn || echo "maven|brew install maven"
}

# Ensurepip is what a venv needs and Debian's python3 alone has not; promtool comes with Prometheus.
missing_for_consumers() {
    have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null || echo "python3-venv|brew install python3"
    have kcat || echo "kcat|brew install kcat"
    have promtool || echo "prometheus|brew install prometheus"
    have chromium || echo "chromium|brew install --cask chromium"
    have_postgres || echo "postgresql|brew install postgresql"
}

missing() {
    case ${1:-all} in
    build) missing_to_build ;;
    web) missing_for_web ;;
    java) missing_for_kafka ;;
    all) missing_to_build && missing_for_web && missing_for_kafka && missing_for_consumers ;;
    *) echo "usage: $0 [build|web|java]" >&2 && exit 2 ;;
    esac
}

# Rust comes from its own installer, never from the system.
if ! have "${CARGO:-cargo}"; then
    echo "Rust is missing. Install it from https://rustup.rs (the version in rust-toolchain.toml is then fetched by itself)." >&2
    exit 1
fi

found=$(missing "$@")
[ -z "$found" ] && exit 0
packages=$(echo "$found" | cut -d '|' -f 1 | sort -u | tr '\n' ' ')

if debian && [ "$(id -u)" -eq 0 ]; then
    echo "Installing what is missing: apt-get install $packages"
    apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -qq $packages >/dev/null
    found=$(missing "$@")
    [ -z "$found" ] && exit 0
    echo "Still missing after that: $(echo "$found" | cut -d '|' -f 1 | tr '\n' ' ')" >&2
    exit 1
fi

{
    echo "Something is missing. Install it, and try again:"
    if [ "$(uname)" = Darwin ]; then
        echo "$found" | cut -d '|' -f 2 | sort -u | sed 's/^/  /'
    elif debian; then
        echo "  sudo apt-get install $packages"
    else
        echo "  on Debian or Ubuntu: apt-get install $packages"
        echo "  on other systems: the packages of the same purpose"
    fi
} >&2
exit 1
