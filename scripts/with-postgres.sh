#!/bin/sh
# Runs a command beside a PostgreSQL server of its own, and PgBouncer in transaction mode before it, both gone afterwards:
#
#     scripts/with-postgres.sh swift test --filter StorePostgresTests
#
# The command finds them in SRUN_TEST_POSTGRES and SRUN_TEST_PGBOUNCER, and the folder of the programs in SRUN_TEST_PG_BIN. They listen
# on 127.0.0.1 only, on ports of the system's choice. Where a server is there already (the variables are set), it is used.
set -eu
. "$(dirname "$0")/common.sh"

if [ -n "${SRUN_TEST_POSTGRES:-}" ] && [ -n "${SRUN_TEST_PGBOUNCER:-}" ]; then exec "$@"; fi

# The newest version that is installed; Debian keeps them out of the PATH.
bin=
for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V); do
    if [ -x "$folder/initdb" ]; then bin=$folder; fi
done
if [ -z "$bin" ] && command -v initdb >/dev/null 2>&1; then bin=$(dirname "$(readlink -f "$(command -v initdb)")"); fi
[ -n "$bin" ] || die "PostgreSQL is not installed; run scripts/install-test-deps.sh"
pgbouncer=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
[ -x "$pgbouncer" ] || die "PgBouncer is not installed; run scripts/install-test-deps.sh"

# PostgreSQL does not run as root. A folder that any account can reach.
folder=$(mktemp -d "${TMPDIR:-/tmp}/srun-postgres.XXXXXX")
account=
if [ "$(id -u)" = 0 ]; then
    account=postgres
    id "$account" >/dev/null 2>&1 || account=nobody
    chown "$account" "$folder"
fi
as_account() {
    if [ -n "$account" ]; then setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups "$@"; else "$@"; fi
}

cleanup() {
    status=$?
    trap - EXIT INT TERM
    if [ -f "$folder/pgbouncer.pid" ]; then kill "$(cat "$folder/pgbouncer.pid")" 2>/dev/null || true; fi
    if [ -f "$folder/data/postmaster.pid" ]; then
        as_account "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
    fi
    rm -rf "$folder"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

port=$(free_port)
user=srun
cd /
as_account "$bin/initdb" -D "$folder/data" -U "$user" -A trust -E UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log" >&2; die "initdb failed"; }
# What a crash of the machine would do is not tested here; what kill -9 does needs no fsync.
cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
fsync = off
max_connections = 800
shared_buffers = 64MB
max_wal_size = 512MB
logging_collector = off
log_min_messages = fatal
END
as_account "$bin/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w -t 60 start >/dev/null ||
    { cat "$folder/server.log" >&2; die "PostgreSQL does not start"; }

pooled=$(free_port)
cat >"$folder/pgbouncer.ini" <<END
[databases]
* = host=127.0.0.1 port=$port user=$user
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pooled
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 2000
unix_socket_dir =
pidfile = $folder/pgbouncer.pid
logfile = $folder/pgbouncer.log
END
[ -z "$account" ] || chown "$account" "$folder/pgbouncer.ini"
as_account "$pgbouncer" -d -q "$folder/pgbouncer.ini" >"$folder/pgbouncer.out" 2>&1 ||
    { cat "$folder/pgbouncer.out" >&2; die "PgBouncer does not start"; }

export SRUN_TEST_POSTGRES="postgres://$user@127.0.0.1:$port/postgres"
export SRUN_TEST_PGBOUNCER="postgres://$user@127.0.0.1:$pooled/postgres"
export SRUN_TEST_PG_BIN="$bin"
cd "$root"
"$@"
