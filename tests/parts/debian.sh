# SPDX-License-Identifier: Apache-2.0
# Sourced by `haproxy` and `consul`: packages of other Debian suites, downloaded and unpacked beside
# the system, never installed. The mirror is the one that this machine's apt already uses.
cache=${THALASSA_TEST_CACHE:-$HOME/.cache/thalassa-tests}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
skipped=77

say() {
    echo "${0##*/}: $*" >&2
}

# One caller at a time, for as long as the calling script lives.
lock_cache() {
    mkdir -p "$cache"
    exec 9>"$cache/.lock"
    flock 9
}

# The address that this machine's apt reads its own release from: deb822 (*.sources) or one-line form.
mirror() {
    local codename
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    {
        cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v suite="$codename" '
            function flush() { if (uri != "" && found) print uri; uri = ""; found = 0 }
            /^#/ { next }
            /^[ \t]*$/ { flush() }
            tolower($1) == "uris:" { uri = $2 }
            tolower($1) == "suites:" { for (i = 2; i <= NF; i++) if ($i == suite) found = 1 }
            END { flush() }'
        cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
            sed -n 's/\[[^]]*\]//; s/^deb[ \t]\+//p' | awk -v suite="$codename" '$2 == suite { print $1 }'
    } | awk 'NR == 1'
}

# use_suites SUITE...: from here on apt_get and apt_cache know these suites and no installed package.
use_suites() {
    local address suite
    address=$(mirror)
    [ -n "$address" ] || { say "no Debian mirror in this machine's apt sources"; return 1; }
    apt_state=$(mktemp -d "$cache/apt.XXXXXX")
    trap 'rm -rf "$apt_state"' EXIT
    mkdir -p "$apt_state/lists/partial" "$apt_state/cache/archives/partial"
    : >"$apt_state/status"
    for suite in "$@"; do
        echo "deb [signed-by=$keyring] $address $suite main"
    done >"$apt_state/sources.list"
    apt_options=(
        -o "Dir::Etc::sourcelist=$apt_state/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State=$apt_state" -o "Dir::State::lists=$apt_state/lists"
        -o "Dir::State::status=$apt_state/status" -o "Dir::Cache=$apt_state/cache"
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o APT::Sandbox::User= -o APT::Install-Recommends=false -o Debug::NoLocking=true
        -o Acquire::Languages=none -o Acquire::Retries=2
    )
    apt_get update >&2
}

drop_suites() {
    rm -rf "$apt_state"
}

apt_get() {
    apt-get -qq "${apt_options[@]}" "$@"
}

# newest PACKAGE PREFIX: the newest version that starts so, or nothing.
newest() {
    apt-cache "${apt_options[@]}" madison "$1" 2>/dev/null |
        awk -v prefix="$2" 'index($3, prefix) == 1 && !found++ { print $3 }'
}
