# What the runs need of Debian's packages; sourced by `run` and `compare`.

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# What is missing of them; with "peers", also of those that the peers need.
install() {
    local missing=()
    command -v wrk >/dev/null || missing+=(wrk)
    command -v h2load >/dev/null || missing+=(nghttp2-client)
    # The shell has a kill of its own, which is not what the runs call.
    type -P kill >/dev/null || missing+=(procps)
    if ! compgen -G '/usr/lib/postgresql/*/bin/pgbench' >/dev/null; then
        missing+=(postgresql)
        refuse_cluster
    fi
    if [ "$1" = peers ]; then
        command -v node >/dev/null || missing+=(nodejs)
        command -v npm >/dev/null || missing+=(npm)
        # Debian's python3 has venv, but not what venv needs.
        python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
    fi
    [ ${#missing[@]} = 0 ] && return
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 \
        apt-get install -qy --no-install-recommends "${missing[@]}"
}

# Debian's package would make and start a cluster of its own, which would run beside ours.
refuse_cluster() {
    local settings=/etc/postgresql-common/createcluster.conf
    [ -e $settings ] && return
    as_root mkdir -p ${settings%/*}
    echo 'create_main_cluster = false' | as_root tee $settings >/dev/null
}
