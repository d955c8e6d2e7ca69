# A server of PostgreSQL on the loopback address, with its data below $1. Says when it answers, and goes on.
set -e
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
initdb --pgdata="$1/db" --username=agent --auth=trust >/dev/null
(until psql --host=127.0.0.1 --username=agent --dbname=postgres -c 'select 1' >/dev/null 2>&1; do :; done; echo ready) &
exec postgres -D "$1/db" -k "$1" -c listen_addresses=127.0.0.1 -c dynamic_shared_memory_type=mmap 2>/dev/null
